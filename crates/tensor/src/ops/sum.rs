//! Sums over one axis or over all elements.

use tenon_kernels::reduce;
use tenon_shape::typenum::U1;
use tenon_shape::{Axis, Shape};

use crate::proof::{Draw, Naive, Proof, for_each_index, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Tensor, Value, Vjp};

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// The sum over axis `I`, which disappears: `yⱼ = Σᵢ xᵢⱼ`.
    ///
    /// The order of summation depends on the sizes only, so every number of threads gives the same
    /// bits.
    ///
    /// # Shapes
    /// `x: S → S without axis I`
    ///
    /// # Gradient
    /// `dx` is `dy` repeated along the axis. Keeps nothing.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2, U3)> = Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// assert_eq!(x.sum::<1>().to_vec(), [6.0, 15.0]);
    /// ```
    pub fn sum<const I: usize>(&self) -> Tensor<S::Remove, B>
    where
        S: Axis<I>,
    {
        Tensor { shape: self.shape.remove(), value: Sum { axis: I }.on([self.value.clone()]) }
    }

    /// The sum over axis `I`, which stays with size 1.
    pub fn sum_keep<const I: usize>(&self) -> Tensor<S::Replace<U1>, B>
    where
        S: Axis<I>,
    {
        let value = Sum { axis: I }.on([self.value.clone()]);
        let dims = value.dims().inserted(I, 1);
        Tensor { shape: self.shape.replace(U1::new()), value: value.reshaped(dims) }
    }

    /// The sum of all elements.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2, U2)> = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.sum_all().item(), 10.0);
    /// ```
    pub fn sum_all(&self) -> Tensor<(), B> {
        Tensor { shape: (), value: sum_all(self.value.clone()) }
    }
}

/// The sum of all elements of a value.
pub fn sum_all<B: Backend>(x: Value<B>) -> Value<B> {
    let n = x.dims().numel();
    Sum { axis: 0 }.on([x.reshaped(Dims::new(&[n]))])
}

/// The operation of [`Tensor::sum`].
#[derive(Clone, Copy, Debug)]
pub struct Sum {
    /// The axis to sum over.
    pub axis: usize,
}

pub(crate) fn sum_axis<E: Element>(x: Array<E>, axis: usize) -> Array<E> {
    let dims = x.dims();
    let x = x.contiguous();
    let numbers = x.as_slice().expect("contiguous");
    Array::write(dims.without(axis), |out| reduce::sum(numbers, reduce::Axis::of(&dims, axis), out))
}

impl Op<1> for Sum {
    const NAME: &'static str = "sum";
    const READS: Reads<1> = Reads::NOTHING;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        sum_axis(x, self.axis)
    }

    fn flops(&self, args: &[Dims; 1], _: Dims) -> u64 {
        args[0].numel() as u64
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        let dims = at.dims(0);
        [Some(at.dy.reshaped(dims.with(self.axis, 1)).expanded(dims))]
    }
}

impl Proof<1> for Sum {
    const PROVES: &'static str = "sum";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let (dims, axis) = draw.dims_and_axis();
        (Sum { axis }, [dims])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        self.on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        let mut sum = Naive::zeros(x.dims.without(self.axis));
        for_each_index(x.dims, |index| {
            let mut target = index.to_vec();
            target.remove(self.axis);
            *sum.at_mut(&target) += x.at(index);
        });
        sum
    }
}

register!(Sum);
