//! The error function, and the distribution function Φ of the normal distribution with what stands in for it.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

use super::polynomial;
use crate::simd::Simd;

/// An odd function, x · p(x²)/q(x²), that goes from −½ to ½.
///
/// Each is the ratio of least greatest error up to `end`, a place where it rounds to ½ exactly, with and
/// without the fused instruction; beyond, it stays there.
pub(super) struct OddRatio<const P: usize, const Q: usize> {
    p: [f32; P],
    q: [f32; Q],
    end: f32,
}

impl<const P: usize, const Q: usize> OddRatio<P, Q> {
    #[inline(always)]
    pub(super) fn at<S: Simd>(&self, x: f32) -> f32 {
        let x = if x > self.end { self.end } else { x };
        let x = if x < -self.end { -self.end } else { x };
        let square = x * x;
        x * polynomial::<f32, S, P>(square, self.p) / polynomial::<f32, S, Q>(square, self.q)
    }
}

/// Φ(x) − ½, to 6 · 10⁻⁹.
pub(super) const STEP: OddRatio<6, 6> = OddRatio {
    p: [0.398_942_23, 0.033_480_387, 0.004_656_616, 1.653_154_8e-4, 6.356_065e-6, 2.322_903_8e-8],
    q: [1.0, 0.250_588_95, 0.028_438_376, 0.001_864_593_4, 7.266_442e-5, 1.211_728_5e-6],
    end: 5.419_575,
};

/// (x · Φ(x))′ − ½, to 4 · 10⁻⁸.
pub(super) const SLOPE: OddRatio<8, 6> = OddRatio {
    p: [
        0.797_884_76,
        -0.041_531_25,
        0.014_530_125,
        -1.483_686_4e-4,
        3.300_000_8e-5,
        -1.013_759_2e-7,
        2.789_096e-9,
        -1.537_816e-11,
    ],
    q: [1.0, 0.281_284_03, 0.036_966_17, 0.002_951_391, 1.501_516_4e-4, 5.549_727_6e-6],
    end: 5.997,
};

/// ½ tanh u with u of [`bent`], to 6 · 10⁻⁹.
pub(super) const STEP_BY_TANH: OddRatio<6, 6> = OddRatio {
    p: [0.398_942_32, 0.030_441_167, 0.003_628_976_6, 1.333_452_5e-4, 6.983_428_6e-6, 2.351_369e-8],
    q: [1.0, 0.243_796_99, 0.024_357_399, 0.001_296_986_7, 7.540_437e-5, 1.295_641_4e-6],
    end: 5.089_8,
};

/// The derivative of ½ x · tanh u, to 4 · 10⁻⁸.
pub(super) const SLOPE_BY_TANH: OddRatio<8, 6> = OddRatio {
    p: [
        0.797_884_76,
        -0.061_842_05,
        0.014_170_176,
        -4.958_175_7e-4,
        3.330_996_7e-5,
        -4.535_869_8e-7,
        6.383_942e-9,
        -3.507_860_3e-11,
    ],
    q: [1.0, 0.257_478_12, 0.027_289_938, 0.001_238_215_1, 9.103_017_5e-5, 2.404_085_8e-6],
    end: 5.672_162_5,
};

/// √(2/π).
const SCALE: f64 = FRAC_2_SQRT_PI * FRAC_1_SQRT_2;
/// The coefficient of Hendrycks and Gimpel's approximation.
const CUBIC: f64 = 0.044715;

/// u = √(2/π) (x + 0.044715 x³).
fn bent(x: f64) -> f64 {
    SCALE * x * (1.0 + CUBIC * x * x)
}

/// Φ(x) − ½.
pub(super) fn step(x: f64) -> f64 {
    0.5 * erf(x * FRAC_1_SQRT_2)
}

/// (x · Φ(x))′ − ½.
pub(super) fn slope(x: f64) -> f64 {
    step(x) + x * 0.5 * SCALE * (-0.5 * x * x).exp()
}

/// ½ tanh u.
pub(super) fn step_by_tanh(x: f64) -> f64 {
    0.5 * bent(x).tanh()
}

/// The derivative of ½ x · tanh u.
pub(super) fn slope_by_tanh(x: f64) -> f64 {
    let tanh = bent(x).tanh();
    0.5 * tanh + 0.5 * x * (1.0 - tanh * tanh) * SCALE * (1.0 + 3.0 * CUBIC * x * x)
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
