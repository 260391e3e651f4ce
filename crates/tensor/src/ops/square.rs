//! Square: `y = x²`.

use tenon_shape::Shape;

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Tensor, Value, Vjp};

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// Square: `y = x²`, elementwise.
    ///
    /// # Shapes
    /// `x: S → S`
    ///
    /// # Gradient
    /// `dx = 2 x · dy`. Keeps the argument.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2,)> = Tensor::from([-3.0, 2.0]);
    /// assert_eq!(x.square().to_vec(), [9.0, 4.0]);
    /// ```
    pub fn square(self) -> Self {
        Tensor { shape: self.shape, value: Square.on([self.value]) }
    }
}

/// The operation of [`Tensor::square`].
#[derive(Clone, Copy, Debug)]
pub struct Square;

impl Op<1> for Square {
    const NAME: &'static str = "square";
    const READS: Reads<1> = Reads::ARGS;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        x.map(|x| x * x)
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        [Some(at.dy.clone() * at.arg(0).scaled(2.0))]
    }
}

impl Proof<1> for Square {
    const PROVES: &'static str = "square";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        (Square, [draw.any_dims()])
    }

    fn domains(&self) -> [Domain; 1] {
        [Domain::Within(-2.0, 2.0)]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        Square.on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        x.map(|x| x * x)
    }
}

register!(Square);
