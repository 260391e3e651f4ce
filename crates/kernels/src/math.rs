//! Branch-free elementary functions of `f32`, in a form that compilers vectorize.
//!
//! Each is a short polynomial after an exact reduction of the argument. Errors are stated in ulp and tested against `f64` in
//! [`crate::vector`]. For `f64` the standard library is called.

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

/// (tanh √z / √z − 1)/z for z in [0, 0.625²], to 4 · 10⁻⁹ times z.
/// These tables are interpolations at the Chebyshev nodes of their intervals.
const TANH: [f32; 6] =
    [-0.333_333_34, 0.133_333_04, -0.053_959_258, 0.021_768_918, -0.008_343_946, 0.002_292_745];

/// erf √z / √z − 1 for z in [0, 1], to 6 · 10⁻⁹.
const ERF: [f32; 7] = [
    0.128_379_17,
    -0.376_126_26,
    0.112_835_94,
    -0.026_854_212,
    0.005_189_087,
    -0.000_801_686_43,
    7.875_875e-5,
];

/// −ln(1 − erf(t + 2.5)) for t + 2.5 in [1, 4], to 2 · 10⁻⁸ of erf.
const MINUS_LN_ERFC: [f32; 9] = [
    7.806_815,
    5.352_680_7,
    0.943_893_73,
    0.010_858_541,
    -0.002_165_303_6,
    0.000_420_122_52,
    -7.729_138e-5,
    1.331_501_4e-5,
    -1.637_151_4e-6,
];

/// 2ⁿ for an integer −126 ≤ n ≤ 127, by writing the exponent's bits.
#[inline(always)]
fn pow2(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) << 23) as u32)
}

/// p₀ + x·(p₁ + x·(p₂ + …)).
#[inline(always)]
fn polynomial<S: Simd, const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    let mut sum = coefficients[N - 1];
    for i in (0..N - 1).rev() {
        sum = sum.fused::<S>(x, coefficients[i]);
    }
    sum
}

/// eˣ = 2ⁿ · eʳ with |r| ≤ ln 2 / 2, and eʳ by its Taylor polynomial of degree 7, whose
/// remainder r⁸/8! is below 6 · 10⁻⁹.
///
/// What would be subnormal is 0: computing it takes a hundred times as long on many machines, and
/// masked or hopeless entries of a softmax are full of it.
#[inline(always)]
fn exp<S: Simd>(x: f32) -> f32 {
    let clamped = if x > EXP_UNDERFLOW { x } else { EXP_UNDERFLOW };
    let clamped = if clamped < EXP_OVERFLOW { clamped } else { EXP_OVERFLOW };
    let rounded = clamped.fused::<S>(std::f32::consts::LOG2_E, ROUNDER);
    // The integer stands in the low bits of the sum.
    let n = (rounded.to_bits() as i32).wrapping_sub(ROUNDER.to_bits() as i32);
    let minus_n = ROUNDER - rounded;
    let r = minus_n.fused::<S>(LN_2_LOW, minus_n.fused::<S>(LN_2_HIGH, clamped));
    let e_r = polynomial::<S, 8>(
        r,
        [1.0, 1.0, 1.0 / 2.0, 1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0, 1.0 / 720.0, 1.0 / 5040.0],
    );
    // 2ⁿ in two factors, because n reaches 128.
    let half = n >> 1;
    let result = e_r * pow2(half) * pow2(n - half);
    let result = if x > EXP_OVERFLOW { f32::INFINITY } else { result };
    let result = if x < EXP_UNDERFLOW { 0.0 } else { result };
    if x.is_nan() { x } else { result }
}

impl Element for f32 {
    type Vector<S: Simd> = S::F32;

    #[inline(always)]
    fn fast_exp<S: Simd>(self) -> f32 {
        exp::<S>(self)
    }

    /// With x = 2ⁿ · m and √½ ≤ m < √2: ln x = n · ln 2 + 2 · artanh(s), s = (m − 1)/(m + 1),
    /// |s| ≤ 0.172, by the series of artanh up to s⁹/9.
    #[inline(always)]
    fn fast_ln<S: Simd>(self) -> f32 {
        const SUBNORMAL_SCALE: f32 = 8_388_608.0; // 2²³
        const SQRT_HALF_BITS: i32 = 0x3f35_04f3;
        let x = self;
        let subnormal = x < f32::MIN_POSITIVE;
        let scaled = if subnormal { x * SUBNORMAL_SCALE } else { x };
        let bits = scaled.to_bits() as i32;
        let n = bits.wrapping_sub(SQRT_HALF_BITS) >> 23;
        let m = f32::from_bits(bits.wrapping_sub(n << 23) as u32);
        let n = n as f32 - if subnormal { 23.0 } else { 0.0 };
        let f = m - 1.0;
        let s = f / (2.0 + f);
        let z = s * s;
        let series = z * polynomial::<S, 4>(z, [2.0 / 3.0, 2.0 / 5.0, 2.0 / 7.0, 2.0 / 9.0]);
        // 2s = f − f·s, which keeps the digits of f where x is near 1.
        let half_square = 0.5 * f * f;
        let ln_m = f - (half_square - s * (half_square + series));
        let result = n.fused::<S>(LN_2_HIGH, n.fused::<S>(LN_2_LOW, ln_m));
        let result = if x == f32::INFINITY { x } else { result };
        let result = if x == 0.0 { f32::NEG_INFINITY } else { result };
        if x < 0.0 || x.is_nan() { f32::NAN } else { result }
    }

    /// For |x| < 0.625 an odd polynomial; beyond, 1 − 2/(e²ˣ + 1).
    #[inline(always)]
    fn fast_tanh<S: Simd>(self) -> f32 {
        let x = self;
        let magnitude = x.abs();
        let z = x * x;
        let near = polynomial::<S, 6>(z, TANH);
        let near = (z * near).fused::<S>(x, x);
        let far = 1.0 - 2.0 / (exp::<S>(2.0 * magnitude) + 1.0);
        if magnitude < 0.625 { near } else { far.copysign(x) }
    }

    /// 1/(1 + e⁻ˣ).
    #[inline(always)]
    fn fast_sigmoid<S: Simd>(self) -> f32 {
        1.0 / (1.0 + exp::<S>(-self))
    }

    /// For |x| < 1 an odd polynomial; beyond, 1 − e^−q with a polynomial q for −ln(1 − erf).
    #[inline(always)]
    fn fast_erf<S: Simd>(self) -> f32 {
        let x = self;
        let magnitude = x.abs();
        let near = polynomial::<S, 7>(x * x, ERF);
        let near = near.fused::<S>(x, x);
        // 1 − erf(4) is below half an ε.
        let t = if magnitude < 4.0 { magnitude } else { 4.0 };
        let far = 1.0 - exp::<S>(-polynomial::<S, 9>(t - 2.5, MINUS_LN_ERFC));
        let result = if magnitude < 1.0 { near } else { far.copysign(x) };
        if x.is_nan() { x } else { result }
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
        erf(self)
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

/// The error function to full double precision.
///
/// Below 3 by the series 2/√π · e^(−x²) · Σ (2x²)ⁿ·x/(1·3·…·(2n+1)), whose terms are all positive;
/// above by the continued fraction of 1 − erf.
fn erf(x: f64) -> f64 {
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
