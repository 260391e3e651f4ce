//! Matrix products with any sizes, strides and epilogues, and the fuzzer's corpus.

use proptest::prelude::*;
use tenon_kernels::gemm::{Activation, Bias, Epilogue, MatMut, MatRef, Packed, batched_gemm, gemm};
use tenon_kernels::kept::Kept;
use tenon_kernels::{Float, fuzz, naive};

use crate::support::{check, numbers, replay_corpus, sum_bound};

/// A matrix, row by row or column by column, with its data.
fn matrix<E: Float>(data: &[E], rows: usize, cols: usize, transposed: bool) -> MatRef<'_, E> {
    if transposed {
        MatRef::row_major(data, cols, rows).transposed()
    } else {
        MatRef::row_major(data, rows, cols)
    }
}

fn check_product<E: Float>([m, k, n]: [usize; 3], flips: [bool; 2]) {
    let (a, b) = (numbers::<E>(1, m * k), numbers::<E>(2, k * n));
    let (a, b) = (matrix(&a, m, k, flips[0]), matrix(&b, k, n, flips[1]));
    let product = naive::gemm(a, b);
    let bound = sum_bound::<E>(k);
    check(&product, bound, |c| {
        gemm(E::ONE, a, b, E::ZERO, MatMut::row_major(c, m, n), Epilogue::default());
    });

    // Not kept the first time, and kept from then on: the bits must be the same.
    let kept = Kept::default();
    check(&product, bound, |c| {
        let c = MatMut::row_major(c, m, n);
        gemm(E::ONE, a, b.kept_in(&kept), E::ZERO, c, Epilogue::default());
    });

    // Packed for the rows that there are, and for others.
    for rows in [m, 1, 100] {
        check(&product, bound, |c| {
            Packed::with(b, rows, |b| {
                b.gemm(E::ONE, a, E::ZERO, MatMut::row_major(c, m, n), Epilogue::default());
            });
        });
    }

    // A larger operand of which this one is the beginning.
    let (whole_k, whole_n) = (k + 3, n + 37);
    let data = numbers::<E>(6, whole_k * whole_n);
    let whole = matrix(&data, whole_k, whole_n, flips[1]);
    if k > 0 && n > 0 {
        let strides = if flips[1] { [1, whole_k as isize] } else { [whole_n as isize, 1] };
        let first = naive::gemm(a, MatRef::new(&data, 0, [k, n], strides));
        check(&first, bound, |c| {
            Packed::with(whole, 100, |whole| {
                let first = whole.first(k, n);
                first.gemm(E::ONE, a, E::ZERO, MatMut::row_major(c, m, n), Epilogue::default());
            });
        });
    }

    // Everything at once: α, β, a bias and an activation.
    let old = numbers::<E>(3, m * n);
    let (per_row, per_col) = (numbers::<E>(4, m), numbers::<E>(5, n));
    let (alpha, beta) = (E::from_f64(0.5), E::from_f64(-1.0));
    for bias in [Bias::PerRow(&per_row[..]), Bias::PerColumn(&per_col[..])] {
        let want: Vec<E> = product
            .iter()
            .enumerate()
            .map(|(i, &sum)| {
                let bias = match bias {
                    Bias::None => E::ZERO,
                    Bias::PerRow(bias) => bias[i / n],
                    Bias::PerColumn(bias) => bias[i % n],
                };
                (alpha * sum + beta * old[i] + bias).max(E::ZERO)
            })
            .collect();
        check(&want, bound + 4.0 * sum_bound::<E>(2), |c| {
            c.copy_from_slice(&old);
            let epilogue = Epilogue { bias, activation: Activation::Relu };
            gemm(alpha, a, b, beta, MatMut::row_major(c, m, n), epilogue);
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn agrees_with_the_oracle(
        m in 0usize..40, k in 0usize..40, n in 0usize..70, flips: [bool; 2]
    ) {
        check_product::<f32>([m, k, n], flips);
        check_product::<f64>([m, k, n], flips);
    }

    #[test]
    fn few_rows_agree_with_the_oracle(
        m in 1usize..12, k in 0usize..70, n in 0usize..40, flips: [bool; 2]
    ) {
        check_product::<f32>([m, k, n], flips);
        check_product::<f64>([m, k, n], flips);
    }

    #[test]
    fn batches_broadcast(
        outer in 0usize..3, inner in 1usize..4, m in 1usize..9, k in 0usize..9, n in 1usize..20
    ) {
        let a = numbers::<f32>(1, inner * m * k);
        let b = numbers::<f32>(2, outer * k * n);
        let (a_first, b_first) = (
            MatRef::new(&a, 0, [m, k], [k as isize, 1]),
            MatRef::new(&b, 0, [if outer == 0 { 0 } else { k }, n], [n as isize, 1]),
        );
        prop_assume!(outer > 0);
        let mut want = Vec::new();
        for o in 0..outer {
            for i in 0..inner {
                let a = MatRef::row_major(&a[i * m * k..][..m * k], m, k);
                let b = MatRef::row_major(&b[o * k * n..][..k * n], k, n);
                want.extend(naive::gemm(a, b));
            }
        }
        check(&want, sum_bound::<f32>(k), |c| {
            batched_gemm(
                &[outer, inner], 1.0, a_first, &[0, (m * k) as isize], b_first,
                &[(k * n) as isize, 0], 0.0, c, Epilogue::default(),
            );
        });
    }
}

/// Products of matrices that lie one after the other, each transposed or not.
fn check_small<E: Float>(batch: usize, [m, k, n]: [usize; 3], [flip_a, flip_b]: [bool; 2]) {
    let (a, b) = (numbers::<E>(1, batch * m * k), numbers::<E>(2, batch * k * n));
    let strides = |flip, rows: usize, cols: usize| {
        if flip { [1, rows as isize] } else { [cols as isize, 1] }
    };
    let matrix = |i, numbers, [rows, cols]: [usize; 2], flip| {
        MatRef::<E>::new(numbers, i * rows * cols, [rows, cols], strides(flip, rows, cols))
    };
    let (left, right) = (|i| matrix(i, &a, [m, k], flip_a), |i| matrix(i, &b, [k, n], flip_b));
    let want: Vec<E> = (0..batch).flat_map(|i| naive::gemm(left(i), right(i))).collect();
    check(&want, sum_bound::<E>(k), |c| {
        let steps = [[(m * k) as isize], [(k * n) as isize]];
        let (alpha, beta, epilogue) = (E::ONE, E::ZERO, Epilogue::default());
        batched_gemm(&[batch], alpha, left(0), &steps[0], right(0), &steps[1], beta, c, epilogue);
    });
}

proptest! {
    #[test]
    fn many_small_products_agree_with_the_oracle(
        batch in 2usize..9, m in 1usize..34, k in 1usize..34, n in 1usize..34, flips: [bool; 2]
    ) {
        check_small::<f32>(batch, [m, k, n], flips);
        check_small::<f64>(batch, [m, k, n], flips);
    }
}

#[test]
fn many_small_products_are_shared_out() {
    check_small::<f32>(100, [20, 20, 20], [false, true]);
    check_small::<f32>(600, [5, 9, 7], [true, false]);
}

#[test]
fn batches_are_shared_out_by_products() {
    // Products that are tasks by themselves with two threads and not with three, and small ones of which
    // a task has some.
    for (batch, [m, k, n]) in [(9, [40, 70, 80]), (29, [20, 30, 10])] {
        let (a, b) = (numbers::<f32>(1, batch * m * k), numbers::<f32>(2, batch * k * n));
        let (a_first, b_first) =
            (MatRef::new(&a, 0, [m, k], [k as isize, 1]), MatRef::new(&b, 0, [k, n], [n as isize, 1]));
        let want: Vec<f32> = (0..batch)
            .flat_map(|i| {
                let (a, b) = (&a[i * m * k..][..m * k], &b[i * k * n..][..k * n]);
                naive::gemm(MatRef::row_major(a, m, k), MatRef::row_major(b, k, n))
            })
            .collect();
        check(&want, sum_bound::<f32>(k), |c| {
            batched_gemm(
                &[batch],
                1.0,
                a_first,
                &[(m * k) as isize],
                b_first,
                &[(k * n) as isize],
                0.0,
                c,
                Epilogue::default(),
            );
        });
    }
}

#[test]
fn agrees_where_blocks_are_cut() {
    // Beyond the depth, the rows and the columns of a block and of a task, and both kinds of edges; right
    // operands that are read where they lie, in one run and in two, and that each task packs; small
    // products, of which each thread has a block of rows or of columns; half tiles; rows of a right operand
    // whose sums are computed in parts, and in parts and blocks of columns.
    for sizes in [
        [200, 600, 100],
        [64, 400, 120],
        [3, 1000, 1000],
        [500, 3, 2],
        [31, 257, 4200],
        [120, 300, 1100],
        [20, 700, 250],
        [20, 700, 48],
        [5, 1024, 48],
        [6, 1024, 24],
        [9, 600, 1024],
        [90, 70, 43],
        [130, 130, 130],
        [1, 205, 700],
        [4, 35, 4100],
    ] {
        for flips in [[false, false], [false, true], [true, false]] {
            check_product::<f32>(sizes, flips);
        }
        check_product::<f64>(sizes, [false, true]);
    }
}

#[test]
fn a_result_with_gaps_keeps_what_is_between() {
    let (a, b) = (numbers::<f32>(1, 6), numbers::<f32>(2, 6));
    let (a, b) = (MatRef::row_major(&a, 2, 3), MatRef::row_major(&b, 3, 2));
    let mut c = [7.0; 5];
    gemm(1.0, a, b, 0.0, MatMut::new(&mut c, 2, 2, 3), Epilogue::default());
    let want = naive::gemm(a, b);
    assert_eq!(c[2], 7.0);
    for (got, want) in [c[0], c[1], c[3], c[4]].iter().zip(want) {
        assert!((f64::from(*got) - f64::from(want)).abs() <= sum_bound::<f32>(3));
    }
}

#[test]
fn infinities_and_nan_spread_as_they_should() {
    let a = [f32::INFINITY, 1.0, 0.0, 1.0];
    let b = [1.0, 0.0, 2.0, f32::NAN];
    let (a, b) = (MatRef::row_major(&a, 2, 2), MatRef::row_major(&b, 2, 2));
    check(&naive::gemm(a, b), 0.0, |c| {
        gemm(1.0, a, b, 0.0, MatMut::row_major(c, 2, 2), Epilogue::default());
    });
}

#[test]
#[should_panic(expected = "2 × 3 times 2 × 3 is not 2 × 3")]
fn sizes_that_do_not_fit_are_refused() {
    let a = [0.0f32; 6];
    let a = MatRef::row_major(&a, 2, 3);
    gemm(1.0, a, a, 0.0, MatMut::row_major(&mut [0.0; 6], 2, 3), Epilogue::default());
}

#[test]
fn the_corpus_of_the_fuzzer_passes() {
    replay_corpus("gemm", fuzz::check_gemm);
}

proptest! {
    #[test]
    fn random_bytes_pass(data in prop::collection::vec(any::<u8>(), 0..24)) {
        fuzz::check_gemm(&data);
    }
}
