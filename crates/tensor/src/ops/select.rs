//! Elements of one tensor or another, by a mask.

use std::sync::Arc;

use tenon_shape::{SameShape, Shape};

use crate::proof::{Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Mask, Op, Reads, Tensor, Value, Vjp};

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// This tensor's elements where the mask is set, the other's elsewhere:
    /// `z = x if mask else y`; `torch.where`.
    ///
    /// # Shapes
    /// `mask: S, x: S, y: S → S`
    ///
    /// # Gradient
    /// `dx` is `dz` where the mask is set and 0 elsewhere; `dy` the reverse. Keeps the mask. What
    /// is not selected gets no gradient, even where it is NaN.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2,)> = Tensor::from([1.0, -3.0]);
    /// let zeros = Tensor::<(U2,)>::zeros();
    /// let relu = x.select(&x.gt(&zeros), &zeros);
    /// assert_eq!(relu.to_vec(), [1.0, 0.0]);
    /// ```
    pub fn select<M: Shape, R: Shape>(&self, mask: &Mask<M>, other: &Tensor<R, B>) -> Self
    where
        S: SameShape<M> + SameShape<R>,
    {
        self.shape.check_same(&mask.shape(), "select");
        self.shape.check_same(&other.shape, "select");
        let select = Select { mask: mask.shared() };
        Tensor { shape: self.shape, value: select.on([self.value.clone(), other.value.clone()]) }
    }
}

/// The operation of [`Tensor::select`].
#[derive(Clone, Debug)]
pub struct Select {
    /// Where the first argument is taken, in row-major order.
    pub mask: Arc<[bool]>,
}

impl Op<2> for Select {
    const NAME: &'static str = "select";
    const READS: Reads<2> = Reads::NOTHING;

    fn forward<E: Element>(&self, [x, y]: [Array<E>; 2]) -> Array<E> {
        let dims = x.dims();
        let row_major = dims.row_major();
        let mask = tenon_kernels::View::new(&self.mask, 0, &dims, row_major.of_rank(dims.len()));
        Array::write(dims, |out| {
            tenon_kernels::elementwise::zip3(mask, x.view(), y.view(), out, |mask, x, y| if mask { x } else { y });
        })
    }

    fn flops(&self, _: &[Dims; 2], _: Dims) -> u64 {
        0
    }

    fn kept_bytes(&self) -> usize {
        self.mask.len()
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 2>) -> [Option<Value<B>>; 2] {
        let zeros = at.dy.full_like(0.0);
        [
            at.wrt(0, |at| self.clone().on([at.dy.clone(), zeros.clone()])),
            at.wrt(1, |at| self.clone().on([zeros.clone(), at.dy.clone()])),
        ]
    }
}

impl Proof<2> for Select {
    const PROVES: &'static str = "select";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 2]) {
        let dims = draw.any_dims();
        let mask = (0..dims.numel()).map(|_| draw.below(2) == 1).collect();
        (Select { mask }, [dims; 2])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 2]) -> Value<B> {
        self.clone().on(args)
    }

    fn oracle(&self, [x, y]: [&Naive; 2]) -> Naive {
        let pick = |(i, &mask): (usize, &bool)| if mask { x.data[i] } else { y.data[i] };
        Naive { dims: x.dims, data: self.mask.iter().enumerate().map(pick).collect() }
    }
}

register!(Select);
