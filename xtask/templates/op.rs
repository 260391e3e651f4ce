//! FILL IN: the name, and the equation: `y = x`.

use tenon_shape::Shape;

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Tensor, Value, Vjp};

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// FILL IN: the name and the equation, `y = x`, elementwise.
    ///
    /// # Shapes
    /// `x: S → S`
    ///
    /// # Gradient
    /// FILL IN: `dx = dy`, its value at a kink, and what is kept.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2,)> = Tensor::from([1.0, 2.0]);
    /// assert_eq!(x.example_name().to_vec(), [f32::NAN, f32::NAN]); // FILL IN
    /// ```
    pub fn example_name(self) -> Self {
        Tensor { shape: self.shape, value: ExampleName.on([self.value]) }
    }
}

/// The operation of [`Tensor::example_name`].
#[derive(Clone, Copy, Debug)]
pub struct ExampleName;

impl Op<1> for ExampleName {
    const NAME: &'static str = "example_name";
    const READS: Reads<1> = Reads::NOTHING;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        // FILL IN: call a kernel for what is not a map of one number.
        x.map(|x| x)
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        // FILL IN: with other operations; `READS` declares what `at` holds.
        [Some(at.dy)]
    }
}

impl Proof<1> for ExampleName {
    const PROVES: &'static str = "example_name";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        (ExampleName, [draw.any_dims()])
    }

    fn domains(&self) -> [Domain; 1] {
        [Domain::Within(-2.0, 2.0)]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        ExampleName.on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        // FILL IN: the equation, one number at a time. Nothing agrees with NaN.
        x.map(|_| f64::NAN)
    }
}

register!(ExampleName);
