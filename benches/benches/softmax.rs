//! Softmax over rows, and the logarithm of the sum that it divides by.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tenon_benches::numbers;
use tenon_kernels::reduce::Axis;
use tenon_kernels::softmax::{log_sum_exp, softmax};
use tenon_testkit::{Tolerance, assert_close};

const ROWS: usize = 4096;
const COLUMNS: usize = 1024;

fn bench(criterion: &mut Criterion) {
    let x = numbers(1, ROWS * COLUMNS);
    let mut y = vec![0.0; x.len()];
    let axis = Axis { outer: ROWS, len: COLUMNS, inner: 1 };
    let mut logarithms = vec![0.0; ROWS];
    softmax(&x, axis, &mut y);
    log_sum_exp(&x, axis, &mut logarithms);
    for ((x, y), logarithm) in x.chunks(COLUMNS).zip(y.chunks(COLUMNS)).zip(&logarithms).step_by(97) {
        let sum: f64 = x.iter().map(|&x| f64::from(x).exp()).sum();
        let reference: Vec<f64> = x.iter().map(|&x| f64::from(x).exp() / sum).collect();
        // One rounding each for the difference, the exponential, the sum and the quotient, with
        // the exponential and its sum a few units worse.
        assert_close(y, &reference, Tolerance::rounding::<f32>(16));
        // The logarithm is about 7, which the same error of the sum and one of its own are less than.
        assert_close(&[*logarithm], &[sum.ln()], Tolerance::rounding::<f32>(16));
    }

    let mut group = criterion.benchmark_group("softmax");
    group.throughput(Throughput::Bytes(2 * 4 * x.len() as u64));
    group.bench_function("4096x1024_f32", |bencher| bencher.iter(|| softmax(black_box(&x), axis, &mut y)));
    group.finish();
    let mut group = criterion.benchmark_group("log_sum_exp");
    group.throughput(Throughput::Bytes(4 * x.len() as u64));
    group.bench_function("4096x1024_f32", |bencher| {
        bencher.iter(|| log_sum_exp(black_box(&x), axis, &mut logarithms));
    });
}

criterion_group!(benches, bench);
criterion_main!(benches);
