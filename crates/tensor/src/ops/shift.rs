//! Addition of a fixed number: `y = x + a`.

use tenon_shape::Shape;

use crate::proof::{Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Tensor, Value, Vjp};

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// Addition of a fixed number: `y = x + a`, elementwise; also the operator `x + a`.
    ///
    /// # Shapes
    /// `x: S → S`
    ///
    /// # Gradient
    /// `dx = dy`. Keeps nothing.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2,)> = Tensor::from([1.0, -2.0]);
    /// assert_eq!(x.shift(0.5).to_vec(), [1.5, -1.5]);
    /// ```
    pub fn shift(self, offset: f64) -> Self {
        Tensor { shape: self.shape, value: Shift { offset }.on([self.value]) }
    }
}

/// The operation of [`Tensor::shift`].
#[derive(Clone, Copy, Debug)]
pub struct Shift {
    /// The number to add.
    pub offset: f64,
}

impl Op<1> for Shift {
    const NAME: &'static str = "shift";
    const READS: Reads<1> = Reads::NOTHING;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        let offset = E::from_f64(self.offset);
        x.map(move |x| x + offset)
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        [Some(at.dy)]
    }
}

impl Proof<1> for Shift {
    const PROVES: &'static str = "shift";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        (Shift { offset: draw.one_of(&[-1.5, 0.0, 0.25, 3.0]) }, [draw.any_dims()])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        self.on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        x.map(|x| x + self.offset)
    }
}

register!(Shift);
