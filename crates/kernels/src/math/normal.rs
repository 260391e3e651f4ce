//! The error function, and the distribution function Φ of the normal distribution.

use super::polynomial;
use crate::simd::Simd;

/// (Φ(x) − ½)/x = p(x²)/q(x²) with the distribution function Φ of the normal distribution, to 3 · 10⁻⁹ of 1.
const NORMAL: ([f32; 6], [f32; 6]) = (
    [0.398_942_23, 0.033_480_387, 0.004_656_616, 1.653_154_8e-4, 6.356_065e-6, 2.322_903_8e-8],
    [1.0, 0.250_588_95, 0.028_438_376, 0.001_864_593_4, 7.266_442e-5, 1.211_728_5e-6],
);
/// From here on, that is ½ to the last digit.
const NORMAL_END: f32 = 5.419_575;

/// ((x · Φ(x))′ − ½)/x = p(x²)/q(x²), to 4 · 10⁻⁸ of 1.
const NORMAL_SLOPE: ([f32; 8], [f32; 6]) = (
    [
        0.797_884_76,
        -0.041_531_25,
        0.014_530_125,
        -1.483_686_4e-4,
        3.300_000_8e-5,
        -1.013_759_2e-7,
        2.789_096e-9,
        -1.537_816e-11,
    ],
    [1.0, 0.281_284_03, 0.036_966_17, 0.002_951_391, 1.501_516_4e-4, 5.549_727_6e-6],
);
/// From here on, that is ½ to the last digit.
const NORMAL_SLOPE_END: f32 = 5.997;

/// Φ(x) − ½.
#[inline(always)]
pub(super) fn step<S: Simd>(x: f32) -> f32 {
    odd_ratio::<S, 6, 6>(x, NORMAL, NORMAL_END)
}

/// The derivative of x · Φ(x), less ½.
#[inline(always)]
pub(super) fn slope<S: Simd>(x: f32) -> f32 {
    odd_ratio::<S, 8, 6>(x, NORMAL_SLOPE, NORMAL_SLOPE_END)
}

/// x · p(x²)/q(x²), and beyond ±`end` what it is there.
#[inline(always)]
fn odd_ratio<S: Simd, const P: usize, const Q: usize>(x: f32, (p, q): ([f32; P], [f32; Q]), end: f32) -> f32 {
    let x = if x > end { end } else { x };
    let x = if x < -end { -end } else { x };
    let square = x * x;
    x * polynomial::<f32, S, P>(square, p) / polynomial::<f32, S, Q>(square, q)
}

/// The error function to full double precision.
///
/// Below 3 by the series 2/√π · e^(−x²) · Σ (2x²)ⁿ·x/(1·3·…·(2n+1)), whose terms are all positive;
/// above by the continued fraction of 1 − erf.
pub(super) fn erf(x: f64) -> f64 {
    /// The terms below 3 fall under 2⁻⁵³ of the sum before this many.
    const TERMS: usize = 80;
    /// Enough levels for full precision from 3 on.
    const LEVELS: usize = 60;
    let magnitude = x.abs();
    let gauss = (-x * x).exp();
    if x.is_nan() {
        x
    } else if magnitude < 3.0 {
        let square = x * x;
        let mut term = x;
        let mut sum = x;
        for n in 1..TERMS {
            term *= 2.0 * square / (2 * n + 1) as f64;
            sum += term;
        }
        std::f64::consts::FRAC_2_SQRT_PI * gauss * sum
    } else if magnitude > 6.0 {
        // 1 − erf(6) is below 2⁻⁵³.
        1.0f64.copysign(x)
    } else {
        let mut fraction = magnitude;
        for level in (1..=LEVELS).rev() {
            fraction = magnitude + level as f64 / 2.0 / fraction;
        }
        let tail = gauss * std::f64::consts::FRAC_2_SQRT_PI / 2.0 / fraction;
        (1.0 - tail).copysign(x)
    }
}
