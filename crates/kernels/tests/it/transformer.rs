//! What Transformers are made of: soft steps, normalized rows, turned pairs, attention.

use proptest::prelude::*;
use tenon_kernels::attention::{Attention, Order, forward};
use tenon_kernels::rotary::{Pairing, Rotary, Sizes, Turn, rotate};
use tenon_kernels::row_norm::{self, Center};
use tenon_kernels::soft_step::{SoftStep, times_step, times_step_backward};
use tenon_kernels::{Float, View, vector};

use crate::support::{check, numbers};

/// x · s(x) and its derivative, in double precision.
fn exact(step: SoftStep, x: f64) -> [f64; 2] {
    let (s, slope) = match step {
        SoftStep::Normal => {
            let mut erf = [0.0];
            vector::erf(&[x / 2f64.sqrt()], &mut erf);
            (0.5 * (1.0 + erf[0]), (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt())
        }
        SoftStep::NormalByTanh => {
            let scale = (2.0 / std::f64::consts::PI).sqrt();
            let tanh = (scale * (x + 0.044715 * x.powi(3))).tanh();
            let inner = scale * (1.0 + 3.0 * 0.044715 * x * x);
            (0.5 * (1.0 + tanh), 0.5 * (1.0 - tanh * tanh) * inner)
        }
        SoftStep::Logistic => {
            let s = 1.0 / (1.0 + (-x).exp());
            (s, s * (1.0 - s))
        }
    };
    [x * s, s + x * slope]
}

#[test]
fn steps_are_within_their_bound() {
    let x: Vec<f32> = (-2000..=2000).map(|i| i as f32 * 5e-3).collect();
    for step in [SoftStep::Normal, SoftStep::NormalByTanh, SoftStep::Logistic] {
        let want = |i: usize| x.iter().map(|&x| exact(step, f64::from(x))[i] as f32).collect::<Vec<_>>();
        // The result is within 5 ε |x| and x within ±10; the derivative has a second such term, of
        // x times a slope that rounds as the step does and an argument that rounds by as much.
        check(&want(0), 50.0 * f64::from(f32::EPSILON), |y| times_step(step, &x, y));
        let ones = vec![1.0; x.len()];
        check(&want(1), 100.0 * f64::from(f32::EPSILON), |dx| times_step_backward(step, &x, &ones, dx));
    }
}

#[test]
fn the_steps_and_slopes_of_gelu_are_within_two_epsilon() {
    // As `step(x) = gelu(x) / x`, whose division adds half an ε at most.
    let x: Vec<f32> = (1..=70_000).flat_map(|i| [i as f32 * 1e-4, i as f32 * -1e-4]).collect();
    for step in [SoftStep::Normal, SoftStep::NormalByTanh] {
        let [gelu, slope]: [Vec<_>; 2] =
            [0, 1].map(|which| x.iter().map(|&x| exact(step, f64::from(x))[which]).collect());
        let steps: Vec<f32> = gelu.iter().zip(&x).map(|(y, &x)| (y / f64::from(x)) as f32).collect();
        check(&steps, 3.0 * f64::from(f32::EPSILON), |y| {
            times_step(step, &x, y);
            y.iter_mut().zip(&x).for_each(|(y, x)| *y /= x);
        });
        let slopes: Vec<f32> = slope.iter().map(|&slope| slope as f32).collect();
        check(&slopes, 3.0 * f64::from(f32::EPSILON), |dx| {
            times_step_backward(step, &x, &vec![1.0; x.len()], dx);
        });
    }
}

#[test]
fn gelu_is_exact_at_zero_and_far_away() {
    let x = [-40.0f32, -6.0, 0.0, 6.0, 40.0, f32::MAX, f32::NAN];
    for step in [SoftStep::Normal, SoftStep::NormalByTanh] {
        check(&[0.0, 0.0, 0.0, 6.0, 40.0, f32::MAX, f32::NAN], 0.0, |y| times_step(step, &x, y));
        check(&[0.0, 0.0, 0.5, 1.0, 1.0, 1.0, f32::NAN], 0.0, |dx| {
            times_step_backward(step, &x, &[1.0; 7], dx);
        });
    }
}

fn check_rows<E: Float>(rows: usize, len: usize, center: Center) {
    const EPSILON: f64 = 0.1;
    let x = numbers::<E>(1, rows * len);
    let (gamma, beta) = (numbers::<E>(2, len), numbers::<E>(3, len));
    let want: Vec<E> = (0..rows * len)
        .map(|i| {
            let row: Vec<f64> = x[i / len * len..][..len].iter().map(|x| x.to_f64()).collect();
            let mean = row.iter().sum::<f64>() / len as f64;
            let middle = if center == Center::Mean { mean } else { 0.0 };
            let square = row.iter().map(|x| (x - middle).powi(2)).sum::<f64>() / len as f64;
            let normal = (x[i].to_f64() - middle) / (square + EPSILON).sqrt();
            E::from_f64(normal * gamma[i % len].to_f64() + beta[i % len].to_f64())
        })
        .collect();
    // A mean, a mean of squares, a root and four more steps, of numbers up to 3.
    check(&want, 64.0 * E::EPSILON.to_f64(), |y| {
        row_norm::forward(center, EPSILON, &x, &gamma, Some(&beta), y, &mut vec![E::NAN; 2 * rows]);
    });
}

proptest! {
    #[test]
    fn rows_are_normalized(rows in 0usize..6, len in prop_oneof![1usize..9, Just(67), Just(200)]) {
        for center in [Center::Mean, Center::Zero] {
            check_rows::<f32>(rows, len, center);
            check_rows::<f64>(rows, len, center);
        }
    }

    #[test]
    fn pairs_turn_forth_and_back(
        texts in 0usize..3, time in 1usize..50, heads in 1usize..3, half in 1usize..20, start in 0usize..99
    ) {
        let sizes = Sizes { time, heads, size: 2 * half };
        let x = numbers::<f64>(1, texts * time * heads * sizes.size);
        for pairing in [Pairing::Halves, Pairing::Neighbors] {
            let rotary = Rotary { base: 100.0, pairing, start };
            check(&x, 1e-14, |y| {
                let mut turned = vec![f64::NAN; x.len()];
                rotate(&rotary, Turn::Forth, sizes, &x, &mut turned);
                rotate(&rotary, Turn::Back, sizes, &turned, y);
            });
            // A place is turned as in a text of its own, to the last bit.
            let mut all = vec![0.0; x.len()];
            rotate(&rotary, Turn::Forth, sizes, &x, &mut all);
            let place = heads * sizes.size;
            for (t, (all, x)) in all.chunks_exact(place).zip(x.chunks_exact(place)).enumerate() {
                let rotary = Rotary { start: start + t % time, ..rotary };
                let mut alone = vec![0.0; place];
                rotate(&rotary, Turn::Forth, Sizes { time: 1, ..sizes }, x, &mut alone);
                prop_assert_eq!(all, &alone[..]);
            }
        }
    }

    /// More queries than a block has, and keys that are shared by heads.
    #[test]
    fn attention_is_its_equation(queries in 1usize..140, keys in 1usize..140, causal: bool) {
        const SIZE: usize = 5;
        let (heads, groups) = (4, 2);
        let [q, k, v] = [(1, heads * queries), (2, groups * keys), (3, groups * keys)]
            .map(|(seed, rows)| numbers::<f32>(seed, rows * SIZE));
        let order = if causal { Order::Causal } else { Order::Any };
        let attention = Attention {
            batch: 1, heads, groups, queries, keys, size: SIZE, scale: 2.0, order, present: None, dropout: None,
        };
        let at = |x: &[f32], place: usize, d: usize| f64::from(x[place * SIZE + d]);
        let want: Vec<f32> = (0..queries * heads * SIZE)
            .map(|place| {
                let (i, h, d) = (place / SIZE / heads, place / SIZE % heads, place % SIZE);
                let (query, group) = (h * queries + i, h / 2 * keys);
                let weight = |j: usize| {
                    let product: f64 = (0..SIZE).map(|d| at(&q, query, d) * at(&k, group + j, d)).sum();
                    (2.0 * product).exp()
                };
                let seen = || (0..keys).filter(|j| !causal || j + queries <= i + keys);
                let sum: f64 = seen().map(weight).sum();
                let result: f64 = seen().map(|j| weight(j) * at(&v, group + j, d)).sum();
                if sum == 0.0 { 0.0 } else { (result / sum) as f32 }
            })
            .collect();
        // Scores of up to 10 round by 10 ε, which a weight takes over; a mean rounds no more.
        check(&want, 64.0 * f64::from(f32::EPSILON), |out| {
            let view = |x, rows| View::contiguous(x, rows);
            let (q_dims, k_dims) = ([1, heads, queries, SIZE], [1, groups, keys, SIZE]);
            let mut kept = vec![f32::NAN; heads * queries];
            forward(&attention, view(&q, &q_dims), view(&k, &k_dims), view(&v, &k_dims), out, &mut kept);
        });
    }
}
