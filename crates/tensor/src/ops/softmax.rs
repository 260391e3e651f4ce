//! Probabilities from scores along an axis.

use tenon_kernels::{reduce, softmax};
use tenon_shape::{Axis, Shape};

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Fused, Reads, Tensor, Value, Vjp};

use super::exp::Exp;
use super::max::Max;
use super::sum::Sum;
use crate::Op;

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// Softmax along axis `I`: `yᵢ = exp(xᵢ) / Σⱼ exp(xⱼ)`.
    ///
    /// The largest score is subtracted first, so that `exp` cannot overflow.
    ///
    /// # Shapes
    /// `x: S → S`
    ///
    /// # Gradient
    /// `dx = y · (dy − Σⱼ dyⱼ yⱼ)`. Keeps the result.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U1, U2)> = Tensor::from([[1000.0, 1000.0]]);
    /// assert_eq!(x.softmax::<1>().to_vec(), [0.5, 0.5]);
    /// ```
    pub fn softmax<const I: usize>(self) -> Self
    where
        S: Axis<I>,
    {
        Tensor { shape: self.shape, value: Softmax { axis: I }.on([self.value]) }
    }
}

/// The operation of [`Tensor::softmax`].
#[derive(Clone, Copy, Debug)]
pub struct Softmax {
    /// The axis along which the results sum to one.
    pub axis: usize,
}

/// `x` less its largest element along `axis`: softmax does not change, and `exp` cannot overflow.
pub(super) fn centered<B: Backend>(x: Value<B>, axis: usize) -> Value<B> {
    let dims = x.dims();
    // The shift is a constant, since nothing depends on it.
    let x_plain: Value<crate::Cpu<B::Elem>> = Value::constant(x.array().clone());
    let largest = Max { axis }.on([x_plain]).reshaped(dims.with(axis, 1)).expanded(dims);
    x - Value::constant(largest.array().clone())
}

/// The sum along an axis, repeated along it.
pub(super) fn spread_sum<B: Backend>(x: Value<B>, axis: usize) -> Value<B> {
    let dims = x.dims();
    Sum { axis }.on([x]).reshaped(dims.with(axis, 1)).expanded(dims)
}

impl Fused<1> for Softmax {
    const NAME: &'static str = "softmax";
    const READS: Reads<1> = Reads::OUTPUT;
    type Kept<E: Element> = ();

    fn definition<B: Backend>(&self, [x]: [Value<B>; 1]) -> Value<B> {
        let e = Exp.on([centered(x, self.axis)]);
        e.clone() / spread_sum(e, self.axis)
    }

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> (Array<E>, ()) {
        let x = x.contiguous();
        let numbers = x.as_slice().expect("contiguous");
        (Array::write(x.dims(), |out| softmax::softmax(numbers, reduce::Axis::of(&x.dims(), self.axis), out)), ())
    }

    fn flops(&self, args: &[Dims; 1], _: Dims) -> u64 {
        // Maximum, difference, exponential, sum and quotient for each element.
        5 * args[0].numel() as u64
    }

    fn backward<E: Element>(&self, at: Vjp<Array<E>, 1>, (): &()) -> [Option<Array<E>>; 1] {
        let axis = reduce::Axis::of(&at.dims(0), self.axis);
        let (y, dy) = (at.output().contiguous(), at.dy.clone().contiguous());
        let (y, dy) = (y.as_slice().expect("contiguous"), dy.as_slice().expect("contiguous"));
        [Some(Array::write(at.dims(0), |dx| softmax::softmax_backward(y, dy, axis, dx)))]
    }
}

impl Proof<1> for Softmax {
    const PROVES: &'static str = "softmax";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let (dims, axis) = draw.dims_and_axis();
        (Softmax { axis }, [dims])
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
        Naive::from_fn(x.dims, |index| x.at(index).exp() / sum_exp(x, index, self.axis))
    }
}

/// `Σⱼ exp(xⱼ)` over the axis through an index.
pub(super) fn sum_exp(x: &Naive, index: &[usize], axis: usize) -> f64 {
    let mut along = index.to_vec();
    (0..x.dims[axis])
        .map(|i| {
            along[axis] = i;
            x.at(&along).exp()
        })
        .sum()
}

register!(Softmax);
