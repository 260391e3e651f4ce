//! Hyperbolic tangent: `y = tanh x = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)`.

use tenon_kernels::vector;
use tenon_shape::Shape;

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Tensor, Value, Vjp};

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// Hyperbolic tangent: `y = tanh x = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)`, elementwise.
    ///
    /// # Shapes
    /// `x: S → S`
    ///
    /// # Gradient
    /// `dx = dy · (1 − y²)`. Keeps the result.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2,)> = Tensor::from([0.0, 100.0]);
    /// assert_eq!(x.tanh().to_vec(), [0.0, 1.0]);
    /// ```
    pub fn tanh(self) -> Self {
        Tensor { shape: self.shape, value: Tanh.on([self.value]) }
    }
}

/// The operation of [`Tensor::tanh`].
#[derive(Clone, Copy, Debug)]
pub struct Tanh;

impl Op<1> for Tanh {
    const NAME: &'static str = "tanh";
    const READS: Reads<1> = Reads::OUTPUT;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        x.map_slices(vector::tanh, vector::tanh_mut)
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        [Some(at.dy.clone() - at.dy.clone() * at.output() * at.output())]
    }
}

impl Proof<1> for Tanh {
    const PROVES: &'static str = "tanh";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        (Tanh, [draw.any_dims()])
    }

    fn domains(&self) -> [Domain; 1] {
        [Domain::Within(-2.0, 2.0)]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        Tanh.on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        x.map(f64::tanh)
    }
}

register!(Tanh);
