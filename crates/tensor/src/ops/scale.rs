//! Multiplication by a fixed number: `y = a x`.

use tenon_shape::Shape;

use crate::proof::{Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Tensor, Value, Vjp};

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// Multiplication by a fixed number: `y = a x`, elementwise; also the operator `x * a`.
    ///
    /// # Shapes
    /// `x: S → S`
    ///
    /// # Gradient
    /// `dx = a · dy`. Keeps nothing.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2,)> = Tensor::from([1.0, -2.0]);
    /// assert_eq!(x.scale(0.5).to_vec(), [0.5, -1.0]);
    /// ```
    pub fn scale(self, factor: f64) -> Self {
        Tensor { shape: self.shape, value: Scale { factor }.on([self.value]) }
    }
}

/// The operation of [`Tensor::scale`].
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// The number to multiply by.
    pub factor: f64,
}

impl Op<1> for Scale {
    const NAME: &'static str = "scale";
    const READS: Reads<1> = Reads::NOTHING;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        let factor = E::from_f64(self.factor);
        x.map(move |x| x * factor)
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        [Some(at.dy.scaled(self.factor))]
    }
}

impl Proof<1> for Scale {
    const PROVES: &'static str = "scale";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        (Scale { factor: draw.one_of(&[-1.5, 0.0, 0.25, 3.0]) }, [draw.any_dims()])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        self.on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        x.map(|x| x * self.factor)
    }
}

register!(Scale);
