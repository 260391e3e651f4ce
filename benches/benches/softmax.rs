//! Softmax over rows.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tenon_benches::numbers;
use tenon_kernels::reduce::Axis;
use tenon_kernels::softmax::softmax;
use tenon_testkit::{Tolerance, assert_close};

const ROWS: usize = 4096;
const COLUMNS: usize = 1024;

fn bench(criterion: &mut Criterion) {
    let x = numbers(1, ROWS * COLUMNS);
    let mut y = vec![0.0; x.len()];
    let axis = Axis { outer: ROWS, len: COLUMNS, inner: 1 };
    softmax(&x, axis, &mut y);
    for (x, y) in x.chunks(COLUMNS).zip(y.chunks(COLUMNS)).step_by(97) {
        let sum: f64 = x.iter().map(|&x| f64::from(x).exp()).sum();
        let reference: Vec<f64> = x.iter().map(|&x| f64::from(x).exp() / sum).collect();
        // One rounding each for the difference, the exponential, the sum and the quotient, with
        // the exponential and its sum a few units worse.
        assert_close(y, &reference, Tolerance::rounding::<f32>(16));
    }

    let mut group = criterion.benchmark_group("softmax");
    group.throughput(Throughput::Bytes(2 * 4 * x.len() as u64));
    group.bench_function("4096x1024_f32", |bencher| bencher.iter(|| softmax(black_box(&x), axis, &mut y)));
}

criterion_group!(benches, bench);
criterion_main!(benches);
