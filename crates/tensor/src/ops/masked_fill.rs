//! A number in place of what a mask names.

use std::sync::Arc;

use tenon_shape::{SameShape, Shape};

use crate::proof::{Draw, Naive, Proof, register};
use crate::{Backend, Dims, Mask, Op, Tensor, Value};

use super::select::Select;

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// `number` where the mask is set, this tensor's elements elsewhere.
    ///
    /// # Shapes
    /// `x: S, mask: S → S`
    ///
    /// # Gradient
    /// `dx` is 0 where the mask is set and `dy` elsewhere, even where `x` or `number` is not
    /// finite. Keeps the mask.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let scores: Tensor<(U3,)> = Tensor::from([1.0, 2.0, 3.0]);
    /// let padding: Mask<(U3,)> = Mask::from_vec(Default::default(), vec![false, false, true]);
    /// let masked = scores.masked_fill(&padding, f64::NEG_INFINITY);
    /// assert_eq!(masked.softmax::<0>().to_vec()[2], 0.0);
    /// ```
    pub fn masked_fill<M: Shape>(self, mask: &Mask<M>, number: f64) -> Self
    where
        S: SameShape<M>,
    {
        self.shape.check_same(&mask.shape(), "masked_fill");
        Tensor { shape: self.shape, value: masked_fill(self.value, mask.shared(), number) }
    }
}

fn masked_fill<B: Backend>(x: Value<B>, mask: Arc<[bool]>, number: f64) -> Value<B> {
    let filling = x.full_like(number);
    Select { mask }.on([filling, x])
}

/// The proof of [`Tensor::masked_fill`], which is a [`Select`] of a constant.
#[derive(Clone, Debug)]
pub struct MaskedFill {
    mask: Arc<[bool]>,
    number: f64,
}

impl Proof<1> for MaskedFill {
    const PROVES: &'static str = "masked_fill";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let dims = draw.any_dims();
        let mask = (0..dims.numel()).map(|_| draw.below(2) == 1).collect();
        (MaskedFill { mask, number: draw.one_of(&[-1e9, 0.0, 2.5]) }, [dims])
    }

    fn run<B: Backend>(&self, [x]: [Value<B>; 1]) -> Value<B> {
        masked_fill(x, self.mask.clone(), self.number)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        let fill = |(&x, &masked): (&f64, &bool)| if masked { self.number } else { x };
        Naive { dims: x.dims, data: x.data.iter().zip(&*self.mask).map(fill).collect() }
    }
}

register!(MaskedFill);
