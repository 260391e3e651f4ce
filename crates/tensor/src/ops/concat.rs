//! Two tensors joined along an axis.

use tenon_kernels::threads::parallel_chunks_mut;
use tenon_kernels::{View, elementwise};
use tenon_shape::{Concat as ConcatShape, Shape};

use crate::proof::{Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Tensor, Value, Vjp};

use super::narrow::Narrow;

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// This tensor followed by another along axis `I`.
    ///
    /// # Shapes
    /// `x: S, y: S but for axis I → S with axis I of size Sᵢ + Rᵢ`
    ///
    /// # Gradient
    /// `dx` and `dy` are the two parts of `dz`. Keeps nothing.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U1, U2)> = Tensor::from([[1.0, 2.0]]);
    /// let y: Tensor<(U1, U1)> = Tensor::from([[3.0]]);
    /// let z: Tensor<(U1, U3)> = x.concat::<1, _>(&y);
    /// assert_eq!(z.to_vec(), [1.0, 2.0, 3.0]);
    /// ```
    pub fn concat<const I: usize, R: Shape>(&self, other: &Tensor<R, B>) -> Tensor<S::Output, B>
    where
        S: ConcatShape<I, R>,
    {
        let shape = self.shape.concat(&other.shape);
        Tensor { shape, value: Concat { axis: I }.on([self.value.clone(), other.value.clone()]) }
    }
}

/// About how many elements a task copies.
const BLOCK: usize = 16 * 1024;

/// The operation of [`Tensor::concat`], for any number of arguments.
#[derive(Clone, Copy, Debug)]
pub struct Concat {
    /// The axis along which the arguments follow each other.
    pub axis: usize,
}

impl<const N: usize> Op<N> for Concat {
    const NAME: &'static str = "concat";
    const READS: Reads<N> = Reads::NOTHING;

    fn forward<E: Element>(&self, args: [Array<E>; N]) -> Array<E> {
        let size = args.iter().map(|arg| arg.dims()[self.axis]).sum();
        let dims = args[0].dims().with(self.axis, size);
        let (outer, size, inner) = dims.around(self.axis);
        let lens = args.each_ref().map(|arg| arg.dims()[self.axis] * inner);
        let args = args.map(Array::contiguous);
        let args = args.each_ref().map(|arg| arg.as_slice().expect("contiguous"));
        Array::write(dims, |out| {
            if outer == 1 {
                let mut rest = out;
                for arg in args {
                    let (part, behind) = rest.split_at_mut(arg.len());
                    elementwise::copy(View::flat(arg), part);
                    rest = behind;
                }
                return;
            }
            let rows = (BLOCK / (size * inner).max(1)).max(1);
            parallel_chunks_mut(out, rows * size * inner, |task, out| {
                for (i, mut row) in out.chunks_exact_mut(size * inner).enumerate() {
                    for (arg, len) in args.iter().zip(lens) {
                        let (part, behind) = row.split_at_mut(len);
                        part.copy_from_slice(&arg[(task * rows + i) * len..][..len]);
                        row = behind;
                    }
                }
            });
        })
    }

    fn flops(&self, _: &[Dims; N], _: Dims) -> u64 {
        0
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, N>) -> [Option<Value<B>>; N] {
        let mut start = 0;
        std::array::from_fn(|i| {
            let len = at.dims(i)[self.axis];
            let part = Narrow { axis: self.axis, start, len };
            start += len;
            at.wrt(i, |at| part.on([at.dy.clone()]))
        })
    }
}

impl Proof<2> for Concat {
    const PROVES: &'static str = "concat";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 2]) {
        let (dims, axis) = draw.dims_and_axis();
        let other = dims.with(axis, draw.size());
        (Concat { axis }, [dims, other])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 2]) -> Value<B> {
        self.on(args)
    }

    fn oracle(&self, [x, y]: [&Naive; 2]) -> Naive {
        let first = x.dims[self.axis];
        Naive::from_fn(x.dims.with(self.axis, first + y.dims[self.axis]), |index| {
            let mut source = index.to_vec();
            match index[self.axis].checked_sub(first) {
                None => x.at(&source),
                Some(i) => {
                    source[self.axis] = i;
                    y.at(&source)
                }
            }
        })
    }
}

register!(Concat);
