//! Exponential: `y = eˣ`.

use tenon_kernels::vector;
use tenon_shape::Shape;

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Tensor, Value, Vjp};

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// Exponential: `y = eˣ`, elementwise.
    ///
    /// # Shapes
    /// `x: S → S`
    ///
    /// # Gradient
    /// `dx = dy · y`. Keeps the result.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2,)> = Tensor::from([0.0, 1.0]);
    /// assert_eq!(x.exp().to_vec()[0], 1.0);
    /// ```
    pub fn exp(self) -> Self {
        Tensor { shape: self.shape, value: Exp.on([self.value]) }
    }
}

/// The operation of [`Tensor::exp`].
#[derive(Clone, Copy, Debug)]
pub struct Exp;

impl Op<1> for Exp {
    const NAME: &'static str = "exp";
    const READS: Reads<1> = Reads::OUTPUT;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        x.map_slices(vector::exp, vector::exp_mut)
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        [Some(at.output() * at.dy)]
    }
}

impl Proof<1> for Exp {
    const PROVES: &'static str = "exp";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        (Exp, [draw.any_dims()])
    }

    fn domains(&self) -> [Domain; 1] {
        [Domain::Within(-3.0, 3.0)]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        Exp.on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        x.map(f64::exp)
    }
}

register!(Exp);
