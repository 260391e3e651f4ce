//! The error function: `y = 2/√π · ∫₀ˣ e^(−t²) dt`.

use tenon_kernels::vector;
use tenon_shape::Shape;

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Tensor, Value, Vjp};

use super::exp::Exp;
use super::square::Square;

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// The error function: `y = 2/√π · ∫₀ˣ e^(−t²) dt`, elementwise.
    ///
    /// # Shapes
    /// `x: S → S`
    ///
    /// # Gradient
    /// `dx = dy · 2/√π · e^(−x²)`. Keeps `x`.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2,)> = Tensor::from([0.0, 10.0]);
    /// assert_eq!(x.erf().to_vec(), [0.0, 1.0]);
    /// ```
    pub fn erf(self) -> Self {
        Tensor { shape: self.shape, value: Erf.on([self.value]) }
    }
}

/// The operation of [`Tensor::erf`].
#[derive(Clone, Copy, Debug)]
pub struct Erf;

impl Op<1> for Erf {
    const NAME: &'static str = "erf";
    const READS: Reads<1> = Reads::ARGS;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        x.map_slices(vector::erf, vector::erf_mut)
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        let bell = Exp.on([-Square.on([at.arg(0)])]).scaled(std::f64::consts::FRAC_2_SQRT_PI);
        [Some(at.dy * bell)]
    }
}

impl Proof<1> for Erf {
    const PROVES: &'static str = "erf";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        (Erf, [draw.any_dims()])
    }

    fn domains(&self) -> [Domain; 1] {
        [Domain::Within(-2.0, 2.0)]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        Erf.on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        x.map(naive_erf)
    }
}

/// The Maclaurin series `2/√π · Σ (−1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1))`, whose terms stay small for the
/// arguments on which proofs try it.
pub(super) fn naive_erf(x: f64) -> f64 {
    let mut power = x;
    let mut sum = x;
    for n in 1..60 {
        power *= -x * x / f64::from(n);
        sum += power / f64::from(2 * n + 1);
    }
    std::f64::consts::FRAC_2_SQRT_PI * sum
}

register!(Erf);
