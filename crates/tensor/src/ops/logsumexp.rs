//! The logarithm of a sum of exponentials: a smooth maximum.

use tenon_kernels::reduce;
use tenon_kernels::softmax::{log_sum_exp, log_sum_exp_backward};
use tenon_shape::{Axis, Shape};

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Fused, Op, Reads, Tensor, Value, Vjp};

use super::exp::Exp;
use super::ln::Ln;
use super::max::Max;
use super::softmax::sum_exp;
use super::sum::Sum;

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// The logarithm of the sum of exponentials along axis `I`, which disappears:
    /// `y = ln Σᵢ exp(xᵢ)`.
    ///
    /// The largest element is subtracted first, so that `exp` cannot overflow.
    ///
    /// # Shapes
    /// `x: S → S without axis I`
    ///
    /// # Gradient
    /// `dxᵢ = dy exp(xᵢ − y)`, the softmax. Keeps argument and result.
    ///
    /// # Panics
    /// When the axis has size 0.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U1, U2)> = Tensor::from([[1000.0, 1000.0]]);
    /// assert_eq!(x.logsumexp::<1>().to_vec(), [1000.0 + 2f32.ln()]);
    /// ```
    pub fn logsumexp<const I: usize>(self) -> Tensor<S::Remove, B>
    where
        S: Axis<I>,
    {
        Tensor { shape: self.shape.remove(), value: LogSumExp { axis: I }.on([self.value]) }
    }
}

/// The operation of [`Tensor::logsumexp`].
#[derive(Clone, Copy, Debug)]
pub struct LogSumExp {
    /// The axis.
    pub axis: usize,
}

impl Fused<1> for LogSumExp {
    const NAME: &'static str = "logsumexp";
    const READS: Reads<1> = Reads { args: [true], output: true };
    type Kept<E: Element> = ();

    fn definition<B: Backend>(&self, [x]: [Value<B>; 1]) -> Value<B> {
        let dims = x.dims();
        // The shift is a constant, since nothing depends on it.
        let plain: Value<crate::Cpu<B::Elem>> = Value::constant(x.array().clone());
        let largest = Max { axis: self.axis }.on([plain]);
        let spread = largest.clone().reshaped(dims.with(self.axis, 1)).expanded(dims);
        let centered = x - Value::constant(spread.array().clone());
        Ln.on([Sum { axis: self.axis }.on([Exp.on([centered])])]) + Value::constant(largest.array().clone())
    }

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> (Array<E>, ()) {
        let axis = reduce::Axis::of(&x.dims(), self.axis);
        let dims = x.dims().without(self.axis);
        let x = x.contiguous();
        (Array::write(dims, |y| log_sum_exp(x.as_slice().expect("contiguous"), axis, y)), ())
    }

    fn flops(&self, args: &[Dims; 1], _: Dims) -> u64 {
        // Maximum, difference, exponential and sum for each element.
        4 * args[0].numel() as u64
    }

    fn backward<E: Element>(&self, at: Vjp<Array<E>, 1>, (): &()) -> [Option<Array<E>>; 1] {
        let axis = reduce::Axis::of(&at.dims(0), self.axis);
        let [x, y, dy] = [at.arg(0), at.output(), at.dy.clone()].map(Array::contiguous);
        let [x, y, dy] = [&x, &y, &dy].map(|array| array.as_slice().expect("contiguous"));
        [Some(Array::write(at.dims(0), |dx| log_sum_exp_backward(x, y, dy, axis, dx)))]
    }
}

impl Proof<1> for LogSumExp {
    const PROVES: &'static str = "logsumexp";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let (dims, axis) = draw.dims_and_axis();
        (LogSumExp { axis }, [dims])
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
        Naive::from_fn(x.dims.without(self.axis), |index| {
            let mut first = index.to_vec();
            first.insert(self.axis, 0);
            sum_exp(x, &first, self.axis).ln()
        })
    }
}

register!(LogSumExp);
