//! Absolute value: `y = |x|`.

use tenon_kernels::Float;
use tenon_shape::Shape;

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Tensor, Value, Vjp};

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// Absolute value: `y = |x|`, elementwise.
    ///
    /// # Shapes
    /// `x: S → S`
    ///
    /// # Gradient
    /// `dx = dy · sign(x)`; at 0 it is 0, the middle of the subgradients. Keeps the argument.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2,)> = Tensor::from([1.0, -2.0]);
    /// assert_eq!(x.abs().to_vec(), [1.0, 2.0]);
    /// ```
    pub fn abs(self) -> Self {
        Tensor { shape: self.shape, value: Abs.on([self.value]) }
    }
}

/// The operation of [`Tensor::abs`].
#[derive(Clone, Copy, Debug)]
pub struct Abs;

impl Op<1> for Abs {
    const NAME: &'static str = "abs";
    const READS: Reads<1> = Reads::ARGS;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        x.map(|x| x.max(-x))
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        [Some(sign_of(&at.arg(0)) * at.dy)]
    }
}

impl Proof<1> for Abs {
    const PROVES: &'static str = "abs";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        (Abs, [draw.any_dims()])
    }

    fn domains(&self) -> [Domain; 1] {
        [Domain::AwayFromZero { gap: 0.05, bound: 2.0 }]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        Abs.on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        x.map(f64::abs)
    }
}



/// −1, 0 or 1 by the sign of each element: a constant, as the sign is flat wherever it is smooth.
fn sign_of<B: Backend>(x: &Value<B>) -> Value<B> {
    let sign = |x: B::Elem| if x > B::Elem::ZERO { B::Elem::ONE } else if x < B::Elem::ZERO { -B::Elem::ONE } else { x };
    Value::constant(x.array().clone().map(sign))
}
register!(Abs);
