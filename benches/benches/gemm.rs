//! Square matrix products, and those that inference makes: of one row with a matrix that stays in a cache and
//! with one that does not, as it lies and turned, as linear layers have it; and of a few rows with weights
//! that come from memory, as panels that are kept. Many small ones
//! of the same sizes.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tenon_benches::{assert_sums_agree, numbers};
use tenon_kernels::gemm::{Epilogue, MatMut, MatRef, batched_gemm, gemm};
use tenon_kernels::kept::Kept;
use tenon_kernels::naive;

fn product(a: MatRef<'_, f32>, b: MatRef<'_, f32>, c: &mut [f32]) {
    gemm(1.0, a, b, 0.0, MatMut::row_major(c, a.rows(), b.cols()), Epilogue::default());
}

/// How the right operand lies.
#[derive(Clone, Copy)]
enum Form {
    Plain,
    Turned,
    Kept,
}

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("gemm");
    let squares = [64, 256, 1024].map(|n| ([n; 3], Form::Plain));
    let rows = [1024, 4096].map(|n| [([1, n, n], Form::Plain), ([1, n, n], Form::Turned)]).concat();
    let few = [8, 32].map(|m| ([m, 4096, 4096], Form::Kept));
    for ([m, k, n], form) in squares.into_iter().chain(rows).chain(few) {
        let (a, b, kept) = (numbers(1, m * k), numbers(2, k * n), Kept::default());
        let left = MatRef::row_major(&a, m, k);
        let (b, form) = match form {
            Form::Plain => (MatRef::row_major(&b, k, n), ""),
            Form::Turned => (MatRef::row_major(&b, n, k).transposed(), "_turned"),
            Form::Kept => (MatRef::row_major(&b, k, n).kept_in(&kept), "_kept"),
        };
        let mut c = vec![0.0; m * n];
        // Panels are kept from the second product on.
        for _ in 0..2 {
            product(left, b, &mut c);
        }
        // The naive product is slow: a few rows of the large ones are enough.
        let rows = m.min(8);
        let reference = naive::gemm(MatRef::row_major(&a[..rows * k], rows, k), b);
        assert_sums_agree(&c[..rows * n], &reference, k);

        group.throughput(Throughput::Elements((2 * m * k * n) as u64));
        let name = BenchmarkId::from_parameter(format!("{m}x{k}x{n}{form}_f32"));
        group.bench_function(name, |bencher| bencher.iter(|| product(black_box(left), black_box(b), &mut c)));
    }
}

fn bench_batches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("batched_gemm");
    for [batch, n] in [[512, 8], [256, 20], [256, 32]] {
        let (a, b) = (numbers(1, batch * n * n), numbers(2, batch * n * n));
        let mut c = vec![0.0; batch * n * n];
        products(n, &a, &b, &mut c);
        for ((a, b), c) in a.chunks(n * n).zip(b.chunks(n * n)).zip(c.chunks(n * n)).step_by(31) {
            let reference = naive::gemm(MatRef::row_major(a, n, n), MatRef::row_major(b, n, n));
            assert_sums_agree(c, &reference, n);
        }

        group.throughput(Throughput::Elements((2 * batch * n * n * n) as u64));
        let name = BenchmarkId::from_parameter(format!("{batch}x{n}x{n}x{n}_f32"));
        group.bench_function(name, |bencher| bencher.iter(|| products(n, black_box(&a), &b, &mut c)));
    }
}

/// Products of n × n matrices that lie one after the other.
fn products(n: usize, a: &[f32], b: &[f32], c: &mut [f32]) {
    let [a, b] = [a, b].map(|numbers| MatRef::new(numbers, 0, [n, n], [n as isize, 1]));
    let (batch, steps) = ([c.len() / (n * n)], [(n * n) as isize]);
    batched_gemm(&batch, 1.0, a, &steps, b, &steps, 0.0, c, Epilogue::default());
}

criterion_group!(benches, bench, bench_batches);
criterion_main!(benches);
