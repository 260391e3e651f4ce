//! Sigmoid linear unit: `y = x / (1 + e⁻ˣ)`.

use tenon_kernels::soft_step::SoftStep;
use tenon_shape::Shape;

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Fused, Op, Reads, Tensor, Value, Vjp};

use super::gelu::{times_step, times_step_backward};
use super::sigmoid::Sigmoid;

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// Sigmoid linear unit, also called swish: `y = x σ(x) = x / (1 + e⁻ˣ)`, elementwise.
    ///
    /// # Shapes
    /// `x: S → S`
    ///
    /// # Gradient
    /// `dx = dy · σ(x) (1 + x (1 − σ(x)))`. Keeps `x`.
    ///
    /// # Source
    /// Hendrycks and Gimpel 2016, "Gaussian error linear units", section 2.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2,)> = Tensor::from([0.0, 100.0]);
    /// assert_eq!(x.silu().to_vec(), [0.0, 100.0]);
    /// ```
    pub fn silu(self) -> Self {
        Tensor { shape: self.shape, value: Silu.on([self.value]) }
    }
}

/// The operation of [`Tensor::silu`].
#[derive(Clone, Copy, Debug)]
pub struct Silu;

impl Fused<1> for Silu {
    const NAME: &'static str = "silu";
    const READS: Reads<1> = Reads::ARGS;
    type Kept<E: Element> = ();

    fn definition<B: Backend>(&self, [x]: [Value<B>; 1]) -> Value<B> {
        x.clone() * Sigmoid.on([x])
    }

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> (Array<E>, ()) {
        (times_step(SoftStep::Logistic, x), ())
    }

    fn backward<E: Element>(&self, at: Vjp<Array<E>, 1>, (): &()) -> [Option<Array<E>>; 1] {
        [Some(times_step_backward(SoftStep::Logistic, at))]
    }

    fn flops(&self, _: &[Dims; 1], output: Dims) -> u64 {
        4 * output.numel() as u64
    }
}

impl Proof<1> for Silu {
    const PROVES: &'static str = "silu";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        (Silu, [draw.any_dims()])
    }

    fn domains(&self) -> [Domain; 1] {
        [Domain::Within(-3.0, 3.0)]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        Silu.on(args)
    }

    fn definition<B: Backend>(&self, args: [Value<B>; 1]) -> Option<Value<B>> {
        Some(Fused::definition(self, args))
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        x.map(|x| x / (1.0 + (-x).exp()))
    }
}

register!(Silu);
