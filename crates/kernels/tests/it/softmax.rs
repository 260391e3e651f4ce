//! Softmax, log-softmax and cross-entropy along any axis.

use proptest::prelude::*;
use tenon_kernels::reduce::Axis;
use tenon_kernels::softmax::{
    cross_entropy, cross_entropy_backward, log_softmax, log_softmax_backward, log_sum_exp,
    log_sum_exp_backward, softmax, softmax_backward,
};
use tenon_kernels::{Float, naive};

use crate::support::{check, numbers};

fn any_axis() -> impl Strategy<Value = Axis> {
    let len = prop_oneof![Just(1usize), Just(2), 3usize..12, Just(67), Just(1000)];
    (0usize..4, len, prop_oneof![Just(1usize), 1usize..4]).prop_map(|(outer, len, inner)| Axis {
        outer,
        len,
        inner,
    })
}

/// What results of at most 1 may be off by: the exponential (2 ulp), a sum of `n` positive terms,
/// and a division. A difference of logits of 20 rounds by 10 ε and moves the result by as much.
fn bound<E: Float>(n: usize) -> f64 {
    (16.0 + n as f64 / 16.0) * E::EPSILON.to_f64()
}

fn check_forward<E: Float>(axis: Axis) {
    let x: Vec<E> = numbers::<E>(1, axis.numel()).iter().map(|&x| x * E::from_f64(10.0)).collect();
    check(&naive::softmax(&x, axis), bound::<E>(axis.len), |y| softmax(&x, axis, y));
    // Logarithms reach −20 − ln n, of which an ε is taken.
    let scale = 20.0 + (axis.len as f64).ln();
    check(&naive::log_softmax(&x, axis), scale * bound::<E>(axis.len), |y| {
        log_softmax(&x, axis, y);
    });
    let log_y = naive::log_softmax(&x, axis);
    let want = reduced(axis, |_, line| line.next().map_or(E::ZERO, |i| x[i] - log_y[i]));
    check(&want, scale * bound::<E>(axis.len), |y| log_sum_exp(&x, axis, y));
}

/// A number of each line, whose number and the places of whose elements `f` is given.
fn reduced<E: Float>(axis: Axis, mut f: impl FnMut(usize, &mut dyn Iterator<Item = usize>) -> E) -> Vec<E> {
    let Axis { len, inner, .. } = axis;
    (0..axis.reduced())
        .map(|line| f(line, &mut (0..len).map(|k| (line / inner * len + k) * inner + line % inner)))
        .collect()
}

fn check_backward(axis: Axis) {
    let x = numbers::<f64>(1, axis.numel());
    let dy = numbers::<f64>(2, axis.numel());
    let (y, log_y) = (naive::softmax(&x, axis), naive::log_softmax(&x, axis));
    let line = |i: usize| {
        let (o, inner) = (i / (axis.len * axis.inner), i % axis.inner);
        (0..axis.len).map(move |k| (o * axis.len + k) * axis.inner + inner)
    };
    let want: Vec<f64> =
        (0..x.len()).map(|i| y[i] * (dy[i] - line(i).map(|j| y[j] * dy[j]).sum::<f64>())).collect();
    check(&want, bound::<f64>(axis.len), |dx| softmax_backward(&y, &dy, axis, dx));
    let want: Vec<f64> = (0..x.len()).map(|i| dy[i] - y[i] * line(i).map(|j| dy[j]).sum::<f64>()).collect();
    // The sum of dy has `len` terms of magnitude 1.
    let bound = bound::<f64>(axis.len) * axis.len as f64;
    check(&want, bound, |dx| log_softmax_backward(&log_y, &dy, axis, dx));
    let dy = &dy[..axis.reduced()];
    let mut want = vec![0.0; x.len()];
    let sums: Vec<f64> = reduced(axis, |line, places| {
        let mut sum = 0.0;
        for i in places {
            (sum, want[i]) = (x[i] - log_y[i], dy[line] * y[i]);
        }
        sum
    });
    // Sums and differences of at most 2 + ln n are rounded three times, by half an ε each; the exponential is
    // off by as much and by a few roundings of its own.
    check(&want, 4.0 * f64::EPSILON * (2.0 + (axis.len as f64).ln()), |dx| {
        log_sum_exp_backward(&x, &sums, dy, axis, dx);
    });
}

proptest! {
    #[test]
    fn forward_agrees_with_the_oracle(axis in any_axis()) {
        check_forward::<f32>(axis);
        check_forward::<f64>(axis);
    }

    #[test]
    fn backward_agrees_with_its_formula(axis in any_axis()) {
        check_backward(axis);
    }

    #[test]
    fn cross_entropy_is_the_log_softmax_of_the_label(
        rows in 0usize..9,
        classes in 1usize..70,
        smoothing in prop_oneof![Just(0.0f32), Just(0.1), Just(1.0)],
    ) {
        let axis = Axis { outer: rows, len: classes, inner: 1 };
        let x = numbers::<f32>(1, rows * classes);
        let labels: Vec<u32> = (0..rows).map(|row| (row * 7 % classes) as u32).collect();
        let (y, log_y) = (naive::softmax(&x, axis), naive::log_softmax(&x, axis));
        let at = |row: usize| row * classes + labels[row] as usize;
        let spread = smoothing / classes as f32;
        let want: Vec<f32> = (0..rows)
            .map(|row| {
                let all: f32 = log_y[row * classes..][..classes].iter().sum();
                -(1.0 - smoothing) * log_y[at(row)] - spread * all
            })
            .collect();
        check(&want, 8.0 * bound::<f32>(classes), |loss| {
            cross_entropy(&x, classes, &labels, f64::from(smoothing), loss, &mut vec![f32::NAN; rows]);
        });
        let lse: Vec<f32> = (0..rows).map(|row| x[at(row)] - log_y[at(row)]).collect();
        let dloss = numbers::<f32>(2, rows);
        let want: Vec<f32> = (0..rows * classes)
            .map(|i| {
                let row = i / classes;
                dloss[row] * (y[i] - spread - if at(row) == i { 1.0 - smoothing } else { 0.0 })
            })
            .collect();
        check(&want, 8.0 * bound::<f32>(classes), |dx| {
            cross_entropy_backward(&x, &lse, classes, &labels, f64::from(smoothing), &dloss, dx);
        });
    }
}

#[test]
fn large_and_masked_logits_do_not_overflow() {
    let x = [1000.0f32, 999.0, f32::NEG_INFINITY, -1000.0];
    let axis = Axis { outer: 1, len: 4, inner: 1 };
    let e = (-1f64).exp();
    let want = [1.0 / (1.0 + e), e / (1.0 + e), 0.0, 0.0].map(|x| x as f32);
    check(&want, bound::<f32>(4), |y| softmax(&x, axis, y));
}

#[test]
fn rows_of_all_widths_are_worked_on() {
    // Many columns, of which the last are a part of a block; rows that end within a tile of lines;
    // more rows than are added up at once; several tasks; more rows than are worked on together.
    let widths =
        [(1, 130, 1100), (2, 67, 300), (3, 5, 64), (300, 8, 9), (2, 700, 63), (70, 40, 1), (3, 1500, 1)];
    for (outer, len, inner) in widths {
        let axis = Axis { outer, len, inner };
        check_forward::<f32>(axis);
        check_forward::<f64>(axis);
        check_backward(axis);
    }
}

#[test]
fn masked_and_undefined_columns_stay_apart() {
    for inner in [2, 80] {
        let axis = Axis { outer: 1, len: 3, inner };
        let mut x = vec![1.0f32; 3 * inner];
        x[0] = f32::NEG_INFINITY;
        x[inner + 1] = f32::NAN;
        let mut want = vec![1.0f32 / 3.0; 3 * inner];
        for k in 0..3 {
            want[k * inner] = if k == 0 { 0.0 } else { 0.5 };
            want[k * inner + 1] = f32::NAN;
        }
        check(&want, bound::<f32>(3), |y| softmax(&x, axis, y));
        let want: Vec<f32> = want.iter().map(|y| y.ln()).collect();
        check(&want, bound::<f32>(3), |y| log_softmax(&x, axis, y));
    }
}

#[test]
fn masked_and_undefined_rows_stay_apart() {
    const KINDS: usize = 5;
    for len in [3, 70] {
        let axis = Axis { outer: 20 * KINDS, len, inner: 1 };
        let mut x = vec![1.0f32; axis.numel()];
        let mut want = vec![1.0 / len as f32; axis.numel()];
        for (row, (x, want)) in x.chunks_exact_mut(len).zip(want.chunks_exact_mut(len)).enumerate() {
            match row % KINDS {
                0 => {
                    x[1] = f32::NEG_INFINITY;
                    want.fill(1.0 / (len - 1) as f32);
                    want[1] = 0.0;
                }
                1 => {
                    x[1] = f32::NAN;
                    want.fill(f32::NAN);
                }
                2 => {
                    x[1] = f32::INFINITY;
                    want.fill(f32::NAN);
                }
                3 => {
                    x.fill(f32::NEG_INFINITY);
                    want.fill(f32::NAN);
                }
                _ => {}
            }
        }
        check(&want, bound::<f32>(len), |y| softmax(&x, axis, y));
        let want: Vec<f32> = want.iter().map(|y| y.ln()).collect();
        check(&want, 5.0 * bound::<f32>(len), |y| log_softmax(&x, axis, y));
    }
}
