//! Rectified linear unit: `y = max(x, 0)`.

use tenon_shape::Shape;

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Tensor, Value, Vjp};

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// Rectified linear unit: `y = max(x, 0)`, elementwise.
    ///
    /// # Shapes
    /// `x: S → S`
    ///
    /// # Gradient
    /// `dx = dy` where `x > 0`, else 0; at 0 it is 0, as in PyTorch. Keeps the result. NaN stays NaN.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2,)> = Tensor::from([1.0, -2.0]);
    /// assert_eq!(x.relu().to_vec(), [1.0, 0.0]);
    /// ```
    pub fn relu(self) -> Self {
        Tensor { shape: self.shape, value: Relu.on([self.value]) }
    }
}

/// The operation of [`Tensor::relu`].
#[derive(Clone, Copy, Debug)]
pub struct Relu;

impl Op<1> for Relu {
    const NAME: &'static str = "relu";
    const READS: Reads<1> = Reads::OUTPUT;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        // Written so that a NaN stays one.
        x.map(|x| if x < E::ZERO { E::ZERO } else { x })
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        [Some(StepTimes.on([at.output(), at.dy]))]
    }
}

impl Proof<1> for Relu {
    const PROVES: &'static str = "relu";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        (Relu, [draw.any_dims()])
    }

    fn domains(&self) -> [Domain; 1] {
        [Domain::AwayFromZero { gap: 0.05, bound: 2.0 }]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        Relu.on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        x.map(|x| x.max(0.0))
    }
}

/// `z = dy` where `y > 0`, else 0: the derivative of [`Relu`], linear in `dy` and flat in `y`.
#[derive(Clone, Copy, Debug)]
pub struct StepTimes;

impl Op<2> for StepTimes {
    const NAME: &'static str = "step_times";
    const READS: Reads<2> = Reads { args: [true, false], output: false };

    fn forward<E: Element>(&self, [y, dy]: [Array<E>; 2]) -> Array<E> {
        // With the sum it is another number: out of the choice of one that is already there, compilers
        // make a store under a mask, which is slow with AVX2.
        dy.zip(&y, |dy, y| if y > E::ZERO { dy + E::ZERO } else { E::ZERO })
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 2>) -> [Option<Value<B>>; 2] {
        let dy = at.wrt(1, |at| StepTimes.on([at.arg(0), at.dy.clone()]));
        [at.wrt(0, |at| at.dy.full_like(0.0)), dy]
    }
}

impl Proof<2> for StepTimes {
    const PROVES: &'static str = "step_times";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 2]) {
        (StepTimes, [draw.any_dims(); 2])
    }

    fn domains(&self) -> [Domain; 2] {
        [Domain::AwayFromZero { gap: 0.05, bound: 2.0 }, Domain::Within(-2.0, 2.0)]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 2]) -> Value<B> {
        StepTimes.on(args)
    }

    fn oracle(&self, [y, dy]: [&Naive; 2]) -> Naive {
        y.zip(dy, |y, dy| if y > 0.0 { dy } else { 0.0 })
    }
}

register!(Relu, StepTimes);
