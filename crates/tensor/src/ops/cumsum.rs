//! Running sums along an axis.

use tenon_kernels::reduce;
use tenon_kernels::running_sum::running_sum;
use tenon_shape::{Axis, Shape};

use crate::proof::{Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Tensor, Value, Vjp};

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// The running sum along axis `I`: `yᵢ = Σⱼ≤ᵢ xⱼ`.
    ///
    /// # Shapes
    /// `x: S → S`
    ///
    /// # Gradient
    /// `dxⱼ = Σᵢ≥ⱼ dyᵢ`: the running sum from the other end. Keeps nothing.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U3,)> = Tensor::from([1.0, 2.0, 3.0]);
    /// assert_eq!(x.cumsum::<0>().to_vec(), [1.0, 3.0, 6.0]);
    /// ```
    pub fn cumsum<const I: usize>(self) -> Self
    where
        S: Axis<I>,
    {
        let sum = CumulativeSum { axis: I, from_end: false };
        Tensor { shape: self.shape, value: sum.on([self.value]) }
    }
}

/// The operation of [`Tensor::cumsum`].
#[derive(Clone, Copy, Debug)]
pub struct CumulativeSum {
    /// The axis.
    pub axis: usize,
    /// Whether the sum runs from the last element to the first.
    pub from_end: bool,
}

impl Op<1> for CumulativeSum {
    const NAME: &'static str = "cumsum";
    const READS: Reads<1> = Reads::NOTHING;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        let x = x.contiguous();
        let numbers = x.as_slice().expect("contiguous");
        let axis = reduce::Axis::of(&x.dims(), self.axis);
        Array::write(x.dims(), |sums| running_sum(numbers, axis, self.from_end, sums))
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        [Some(CumulativeSum { axis: self.axis, from_end: !self.from_end }.on([at.dy]))]
    }
}

impl Proof<1> for CumulativeSum {
    const PROVES: &'static str = "cumsum";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let (dims, axis) = draw.dims_and_axis();
        (CumulativeSum { axis, from_end: draw.below(2) == 1 }, [dims])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        self.on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        Naive::from_fn(x.dims, |index| {
            let (i, size) = (index[self.axis], x.dims[self.axis]);
            let terms = if self.from_end { i..size } else { 0..i + 1 };
            let mut source = index.to_vec();
            terms
                .map(|j| {
                    source[self.axis] = j;
                    x.at(&source)
                })
                .sum()
        })
    }
}

register!(CumulativeSum);
