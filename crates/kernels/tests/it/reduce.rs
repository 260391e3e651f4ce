//! Sums and maxima along any axis.

use proptest::prelude::*;
use tenon_kernels::reduce::{self, Axis};
use tenon_kernels::simd::{Level, with_level};
use tenon_kernels::threads::with_num_threads;
use tenon_kernels::{Float, naive};

use crate::support::{any_dims, check, check_exact, numbers, sum_bound};

fn any_axis() -> impl Strategy<Value = Axis> {
    let len = prop_oneof![Just(0usize), Just(1), Just(2), 3usize..8, Just(67), Just(200)];
    (0usize..4, len, prop_oneof![Just(1usize), 0usize..6, Just(37)]).prop_map(|(outer, len, inner)| Axis {
        outer,
        len,
        inner,
    })
}

fn check_indices(x: &[f32], axis: Axis, want: &[u32]) {
    for &level in Level::available() {
        for threads in 1..=3 {
            let mut got = vec![u32::MAX; want.len()];
            with_level(level, || {
                with_num_threads(threads, || reduce::argmax(x, axis, &mut got));
            });
            assert_eq!(got, want, "{level:?}, {threads} threads");
        }
    }
}

proptest! {
    #[test]
    fn sums_agree_with_the_oracle(axis in any_axis()) {
        let x = numbers::<f32>(1, axis.numel());
        check(&naive::sum(&x, axis), sum_bound::<f32>(axis.len), |y| reduce::sum(&x, axis, y));
        let x = numbers::<f64>(1, axis.numel());
        check(&naive::sum(&x, axis), sum_bound::<f64>(axis.len), |y| reduce::sum(&x, axis, y));
    }

    #[test]
    fn maxima_agree_with_the_oracle(axis in any_axis()) {
        prop_assume!(axis.len > 0);
        let x = numbers::<f32>(1, axis.numel());
        check_exact(&naive::max(&x, axis), |y| reduce::max(&x, axis, y));
        check_indices(&x, axis, &naive::argmax(&x, axis));
        let coarse: Vec<f32> = x.iter().map(|x| (2.0 * x).floor()).collect();
        check_indices(&coarse, axis, &naive::argmax(&coarse, axis));
    }

    #[test]
    fn sum_to_undoes_broadcasting(dims in any_dims(), keep in prop::collection::vec(any::<bool>(), 4), drop in 0usize..4) {
        let x = numbers::<f64>(1, dims.iter().product());
        let to: Vec<usize> = dims
            .iter()
            .zip(&keep)
            .map(|(&dim, &keep)| if keep { dim } else { 1 })
            .skip(drop.min(dims.len()))
            .collect();
        let mut want = vec![0.0; to.iter().product()];
        for (i, x) in x.iter().enumerate() {
            let (mut rest, mut place, mut step) = (i, 0, 1);
            for (axis, &dim) in dims.iter().enumerate().rev() {
                let at = rest % dim;
                rest /= dim;
                if let Some(target) = (axis + to.len()).checked_sub(dims.len()) {
                    place += if to[target] == 1 { 0 } else { at * step };
                    step *= to[target];
                }
            }
            want[place] += x;
        }
        check(&want, sum_bound::<f64>(x.len()), |y| reduce::sum_to(&x, &dims, &to, y));
    }
}

#[test]
fn long_sums_stay_accurate() {
    // Blocked sums lose no more than a few ε of the sum of magnitudes, however long they are:
    // a run of at most 128 additions to one accumulator, then 8 runs, then 31 blocks.
    let n = 1_000_003;
    let x: Vec<f32> = numbers::<f32>(1, n).iter().map(|x| x.abs()).collect();
    let want: f64 = x.iter().map(|&x| f64::from(x)).sum();
    for threads in 1..=3 {
        let got = with_num_threads(threads, || reduce::sum_all(&x));
        let error = (f64::from(got) - want).abs();
        assert!(error <= 256.0 * f64::from(f32::EPSILON) / 2.0 * want, "off by {error}");
    }
    let columns = Axis { outer: 1, len: n / 10, inner: 10 };
    let x = &x[..columns.numel()];
    let mut y = vec![f32::NAN; 10];
    reduce::sum(x, columns, &mut y);
    for (got, want) in y.iter().zip(naive::sum(x, columns)) {
        assert!((got - want).abs() <= 256.0 * f32::EPSILON / 2.0 * want);
    }
}

#[test]
fn maxima_of_long_rows_and_of_blocks_of_columns_are_found() {
    for (outer, len, inner) in [(2, 70_000, 1), (2, 300, 300), (1, 3, 40_000), (700, 5, 30)] {
        let axis = Axis { outer, len, inner };
        let x = numbers::<f32>(1, axis.numel());
        check_exact(&naive::max(&x, axis), |y| reduce::max(&x, axis, y));
        check_indices(&x, axis, &naive::argmax(&x, axis));
    }
}

#[test]
fn nan_is_the_maximum() {
    let x = [1.0, f32::NAN, 3.0, f32::NEG_INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY];
    let axis = Axis { outer: 2, len: 3, inner: 1 };
    let mut y = [0.0; 2];
    reduce::max(&x, axis, &mut y);
    assert!(y[0].is_nan() && y[1] == f32::NEG_INFINITY);
    check_indices(&x, axis, &[1, 0]);
}

#[test]
fn the_first_of_the_largest_is_found_in_long_rows_and_columns() {
    for len in [1, 31, 32, 33, 64, 100, 1025] {
        for (outer, inner) in [(3, 1), (2, 3), (1, 70)] {
            let axis = Axis { outer, len, inner };
            let mut x = vec![0.0f32; axis.numel()];
            check_indices(&x, axis, &vec![0; axis.reduced()]);
            let place =
                |k: usize| (0..axis.reduced()).map(move |i| (i / inner * len + k) * inner + i % inner);
            place(len - 1).for_each(|at| x[at] = 1.0);
            check_indices(&x, axis, &vec![len as u32 - 1; axis.reduced()]);
            place(len / 2).for_each(|at| x[at] = 1.0);
            check_indices(&x, axis, &vec![len as u32 / 2; axis.reduced()]);
            place(len / 3).for_each(|at| x[at] = f32::NAN);
            place(len - 1).for_each(|at| x[at] = f32::NAN);
            check_indices(&x, axis, &vec![len as u32 / 3; axis.reduced()]);
        }
    }
}

#[test]
fn rows_of_all_widths_are_added_up() {
    // In the first, sums of sums are again too many for one task.
    let axes = [(1, 290, 4100), (1, 300, 1030), (3, 70, 65), (2, 200, 63), (900, 128, 1), (7, 129, 1)];
    for (outer, len, inner) in axes {
        let axis = Axis { outer, len, inner };
        let x = numbers::<f32>(1, axis.numel());
        check(&naive::sum(&x, axis), sum_bound::<f32>(len), |y| reduce::sum(&x, axis, y));
        let x = numbers::<f64>(1, axis.numel());
        check(&naive::sum(&x, axis), sum_bound::<f64>(len), |y| reduce::sum(&x, axis, y));
    }
}

#[test]
#[should_panic(expected = "the maximum of nothing")]
fn the_maximum_of_an_empty_axis_is_refused() {
    reduce::max(&[], Axis { outer: 1, len: 0, inner: 1 }, &mut [0.0f32]);
}

#[test]
fn infinite_terms_give_infinite_sums() {
    let mut x = vec![f32::ONE; 100];
    x[40] = f32::INFINITY;
    assert_eq!(reduce::sum_all(&x), f32::INFINITY);
}
