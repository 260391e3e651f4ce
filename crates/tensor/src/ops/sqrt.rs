//! Square root: `y = √x`.

use tenon_shape::Shape;

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Tensor, Value, Vjp};

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// Square root: `y = √x`, elementwise.
    ///
    /// # Shapes
    /// `x: S → S`
    ///
    /// # Gradient
    /// `dx = dy / 2y`. Keeps the result. The gradient at 0 is infinite.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2,)> = Tensor::from([4.0, 9.0]);
    /// assert_eq!(x.sqrt().to_vec(), [2.0, 3.0]);
    /// ```
    pub fn sqrt(self) -> Self {
        Tensor { shape: self.shape, value: Sqrt.on([self.value]) }
    }
}

/// The operation of [`Tensor::sqrt`].
#[derive(Clone, Copy, Debug)]
pub struct Sqrt;

impl Op<1> for Sqrt {
    const NAME: &'static str = "sqrt";
    const READS: Reads<1> = Reads::OUTPUT;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        x.map(E::sqrt)
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        [Some(at.dy.clone() / at.output().scaled(2.0))]
    }
}

impl Proof<1> for Sqrt {
    const PROVES: &'static str = "sqrt";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        (Sqrt, [draw.any_dims()])
    }

    fn domains(&self) -> [Domain; 1] {
        [Domain::Within(0.2, 4.0)]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        Sqrt.on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        x.map(f64::sqrt)
    }
}

register!(Sqrt);
