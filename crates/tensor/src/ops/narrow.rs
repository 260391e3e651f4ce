//! A range of an axis, and its transpose.

use tenon_shape::typenum::Unsigned;
use tenon_shape::{Axis, Dyn, Narrow as NarrowShape, Shape, StaticDim};

use crate::proof::{Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Tensor, Value, Vjp};

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// The elements `Start .. Start + Len` along axis `I`. A view: nothing is copied.
    ///
    /// # Shapes
    /// `x: S → S with axis I of size Len`; the range is checked by the compiler.
    ///
    /// # Gradient
    /// `dx` is `dy` in its place among zeros. Keeps nothing.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2, U3)> = Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// let y: Tensor<(U2, U2)> = x.narrow::<1, U1, U2>();
    /// assert_eq!(y.to_vec(), [2.0, 3.0, 5.0, 6.0]);
    /// ```
    pub fn narrow<const I: usize, Start: Unsigned, Len: StaticDim>(&self) -> Tensor<S::Replace<Len>, B>
    where
        S: Axis<I>,
        S::Dim: NarrowShape<Start, Len>,
    {
        let len = self.shape.dim().narrow();
        let value = Narrow { axis: I, start: Start::USIZE, len: Len::N }.on([self.value.clone()]);
        Tensor { shape: self.shape.replace(len), value }
    }

    /// The elements `start .. start + len` along axis `I`, with the range known at run time.
    ///
    /// # Panics
    /// When the range ends beyond the axis, as slice indexing does.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2, U3)> = Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// let y: Tensor<(U2, Dyn)> = x.slice::<1>(0, 2);
    /// assert_eq!(y.to_vec(), [1.0, 2.0, 4.0, 5.0]);
    /// ```
    pub fn slice<const I: usize>(&self, start: usize, len: usize) -> Tensor<S::Replace<Dyn>, B>
    where
        S: Axis<I>,
    {
        let value = Narrow { axis: I, start, len }.on([self.value.clone()]);
        Tensor { shape: self.shape.replace(Dyn(len)), value }
    }
}

/// The operation of [`Tensor::narrow`].
#[derive(Clone, Copy, Debug)]
pub struct Narrow {
    /// The axis.
    pub axis: usize,
    /// The first index of the range.
    pub start: usize,
    /// The length of the range.
    pub len: usize,
}

impl Op<1> for Narrow {
    const NAME: &'static str = "narrow";
    const READS: Reads<1> = Reads::NOTHING;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        x.narrowed(self.axis, self.start, self.len)
    }

    fn flops(&self, _: &[Dims; 1], _: Dims) -> u64 {
        0
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        let size = at.dims(0)[self.axis];
        [Some(Embed { axis: self.axis, start: self.start, size }.on([at.dy]))]
    }
}

/// The argument in its place along an axis, among zeros: the transpose of [`Narrow`].
#[derive(Clone, Copy, Debug)]
pub struct Embed {
    /// The axis.
    pub axis: usize,
    /// Where the argument starts.
    pub start: usize,
    /// The size of the axis in the result.
    pub size: usize,
}

impl Op<1> for Embed {
    const NAME: &'static str = "embed";
    const READS: Reads<1> = Reads::NOTHING;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        let dims = x.dims().with(self.axis, self.size);
        let (_, size, inner) = dims.around(self.axis);
        let len = x.dims()[self.axis];
        let x = x.contiguous();
        let numbers = x.as_slice().expect("contiguous");
        Array::write(dims, |out| {
            out.fill(E::ZERO);
            if len * inner > 0 {
                let rows = out.chunks_exact_mut(size * inner).zip(numbers.chunks_exact(len * inner));
                rows.for_each(|(out, row)| out[self.start * inner..(self.start + len) * inner].copy_from_slice(row));
            }
        })
    }

    fn flops(&self, _: &[Dims; 1], _: Dims) -> u64 {
        0
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        let len = at.dims(0)[self.axis];
        [Some(Narrow { axis: self.axis, start: self.start, len }.on([at.dy]))]
    }
}

impl Proof<1> for Narrow {
    const PROVES: &'static str = "narrow";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let (dims, axis) = draw.dims_and_axis();
        let len = draw.between(1, dims[axis]);
        (Narrow { axis, start: draw.below(dims[axis] - len + 1), len }, [dims])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        self.on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        Naive::from_fn(x.dims.with(self.axis, self.len), |index| {
            let mut source = index.to_vec();
            source[self.axis] += self.start;
            x.at(&source)
        })
    }
}

impl Proof<1> for Embed {
    const PROVES: &'static str = "embed";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let (dims, axis) = draw.dims_and_axis();
        let (before, after) = (draw.below(3), draw.below(3));
        (Embed { axis, start: before, size: before + dims[axis] + after }, [dims])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        self.on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        Naive::from_fn(x.dims.with(self.axis, self.size), |index| {
            let mut source = index.to_vec();
            match index[self.axis].checked_sub(self.start) {
                Some(i) if i < x.dims[self.axis] => source[self.axis] = i,
                _ => return 0.0,
            }
            x.at(&source)
        })
    }
}

register!(Narrow, Embed);
