//! Layer normalization of rows.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tenon_benches::numbers;
use tenon_kernels::row_norm::{Center, forward};
use tenon_testkit::{Tolerance, assert_close};

const ROWS: usize = 4096;
const COLUMNS: usize = 768;
const EPSILON: f64 = 1e-5;

fn bench(criterion: &mut Criterion) {
    let x = numbers(1, ROWS * COLUMNS);
    let (gamma, beta) = (numbers(2, COLUMNS), numbers(3, COLUMNS));
    let (mut y, mut moments) = (vec![0.0; x.len()], vec![0.0; 2 * ROWS]);
    forward(Center::Mean, EPSILON, &x, &gamma, Some(&beta), &mut y, &mut moments);
    for (x, y) in x.chunks(COLUMNS).zip(y.chunks(COLUMNS)).step_by(97) {
        // Numbers of [-1, 1) deviate by about 0.6 from their mean, which is a sum with an error of γ/2; so a
        // quotient of at most 1.8 is off by 0.9·γ for it, by as much for the deviation, another sum, and
        // by a few roundings that the rest of the bound has room for.
        assert_close(y, &normalized(x, &gamma, &beta), Tolerance::sum::<f32>(COLUMNS, 2.0));
    }

    let mut group = criterion.benchmark_group("layer_norm");
    group.throughput(Throughput::Bytes(2 * 4 * x.len() as u64));
    group.bench_function("4096x768_f32", |bencher| {
        bencher.iter(|| {
            forward(Center::Mean, EPSILON, black_box(&x), &gamma, Some(&beta), &mut y, &mut moments);
        });
    });
}

fn normalized(x: &[f32], gamma: &[f32], beta: &[f32]) -> Vec<f64> {
    let n = x.len() as f64;
    let mean = x.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
    let variance = x.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / n;
    let scale = 1.0 / (variance + EPSILON).sqrt();
    let row = x.iter().zip(gamma).zip(beta);
    row.map(|((&x, &gamma), &beta)| f64::from(gamma) * (f64::from(x) - mean) * scale + f64::from(beta))
        .collect()
}

criterion_group!(benches, bench);
criterion_main!(benches);
