//! A range of an axis replaced.

use tenon_shape::{Axis, Dim, Shape};

use crate::proof::{Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Tensor, Value, Vjp};

use super::narrow::Narrow;

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// This tensor with the range of axis `I` that begins at `start` replaced by `source`. In place
    /// where this is the only handle to the numbers.
    ///
    /// # Shapes
    /// `x: S, source: S but for axis I → S`
    ///
    /// # Gradient
    /// `dx` is `dy` with zeros in the range, `dsource` the range of `dy`. Keeps nothing.
    ///
    /// # Panics
    /// When the range reaches beyond the axis.
    ///
    /// # Source
    /// PyTorch's `slice_scatter`; JAX's `dynamic_update_slice_in_dim`.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U1, U4)> = Tensor::zeros();
    /// let source: Tensor<(U1, U2)> = Tensor::from([[5.0, 6.0]]);
    /// assert_eq!(x.slice_scatter::<1, _>(&source, 1).to_vec(), [0.0, 5.0, 6.0, 0.0]);
    /// ```
    pub fn slice_scatter<const I: usize, D: Dim>(
        self,
        source: &Tensor<S::Replace<D>, B>,
        start: usize,
    ) -> Tensor<S, B>
    where
        S: Axis<I>,
    {
        let value = SliceScatter { axis: I, start }.on([self.value, source.value.clone()]);
        Tensor { shape: self.shape, value }
    }
}

/// The operation of [`Tensor::slice_scatter`].
#[derive(Clone, Copy, Debug)]
pub struct SliceScatter {
    /// The axis.
    pub axis: usize,
    /// Where the range begins.
    pub start: usize,
}

impl Op<2> for SliceScatter {
    const NAME: &'static str = "slice_scatter";
    const READS: Reads<2> = Reads::NOTHING;

    fn forward<E: Element>(&self, [mut x, source]: [Array<E>; 2]) -> Array<E> {
        let (dims, len) = (x.dims(), source.dims()[self.axis]);
        assert_eq!(source.dims().with(self.axis, dims[self.axis]), dims, "dims of a part and of the whole");
        let end = self.start + len;
        assert!(end <= dims[self.axis], "range {}..{end} in an axis of {}", self.start, dims[self.axis]);
        let (_, size, inner) = dims.around(self.axis);
        let source = source.contiguous();
        let numbers = source.as_slice().expect("contiguous");
        if len * inner > 0 {
            let rows = x.make_mut().chunks_exact_mut(size * inner).zip(numbers.chunks_exact(len * inner));
            rows.for_each(|(x, row)| x[self.start * inner..end * inner].copy_from_slice(row));
        }
        x
    }

    fn flops(&self, _: &[Dims; 2], _: Dims) -> u64 {
        0
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 2>) -> [Option<Value<B>>; 2] {
        let (axis, start, len) = (self.axis, self.start, at.dims(1)[self.axis]);
        let source = at.wrt(1, |at| Narrow { axis, start, len }.on([at.dy.clone()]));
        let x = at.wrt(0, |at| {
            let zeros = Narrow { axis, start, len }.on([at.dy.clone()]).full_like(0.0);
            self.on([at.dy.clone(), zeros])
        });
        [x, source]
    }
}

impl Proof<2> for SliceScatter {
    const PROVES: &'static str = "slice_scatter";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 2]) {
        let (dims, axis) = draw.dims_and_axis();
        let len = draw.between(1, dims[axis]);
        (SliceScatter { axis, start: draw.below(dims[axis] - len + 1) }, [dims, dims.with(axis, len)])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 2]) -> Value<B> {
        self.on(args)
    }

    fn oracle(&self, [x, source]: [&Naive; 2]) -> Naive {
        Naive::from_fn(x.dims, |index| {
            let mut place = index.to_vec();
            match index[self.axis].checked_sub(self.start) {
                Some(i) if i < source.dims[self.axis] => place[self.axis] = i,
                _ => return x.at(index),
            }
            source.at(&place)
        })
    }
}

register!(SliceScatter);
