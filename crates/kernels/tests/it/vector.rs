//! Elementary functions over all kinds of `f32` against double precision, in ulp.

use tenon_kernels::vector;

use crate::support::{at_every_level, ulps_off};

/// Every 997th `f32`, so that all exponents and all kinds of mantissas are met.
fn all_kinds() -> Vec<f32> {
    (0..=u32::MAX).step_by(997 * 16).map(f32::from_bits).collect()
}

/// A fine grid of the interval where functions bend.
fn grid() -> impl Iterator<Item = f32> {
    (-100_000..=100_000).map(|i| i as f32 * 1.1e-3)
}

/// Demands `y` within `ulps` of `want`, where a result that is no normal number may also be 0.
fn check(
    name: &str,
    ulps: f64,
    kernel: impl Fn(&[f32], &mut [f32]),
    in_place: impl Fn(&mut [f32]),
    exact: impl Fn(f64) -> f64,
) {
    let x: Vec<f32> = all_kinds().into_iter().chain(grid()).collect();
    let outputs = at_every_level(x.len(), |y| kernel(&x, y));
    let again = at_every_level(x.len(), |y| {
        y.copy_from_slice(&x);
        in_place(y);
    });
    for (y, again) in outputs.iter().zip(&again) {
        for ((&x, &y), &again) in x.iter().zip(y).zip(again) {
            assert_eq!(y.to_bits(), again.to_bits(), "{name}({x:e}) in place");
            let want = exact(f64::from(x));
            let rounded = want as f32;
            if rounded.is_nan() {
                assert!(y.is_nan(), "{name}({x:e}) is {y}, not NaN");
            } else if rounded.is_infinite() || rounded == 0.0 {
                assert_eq!(y, rounded, "{name}({x:e})");
            } else if !rounded.is_normal() {
                assert!(
                    y == 0.0 || (f64::from(y) - want).abs() <= ulps * f64::from(f32::from_bits(1)),
                    "{name}({x:e}) is {y:e} instead of {want:e}"
                );
            } else {
                let error = ulps_off(y, want);
                assert!(error <= ulps, "{name}({x:e}) is {y:e} instead of {want:e}: {error} ulp");
            }
        }
    }
}

#[test]
fn exp_is_within_2_ulp() {
    check("exp", 2.0, vector::exp, vector::exp_mut, f64::exp);
}

#[test]
fn ln_is_within_2_ulp() {
    check("ln", 2.0, vector::ln, vector::ln_mut, f64::ln);
}

#[test]
fn tanh_is_within_3_ulp() {
    check("tanh", 3.0, vector::tanh, vector::tanh_mut, f64::tanh);
}

#[test]
fn sigmoid_is_within_4_ulp() {
    check("sigmoid", 4.0, vector::sigmoid, vector::sigmoid_mut, |x| 1.0 / (1.0 + (-x).exp()));
}

#[test]
fn relu_and_sqrt_are_exact() {
    check("relu", 0.0, vector::relu, vector::relu_mut, |x| if x < 0.0 { 0.0 } else { x });
    check("sqrt", 0.5, vector::sqrt, vector::sqrt_mut, f64::sqrt);
}

#[test]
fn erf_of_both_precisions_agrees_with_published_values() {
    // Abramowitz and Stegun, table 7.1.
    let x = [0.0, 0.1, 0.5, 0.9, 1.0, 1.1, 1.5, 2.0];
    let want = [
        0.0,
        0.112_462_916_018_284_9,
        0.520_499_877_813_046_5,
        0.796_908_212_422_832,
        0.842_700_792_949_714_9,
        0.880_205_069_574_081_7,
        0.966_105_146_475_310_7,
        0.995_322_265_018_952_7,
    ];
    let mut y = [f64::NAN; 8];
    vector::erf(&x, &mut y);
    for (y, want) in y.iter().zip(want) {
        assert!((y - want).abs() <= 8.0 * f64::EPSILON, "{y} instead of {want}");
    }
    check("erf", 4.0, vector::erf, vector::erf_mut, |x| {
        let mut y = [f64::NAN];
        vector::erf(&[x], &mut y);
        y[0]
    });
}
