//! Square matrix products, and the products with one row that inference makes: with a matrix that stays in
//! a cache and with one that does not, as it lies and turned, as linear layers keep it.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tenon_benches::{assert_sums_agree, numbers};
use tenon_kernels::gemm::{Epilogue, MatMut, MatRef, gemm};
use tenon_kernels::naive;

fn product(a: MatRef<'_, f32>, b: MatRef<'_, f32>, c: &mut [f32]) {
    gemm(1.0, a, b, 0.0, MatMut::row_major(c, a.rows(), b.cols()), Epilogue::default());
}

/// The right operand, which may lie turned.
fn right(b: &[f32], [k, n]: [usize; 2], turned: bool) -> MatRef<'_, f32> {
    if turned { MatRef::row_major(b, n, k).transposed() } else { MatRef::row_major(b, k, n) }
}

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("gemm");
    let squares = [64, 256, 1024].map(|n| ([n; 3], false));
    let rows = [1024, 4096].map(|n| [([1, n, n], false), ([1, n, n], true)]).concat();
    for ([m, k, n], turned) in squares.into_iter().chain(rows) {
        let (a, b) = (numbers(1, m * k), numbers(2, k * n));
        let (left, b) = (MatRef::row_major(&a, m, k), right(&b, [k, n], turned));
        let mut c = vec![0.0; m * n];
        product(left, b, &mut c);
        // The naive product is slow: a few rows of the large ones are enough.
        let rows = m.min(8);
        let reference = naive::gemm(MatRef::row_major(&a[..rows * k], rows, k), b);
        assert_sums_agree(&c[..rows * n], &reference, k);

        group.throughput(Throughput::Elements((2 * m * k * n) as u64));
        let form = if turned { "_turned" } else { "" };
        let name = BenchmarkId::from_parameter(format!("{m}x{k}x{n}{form}_f32"));
        group.bench_function(name, |bencher| bencher.iter(|| product(black_box(left), black_box(b), &mut c)));
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
