//! Logistic sigmoid: `y = 1 / (1 + e⁻ˣ)`.

use tenon_kernels::vector;
use tenon_shape::Shape;

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Tensor, Value, Vjp};

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// Logistic sigmoid: `y = 1 / (1 + e⁻ˣ)`, elementwise.
    ///
    /// # Shapes
    /// `x: S → S`
    ///
    /// # Gradient
    /// `dx = dy · y (1 − y)`. Keeps the result.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2,)> = Tensor::from([0.0, -1000.0]);
    /// assert_eq!(x.sigmoid().to_vec(), [0.5, 0.0]);
    /// ```
    pub fn sigmoid(self) -> Self {
        Tensor { shape: self.shape, value: Sigmoid.on([self.value]) }
    }
}

/// The operation of [`Tensor::sigmoid`].
#[derive(Clone, Copy, Debug)]
pub struct Sigmoid;

impl Op<1> for Sigmoid {
    const NAME: &'static str = "sigmoid";
    const READS: Reads<1> = Reads::OUTPUT;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        x.map_slices(vector::sigmoid, vector::sigmoid_mut)
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        [Some(at.dy.clone() * at.output() - at.dy.clone() * at.output() * at.output())]
    }
}

impl Proof<1> for Sigmoid {
    const PROVES: &'static str = "sigmoid";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        (Sigmoid, [draw.any_dims()])
    }

    fn domains(&self) -> [Domain; 1] {
        [Domain::Within(-3.0, 3.0)]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        Sigmoid.on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        x.map(|x| 1.0 / (1.0 + (-x).exp()))
    }
}

register!(Sigmoid);
