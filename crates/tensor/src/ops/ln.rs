//! Natural logarithm: `y = ln x`.

use tenon_kernels::vector;
use tenon_shape::Shape;

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Tensor, Value, Vjp};

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// Natural logarithm: `y = ln x`, elementwise.
    ///
    /// # Shapes
    /// `x: S → S`
    ///
    /// # Gradient
    /// `dx = dy / x`. Keeps the argument. The gradient at 0 is infinite.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2,)> = Tensor::from([1.0, 0.0]);
    /// assert_eq!(x.ln().to_vec(), [0.0, f32::NEG_INFINITY]);
    /// ```
    pub fn ln(self) -> Self {
        Tensor { shape: self.shape, value: Ln.on([self.value]) }
    }
}

/// The operation of [`Tensor::ln`].
#[derive(Clone, Copy, Debug)]
pub struct Ln;

impl Op<1> for Ln {
    const NAME: &'static str = "ln";
    const READS: Reads<1> = Reads::ARGS;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        x.map_slices(vector::ln, vector::ln_mut)
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        [Some(at.dy.clone() / at.arg(0))]
    }
}

impl Proof<1> for Ln {
    const PROVES: &'static str = "ln";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        (Ln, [draw.any_dims()])
    }

    fn domains(&self) -> [Domain; 1] {
        [Domain::Within(0.2, 4.0)]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        Ln.on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        x.map(f64::ln)
    }
}

register!(Ln);
