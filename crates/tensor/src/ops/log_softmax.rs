//! Logarithms of probabilities from scores along an axis.

use tenon_kernels::{reduce, softmax};
use tenon_shape::{Axis, Shape};

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Fused, Op, Reads, Tensor, Value, Vjp};

use super::exp::Exp;
use super::ln::Ln;
use super::softmax::{centered, spread_sum, sum_exp};

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// The logarithm of softmax along axis `I`: `yᵢ = xᵢ − ln Σⱼ exp(xⱼ)`.
    ///
    /// Accurate where softmax itself would round to 0.
    ///
    /// # Shapes
    /// `x: S → S`
    ///
    /// # Gradient
    /// `dx = dy − exp(y) Σⱼ dyⱼ`. Keeps the result.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U1, U2)> = Tensor::from([[0.0, 1000.0]]);
    /// assert_eq!(x.log_softmax::<1>().to_vec(), [-1000.0, 0.0]);
    /// ```
    pub fn log_softmax<const I: usize>(self) -> Self
    where
        S: Axis<I>,
    {
        Tensor { shape: self.shape, value: LogSoftmax { axis: I }.on([self.value]) }
    }
}

/// The operation of [`Tensor::log_softmax`].
#[derive(Clone, Copy, Debug)]
pub struct LogSoftmax {
    /// The axis along which the exponentials of the results sum to one.
    pub axis: usize,
}

impl Fused<1> for LogSoftmax {
    const NAME: &'static str = "log_softmax";
    const READS: Reads<1> = Reads::OUTPUT;
    type Kept<E: Element> = ();

    fn definition<B: Backend>(&self, [x]: [Value<B>; 1]) -> Value<B> {
        let z = centered(x, self.axis);
        z.clone() - Ln.on([spread_sum(Exp.on([z]), self.axis)])
    }

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> (Array<E>, ()) {
        let x = x.contiguous();
        let numbers = x.as_slice().expect("contiguous");
        (Array::write(x.dims(), |out| softmax::log_softmax(numbers, reduce::Axis::of(&x.dims(), self.axis), out)), ())
    }

    fn flops(&self, args: &[Dims; 1], _: Dims) -> u64 {
        // Maximum, difference, exponential, sum and difference for each element.
        5 * args[0].numel() as u64
    }

    fn backward<E: Element>(&self, at: Vjp<Array<E>, 1>, (): &()) -> [Option<Array<E>>; 1] {
        let axis = reduce::Axis::of(&at.dims(0), self.axis);
        let (y, dy) = (at.output().contiguous(), at.dy.clone().contiguous());
        let (y, dy) = (y.as_slice().expect("contiguous"), dy.as_slice().expect("contiguous"));
        [Some(Array::write(at.dims(0), |dx| softmax::log_softmax_backward(y, dy, axis, dx)))]
    }
}

impl Proof<1> for LogSoftmax {
    const PROVES: &'static str = "log_softmax";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let (dims, axis) = draw.dims_and_axis();
        (LogSoftmax { axis }, [dims])
    }

    fn domains(&self) -> [Domain; 1] {
        [Domain::Within(-3.0, 3.0)]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        self.on(args)
    }

    fn definition<B: Backend>(&self, args: [Value<B>; 1]) -> Option<Value<B>> {
        Some(Fused::definition(self, args))
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        Naive::from_fn(x.dims, |index| x.at(index) - sum_exp(x, index, self.axis).ln())
    }
}

register!(LogSoftmax);
