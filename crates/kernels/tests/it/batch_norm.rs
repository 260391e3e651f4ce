//! Batch normalization against its equations.

use proptest::prelude::*;
use tenon_kernels::batch_norm::{
    Backward, Normalization, Sizes, gradient_sums, input_gradient, moments, normalize,
};

use crate::support::{check, numbers, sum_bound};

fn any_sizes() -> impl Strategy<Value = Sizes> {
    let positions = prop_oneof![Just(1usize), 2usize..6, Just(31), Just(49), Just(200)];
    let few = (1usize..5, 1usize..6, positions);
    let few = few.prop_map(|(batch, channels, positions)| Sizes { batch, channels, positions });
    // So many that there are several tasks, each with some channels.
    let many = Sizes { batch: 2, channels: 7, positions: 9000 };
    // Rows of several vectors, and of several tasks.
    let wide = (1usize..70, 1usize..90, 1usize..4);
    let wide = wide.prop_map(|(batch, channels, positions)| Sizes { batch, channels, positions });
    let widest = Sizes { batch: 130, channels: 1100, positions: 1 };
    prop_oneof![19 => few, 4 => wide, 1 => Just(many), 1 => Just(widest)]
}

/// The channel of an element.
fn channel(sizes: &Sizes, i: usize) -> usize {
    i / sizes.positions % sizes.channels
}

/// The sum over each channel of a function of the place of an element.
fn sums(sizes: &Sizes, term: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut sums = vec![0.0; sizes.channels];
    (0..sizes.numel()).for_each(|i| sums[channel(sizes, i)] += term(i));
    sums
}

/// A kernel with two outputs as one with the second behind the first.
fn joined(n: usize, kernel: impl Fn(&mut [f64], &mut [f64])) -> impl Fn(&mut [f64]) {
    move |y| {
        let (first, second) = y.split_at_mut(n);
        kernel(first, second);
    }
}

proptest! {
    #[test]
    fn moments_agree_with_the_oracle(sizes in any_sizes(), offset in -2.0..2.0f64) {
        let x: Vec<f64> = numbers(1, sizes.numel()).into_iter().map(|x: f64| x + offset).collect();
        let n = sizes.per_channel() as f64;
        let mean: Vec<f64> = sums(&sizes, |i| x[i]).iter().map(|sum| sum / n).collect();
        let variance = sums(&sizes, |i| (x[i] - mean[channel(&sizes, i)]).powi(2) / n);
        let bound = 10.0 * sum_bound::<f64>(sizes.per_channel());
        let kernel = joined(sizes.channels, |mean, variance| moments(&sizes, &x, mean, variance));
        check(&[mean, variance].concat(), bound, kernel);
    }

    #[test]
    fn normalization_agrees_with_the_oracle(sizes in any_sizes(), rectify: bool, adds: bool) {
        let (x, residual): (Vec<f64>, Vec<f64>) = (numbers(1, sizes.numel()), numbers(2, sizes.numel()));
        let [mean, scale, shift]: [Vec<f64>; 3] = [3, 4, 5].map(|seed| numbers(seed, sizes.channels));
        let want: Vec<f64> = (0..sizes.numel())
            .map(|i| {
                let c = channel(&sizes, i);
                let y = (x[i] - mean[c]) * scale[c] + shift[c] + if adds { residual[i] } else { 0.0 };
                if rectify { y.max(0.0) } else { y }
            })
            .collect();
        let by = Normalization { mean: &mean, scale: &scale, shift: &shift };
        let residual = adds.then_some(residual.as_slice());
        check(&want, sum_bound::<f64>(4), |y| normalize(&sizes, &x, by, residual, rectify, y));
    }

    #[test]
    fn gradients_agree_with_the_oracle(sizes in any_sizes(), rectified: bool) {
        let [x, dy, y]: [Vec<f64>; 3] = [1, 2, 3].map(|seed| numbers(seed, sizes.numel()));
        let [mean, scale, slope, shift]: [Vec<f64>; 4] =
            [4, 5, 6, 7].map(|seed| numbers(seed, sizes.channels));
        let counted = |i: usize| if rectified && y[i] <= 0.0 { 0.0 } else { dy[i] };
        let y = rectified.then_some(y.as_slice());

        let want_sums = sums(&sizes, counted);
        let want_products = sums(&sizes, |i| counted(i) * (x[i] - mean[channel(&sizes, i)]));
        let bound = 4.0 * sum_bound::<f64>(sizes.per_channel());
        let kernel = joined(sizes.channels, |sums, products| {
            gradient_sums(&sizes, &x, &dy, y, &mean, sums, products);
        });
        check(&[want_sums, want_products].concat(), bound, kernel);

        let want: Vec<f64> = (0..sizes.numel())
            .map(|i| {
                let c = channel(&sizes, i);
                counted(i) * scale[c] + (x[i] - mean[c]) * slope[c] + shift[c]
            })
            .collect();
        let by = Backward { mean: &mean, scale: &scale, slope: &slope, shift: &shift };
        check(&want, sum_bound::<f64>(4), |dx| input_gradient(&sizes, &x, &dy, y, by, dx));
    }
}

#[test]
fn a_large_mean_costs_no_digits() {
    let sizes = Sizes { batch: 16, channels: 1, positions: 49 };
    // Numbers that are exact in `f32`, of variance 1 around a mean of a million.
    let x: Vec<f32> = (0..sizes.numel()).map(|i| 1e6 + if i % 2 == 0 { 1.0 } else { -1.0 }).collect();
    check(&[1.0], 1e-6, |variance: &mut [f32]| moments(&sizes, &x, &mut [0.0], variance));
}

#[test]
fn nan_is_not_rectified_away() {
    let sizes = Sizes { batch: 1, channels: 1, positions: 2 };
    let by = Normalization { mean: &[0.0], scale: &[1.0], shift: &[0.0] };
    let mut y = [0.0f32; 2];
    normalize(&sizes, &[f32::NAN, -1.0], by, None, true, &mut y);
    assert!(y[0].is_nan() && y[1] == 0.0);
}
