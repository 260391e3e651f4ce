//! The element types: `f32` and `f64`.

use std::fmt::{Debug, Display, LowerExp};
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use crate::simd::{Simd, Vector};

/// A number that tensors are made of: `f32` or `f64`, and no other type.
///
/// The functions are those of the standard library, exact to the last bit or nearly so; the fast
/// vector versions are in [`crate::vector`].
pub trait Float:
    sealed::Element
    + Copy
    + Default
    + Send
    + Sync
    + 'static
    + Debug
    + Display
    + LowerExp
    + PartialEq
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
    + Sum
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// The distance from 1 to the next larger number.
    const EPSILON: Self;
    /// The smallest positive normal number.
    const MIN_POSITIVE: Self;
    /// The largest finite number.
    const MAX: Self;
    /// +∞.
    const INFINITY: Self;
    /// −∞.
    const NEG_INFINITY: Self;
    /// Not a number.
    const NAN: Self;
    /// The type's own name, as Rust writes it.
    const NAME: &'static str;

    /// The nearest number of this type.
    fn from_f64(value: f64) -> Self;
    /// The same number in double precision.
    fn to_f64(self) -> f64;
    /// The nearest number of this type.
    fn from_usize(value: usize) -> Self;
    /// eˣ.
    fn exp(self) -> Self;
    /// eˣ − 1, accurate near 0.
    fn exp_m1(self) -> Self;
    /// The natural logarithm.
    fn ln(self) -> Self;
    /// ln(1 + x), accurate near 0.
    fn ln_1p(self) -> Self;
    /// √x.
    fn sqrt(self) -> Self;
    /// The hyperbolic tangent.
    fn tanh(self) -> Self;
    /// The sine.
    fn sin(self) -> Self;
    /// The cosine.
    fn cos(self) -> Self;
    /// xʸ.
    fn powf(self, exponent: Self) -> Self;
    /// xⁿ.
    fn powi(self, exponent: i32) -> Self;
    /// |x|.
    fn abs(self) -> Self;
    /// The largest integer not above x.
    fn floor(self) -> Self;
    /// The larger of the two; the other one where one of them is NaN.
    fn max(self, other: Self) -> Self;
    /// The smaller of the two; the other one where one of them is NaN.
    fn min(self, other: Self) -> Self;
    /// `self · factor + term`, rounded once. A call into a library where the compiler may not
    /// assume that the machine has the instruction.
    fn mul_add(self, factor: Self, term: Self) -> Self;
    /// 1 for +0 and above, −1 for −0 and below, NaN for NaN.
    fn signum(self) -> Self;
    /// Whether this is NaN.
    fn is_nan(self) -> bool;
    /// Whether this is neither NaN nor infinite.
    fn is_finite(self) -> bool;
    /// The bits, widened to 64 with zeros: for tests that compare results exactly.
    fn bits(self) -> u64;
}

/// What the kernels know about an element and nobody else needs to.
pub(crate) mod sealed {
    use super::{Simd, Vector};
    use crate::compiled::Compiled;
    use crate::scratch::Plain;

    pub trait Element: Plain + Compiled {
        /// The vector of this element on the instruction set `S`.
        type Vector<S: Simd>: Vector<Self>;

        fn fast_exp<S: Simd>(self) -> Self;
        /// eˣ for x ≤ 0; anything for NaN.
        fn fast_exp_nonpositive<S: Simd>(self) -> Self;
        fn fast_ln<S: Simd>(self) -> Self;
        fn fast_tanh<S: Simd>(self) -> Self;
        fn fast_sigmoid<S: Simd>(self) -> Self;
        fn fast_erf<S: Simd>(self) -> Self;
        /// Φ(x) − ½ of the normal distribution, within 2 ε; ±½ far away.
        fn fast_normal<S: Simd>(self) -> Self;
        /// The derivative of x · Φ(x), less ½, within 2 ε; ±½ far away.
        fn fast_normal_slope<S: Simd>(self) -> Self;
        /// As [`fast_normal`](Self::fast_normal), with the approximation by tanh.
        fn fast_normal_by_tanh<S: Simd>(self) -> Self;
        /// As [`fast_normal_slope`](Self::fast_normal_slope), with the approximation by tanh.
        fn fast_normal_by_tanh_slope<S: Simd>(self) -> Self;
        /// A power of a positive finite number, with a finite exponent.
        fn fast_powf<S: Simd>(self, exponent: Self) -> Self;
        /// `self · factor + term`, fused where `S` has the instruction.
        fn fused<S: Simd>(self, factor: Self, term: Self) -> Self;
        /// A number in [0, 1) from 64 random bits.
        fn from_random_bits(bits: u64) -> Self;
        /// `C = α·A·B + β·C` for matrices of m × k and k × n, given as the address of the first
        /// element and the strides, by the crate `matrixmultiply`.
        ///
        /// # Safety
        /// A and B can be read and C can be written.
        unsafe fn matrix_multiply(
            sizes: [usize; 3],
            alpha: Self,
            a: (*const Self, isize, isize),
            b: (*const Self, isize, isize),
            beta: Self,
            c: (*mut Self, isize),
        );
    }
}

macro_rules! impl_float {
    ($float:ident) => {
        impl Float for $float {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const EPSILON: Self = $float::EPSILON;
            const MIN_POSITIVE: Self = $float::MIN_POSITIVE;
            const MAX: Self = $float::MAX;
            const INFINITY: Self = $float::INFINITY;
            const NEG_INFINITY: Self = $float::NEG_INFINITY;
            const NAN: Self = $float::NAN;
            const NAME: &'static str = stringify!($float);

            #[inline(always)]
            fn from_f64(value: f64) -> Self {
                value as $float
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                self as f64
            }
            #[inline(always)]
            fn from_usize(value: usize) -> Self {
                value as $float
            }
            #[inline(always)]
            fn bits(self) -> u64 {
                self.to_bits() as u64
            }
            impl_float!(@forward $float:
                exp(), exp_m1(), ln(), ln_1p(), sqrt(), tanh(), sin(), cos(),
                powf(exponent: Self), powi(exponent: i32), abs(), floor(),
                max(other: Self), min(other: Self), mul_add(factor: Self, term: Self), signum()
            );
            #[inline(always)]
            fn is_nan(self) -> bool {
                <$float>::is_nan(self)
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                <$float>::is_finite(self)
            }
        }
    };
    (@forward $float:ident: $($name:ident($($arg:ident: $ty:ty),*)),*) => {
        $(
            #[inline(always)]
            fn $name(self $(, $arg: $ty)*) -> Self {
                <$float>::$name(self $(, $arg)*)
            }
        )*
    };
}

impl_float!(f32);
impl_float!(f64);
