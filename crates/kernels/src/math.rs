//! Branch-free elementary functions of `f32`, in a form that compilers vectorize.
//!
//! Each is a short polynomial after an exact reduction of the argument, or a ratio of two. Errors are stated
//! in ulp and tested against `f64` in [`crate::vector`]. For `f64` the standard library is called.

mod normal;

use crate::Float;
use crate::float::sealed::Element;
use crate::simd::Simd;

/// ln 2 in two parts: the first has so few bits that its products with small integers are exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// Above it eˣ is infinite in `f32`: ln(2¹²⁸).
const EXP_OVERFLOW: f32 = 88.722_84;
/// Below it eˣ is no normal `f32`: ln(2⁻¹²⁶).
const EXP_UNDERFLOW: f32 = -87.336_54;

/// Adding and subtracting 1.5 · 2²³ rounds to the nearest integer.
const ROUNDER: f32 = 12_582_912.0;
/// The same for `f64`: 1.5 · 2⁵².
const ROUNDER_64: f64 = 6_755_399_441_055_744.0;

// The tables are polynomials of the least greatest error on their intervals, weighted so that it
// is that of the function relative to its value.

/// eʳ for |r| ≤ ln 2 / 2, to 3 · 10⁻⁹.
const EXP: [f32; 7] = [1.0, 1.0, 0.499_999_93, 0.166_665_2, 0.041_668_4, 0.008_368_8, 0.001_381_44];

/// (eʳ − 1 − r)/r² for |r| ≤ ln 2 / 2, to 1.3 · 10⁻⁸ of eʳ − 1.
const EXP_M1: [f32; 5] = [0.499_999_97, 0.166_665_43, 0.041_667_2, 0.008_366_597, 0.001_388_250_7];

/// (2ᶠ − 1)/f for |f| ≤ ½, to 1.1 · 10⁻⁸.
const EXP2_M1: [f32; 6] =
    [std::f32::consts::LN_2, 0.240_226_5, 0.055_503_573, 0.009_618_238, 0.001_339_084_9, 0.000_154_035_12];

/// (ln(1 + f) − f + f²/2)/f³ for √½ ≤ 1 + f ≤ √2, to 6 · 10⁻⁹ of ln(1 + f).
const LN: [f32; 8] = [
    0.333_333_3,
    -0.250_008_2,
    0.200_012_27,
    -0.166_233_57,
    0.142_017_59,
    -0.131_601_83,
    0.127_615_75,
    -0.076_344_93,
];

/// log₂(1 − erf x)/x for x in [0, 4], to 4 · 10⁻⁹ of erf.
const LOG2_ERFC: [f32; 9] = [
    -1.627_907,
    -0.918_447_6,
    -0.148_277_06,
    0.027_632_015,
    0.000_231_430_27,
    -0.002_405_038,
    0.000_913_004,
    -0.000_169_724_07,
    1.335_435_3e-5,
];

/// log₂(1 + f)/f for √½ ≤ 1 + f ≤ √2, to 1.7 · 10⁻¹¹.
const LOG2: [f64; 13] = [
    1.442_695_040_868_703_8,
    -0.721_347_520_868_755_8,
    0.480_898_361_396_249_8,
    -0.360_673_674_828_857,
    0.288_537_293_403_075_1,
    -0.240_453_165_480_243_15,
    0.206_175_361_544_993_72,
    -0.180_300_605_841_924_62,
    0.158_769_776_817_114_18,
    -0.143_156_389_487_144_2,
    0.144_748_525_405_212_6,
    -0.142_839_705_734_609_33,
    0.077_370_660_251_125_93,
];

/// 2ᶠ for |f| ≤ ½, to 1.9 · 10⁻⁹.
const EXP2: [f64; 7] = [
    1.000_000_000_555_049_6,
    0.693_147_205_767_139_8,
    0.240_226_468_860_745_22,
    0.055_503_287_118_067_78,
    0.009_618_489_245_011_626,
    0.001_339_995_762_654_104_4,
    0.000_153_457_888_082_432_07,
];

/// 2ⁿ for an integer −126 ≤ n ≤ 127, by writing the exponent's bits.
#[inline(always)]
fn pow2(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) << 23) as u32)
}

/// p₀ + x·(p₁ + x·(p₂ + …)).
#[inline(always)]
fn polynomial<E: Float, S: Simd, const N: usize>(x: E, coefficients: [E; N]) -> E {
    let mut sum = coefficients[N - 1];
    for i in (0..N - 1).rev() {
        sum = sum.fused::<S>(x, coefficients[i]);
    }
    sum
}

/// As [`polynomial`], of which the even and the odd terms are added up apart: more instructions,
/// and half as many that wait for the one before.
#[inline(always)]
fn wide_polynomial<E: Float, S: Simd, const N: usize>(x: E, coefficients: [E; N]) -> E {
    let square = x * x;
    let (mut last, mut other) = (coefficients[N - 1], coefficients[N - 2]);
    for i in (0..N - 2).rev() {
        (last, other) = (other, last.fused::<S>(square, coefficients[i]));
    }
    // The sum that ends with coefficient 0 is the newer one.
    last.fused::<S>(x, other)
}

/// The integer n nearest to x / ln 2, and r with x = n · ln 2 + r.
#[inline(always)]
fn by_ln_2<S: Simd>(x: f32) -> (i32, f32) {
    let rounded = x.fused::<S>(std::f32::consts::LOG2_E, ROUNDER);
    // The integer stands in the low bits of the sum.
    let n = (rounded.to_bits() as i32).wrapping_sub(ROUNDER.to_bits() as i32);
    let minus_n = ROUNDER - rounded;
    (n, minus_n.fused::<S>(LN_2_LOW, minus_n.fused::<S>(LN_2_HIGH, x)))
}

/// The integer n and f with a positive x = 2ⁿ · (1 + f) and √½ ≤ 1 + f < √2.
#[inline(always)]
fn by_powers_of_2(x: f32) -> (i32, f32) {
    const SUBNORMAL_SCALE: f32 = 8_388_608.0; // 2²³
    const SQRT_HALF_BITS: i32 = 0x3f35_04f3;
    let subnormal = x < f32::MIN_POSITIVE;
    let scaled = if subnormal { x * SUBNORMAL_SCALE } else { x };
    let bits = scaled.to_bits() as i32;
    let n = bits.wrapping_sub(SQRT_HALF_BITS) >> 23;
    let m = f32::from_bits(bits.wrapping_sub(n << 23) as u32);
    (n - if subnormal { 23 } else { 0 }, m - 1.0)
}

/// eˣ = 2ⁿ · eʳ with |r| ≤ ln 2 / 2, unless it would be infinite or x is NaN.
///
/// What would be subnormal is 0: computing it takes a hundred times as long on many machines, and
/// masked or hopeless entries of a softmax are full of it.
#[inline(always)]
fn finite_exp<S: Simd>(x: f32) -> f32 {
    let (n, r) = by_ln_2::<S>(x);
    let e_r = polynomial::<f32, S, 7>(r, EXP);
    // 2ⁿ is multiplied with by adding to the exponent's bits, also where n is 128 and eʳ below 1.
    let result = f32::from_bits(e_r.to_bits().wrapping_add((n << 23) as u32));
    if x < EXP_UNDERFLOW { 0.0 } else { result }
}

/// eˣ.
#[inline(always)]
fn exp<S: Simd>(x: f32) -> f32 {
    // What is above is infinite, and NaN stays NaN.
    if x <= EXP_OVERFLOW { finite_exp::<S>(x) } else { x * f32::INFINITY }
}

impl Element for f32 {
    type Vector<S: Simd> = S::F32;

    #[inline(always)]
    fn fast_exp<S: Simd>(self) -> f32 {
        exp::<S>(self)
    }

    #[inline(always)]
    fn fast_exp_nonpositive<S: Simd>(self) -> f32 {
        finite_exp::<S>(self)
    }

    /// ln x = n · ln 2 + ln(1 + f).
    #[inline(always)]
    fn fast_ln<S: Simd>(self) -> f32 {
        let x = self;
        let (n, f) = by_powers_of_2(x);
        let n = n as f32;
        let ln_m = (f * f).fused::<S>(polynomial::<f32, S, 8>(f, LN).fused::<S>(f, -0.5), f);
        let result = n.fused::<S>(LN_2_HIGH, n.fused::<S>(LN_2_LOW, ln_m));
        let at_most_zero = if x == 0.0 { f32::NEG_INFINITY } else { f32::NAN };
        let result = if x <= 0.0 { at_most_zero } else { result };
        // Infinity and NaN stay what they are.
        if x < f32::INFINITY { result } else { x }
    }

    /// (e²ˣ − 1)/(e²ˣ − 1 + 2), where e²ˣ − 1 = 2ⁿ · (eʳ − 1) + (2ⁿ − 1) keeps its digits near 0.
    #[inline(always)]
    fn fast_tanh<S: Simd>(self) -> f32 {
        let magnitude = self.abs();
        // 1 − tanh 10 is below half an ε.
        let magnitude = if magnitude > 10.0 { 10.0 } else { magnitude };
        let (n, r) = by_ln_2::<S>(magnitude + magnitude);
        let e_r = (r * r).fused::<S>(polynomial::<f32, S, 5>(r, EXP_M1), r);
        let power = pow2(n);
        let e_2x = power.fused::<S>(e_r, power - 1.0);
        (e_2x / (e_2x + 2.0)).copysign(self)
    }

    /// 1/(1 + e⁻ˣ).
    #[inline(always)]
    fn fast_sigmoid<S: Simd>(self) -> f32 {
        1.0 / (1.0 + exp::<S>(-self))
    }

    /// 1 − 2^q with a polynomial q for log₂(1 − erf), which is 0 where x is: 2^q − 1 keeps its
    /// digits there.
    #[inline(always)]
    fn fast_erf<S: Simd>(self) -> f32 {
        let magnitude = self.abs();
        // 1 − erf(4) is below half an ε.
        let magnitude = if magnitude > 4.0 { 4.0 } else { magnitude };
        let q = magnitude * polynomial::<f32, S, 9>(magnitude, LOG2_ERFC);
        let rounded = q + ROUNDER;
        let n = (rounded.to_bits() as i32).wrapping_sub(ROUNDER.to_bits() as i32);
        let f = q - (rounded - ROUNDER);
        let power = pow2(n);
        let result = (-power).fused::<S>(f * polynomial::<f32, S, 6>(f, EXP2_M1), 1.0 - power);
        result.copysign(self)
    }

    #[inline(always)]
    fn fast_normal<S: Simd>(self) -> f32 {
        normal::STEP.at::<S>(self)
    }

    #[inline(always)]
    fn fast_normal_slope<S: Simd>(self) -> f32 {
        normal::SLOPE.at::<S>(self)
    }

    #[inline(always)]
    fn fast_normal_by_tanh<S: Simd>(self) -> f32 {
        normal::STEP_BY_TANH.at::<S>(self)
    }

    #[inline(always)]
    fn fast_normal_by_tanh_slope<S: Simd>(self) -> f32 {
        normal::SLOPE_BY_TANH.at::<S>(self)
    }

    /// 2^(p · log₂ x) in double precision, because p multiplies the error of the logarithm.
    #[inline(always)]
    fn fast_powf<S: Simd>(self, exponent: f32) -> f32 {
        let (n, f) = by_powers_of_2(self);
        let f = f64::from(f);
        let log2 = f.fused::<S>(wide_polynomial::<f64, S, 13>(f, LOG2), f64::from(n));
        // Far beyond the range of `f32`, and within that of `f64`.
        let q = (f64::from(exponent) * log2).clamp(-200.0, 200.0);
        let rounded = q + ROUNDER_64;
        let n = (rounded.to_bits() as i64).wrapping_sub(ROUNDER_64.to_bits() as i64);
        let power = wide_polynomial::<f64, S, 7>(q - (rounded - ROUNDER_64), EXP2);
        f64::from_bits(power.to_bits().wrapping_add((n << 52) as u64)) as f32
    }

    #[inline(always)]
    fn fused<S: Simd>(self, factor: f32, term: f32) -> f32 {
        if S::FMA { self.mul_add(factor, term) } else { self * factor + term }
    }

    #[inline(always)]
    fn from_random_bits(bits: u64) -> f32 {
        // The 24 bits of a mantissa, so that 1 is never reached by rounding.
        // All instruction sets convert vectors of signed words.
        (bits >> 40) as i32 as f32 * (1.0 / (1u64 << 24) as f32)
    }

    unsafe fn matrix_multiply(
        [m, k, n]: [usize; 3],
        alpha: f32,
        (a, a_rows, a_cols): (*const f32, isize, isize),
        (b, b_rows, b_cols): (*const f32, isize, isize),
        beta: f32,
        (c, c_rows): (*mut f32, isize),
    ) {
        // SAFETY: by the caller's promise.
        unsafe {
            matrixmultiply::sgemm(m, k, n, alpha, a, a_rows, a_cols, b, b_rows, b_cols, beta, c, c_rows, 1);
        }
    }
}

impl Element for f64 {
    type Vector<S: Simd> = S::F64;

    #[inline(always)]
    fn fast_exp<S: Simd>(self) -> f64 {
        self.exp()
    }

    #[inline(always)]
    fn fast_exp_nonpositive<S: Simd>(self) -> f64 {
        self.exp()
    }

    #[inline(always)]
    fn fast_ln<S: Simd>(self) -> f64 {
        self.ln()
    }

    #[inline(always)]
    fn fast_tanh<S: Simd>(self) -> f64 {
        self.tanh()
    }

    #[inline(always)]
    fn fast_sigmoid<S: Simd>(self) -> f64 {
        1.0 / (1.0 + (-self).exp())
    }

    #[inline(always)]
    fn fast_erf<S: Simd>(self) -> f64 {
        normal::erf(self)
    }

    #[inline(always)]
    fn fast_normal<S: Simd>(self) -> f64 {
        normal::step(self)
    }

    #[inline(always)]
    fn fast_normal_slope<S: Simd>(self) -> f64 {
        normal::slope(self)
    }

    #[inline(always)]
    fn fast_normal_by_tanh<S: Simd>(self) -> f64 {
        normal::step_by_tanh(self)
    }

    #[inline(always)]
    fn fast_normal_by_tanh_slope<S: Simd>(self) -> f64 {
        normal::slope_by_tanh(self)
    }

    #[inline(always)]
    fn fast_powf<S: Simd>(self, exponent: f64) -> f64 {
        self.powf(exponent)
    }

    #[inline(always)]
    fn fused<S: Simd>(self, factor: f64, term: f64) -> f64 {
        if S::FMA { self.mul_add(factor, term) } else { self * factor + term }
    }

    #[inline(always)]
    fn from_random_bits(bits: u64) -> f64 {
        (bits >> 11) as i64 as f64 * (1.0 / (1u64 << 53) as f64)
    }

    unsafe fn matrix_multiply(
        [m, k, n]: [usize; 3],
        alpha: f64,
        (a, a_rows, a_cols): (*const f64, isize, isize),
        (b, b_rows, b_cols): (*const f64, isize, isize),
        beta: f64,
        (c, c_rows): (*mut f64, isize),
    ) {
        // SAFETY: by the caller's promise.
        unsafe {
            matrixmultiply::dgemm(m, k, n, alpha, a, a_rows, a_cols, b, b_rows, b_cols, beta, c, c_rows, 1);
        }
    }
}
