//! Square matrix products, and the product with one row that inference makes.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tenon_benches::{assert_sums_agree, numbers};
use tenon_kernels::gemm::{Epilogue, MatMut, MatRef, gemm};
use tenon_kernels::naive;

fn product([m, k, n]: [usize; 3], a: &[f32], b: &[f32], c: &mut [f32]) {
    let (a, b) = (MatRef::row_major(a, m, k), MatRef::row_major(b, k, n));
    gemm(1.0, a, b, 0.0, MatMut::row_major(c, m, n), Epilogue::default());
}

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("gemm");
    for [m, k, n] in [[64, 64, 64], [256, 256, 256], [1024, 1024, 1024], [1, 1024, 1024]] {
        let (a, b) = (numbers(1, m * k), numbers(2, k * n));
        let mut c = vec![0.0; m * n];
        product([m, k, n], &a, &b, &mut c);
        // The naive product is slow: a few rows of the large ones are enough.
        let rows = m.min(8);
        let reference = naive::gemm(MatRef::row_major(&a[..rows * k], rows, k), MatRef::row_major(&b, k, n));
        assert_sums_agree(&c[..rows * n], &reference, k);

        group.throughput(Throughput::Elements((2 * m * k * n) as u64));
        let name = BenchmarkId::from_parameter(format!("{m}x{k}x{n}_f32"));
        group.bench_function(name, |bencher| {
            bencher.iter(|| product([m, k, n], black_box(&a), black_box(&b), &mut c));
        });
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
