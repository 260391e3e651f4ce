//! Where the largest element along an axis is.

use tenon_kernels::reduce;
use tenon_shape::{Axis, Shape};

use crate::{Array, Backend, Element, Ids, Indices, Query, Tensor};

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// The index of the largest element along axis `I`, the first of equals; a NaN counts as the
    /// largest. Indices have no derivative: the result is not tracked.
    ///
    /// # Shapes
    /// `x: S → ids of shape (S without axis I), whose vocabulary is axis I`
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let logits: Tensor<(U2, U3)> = Tensor::from([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]]);
    /// let classes: Ids<(U2,), U3> = logits.argmax::<1>();
    /// assert_eq!(classes.as_slice(), [1, 0]);
    /// ```
    pub fn argmax<const I: usize>(&self) -> Ids<S::Remove, S::Dim>
    where
        S: Axis<I>,
    {
        let indices = Argmax { axis: I }.on([&self.value]);
        Ids::checked_by_construction(self.shape.remove(), self.shape.dim(), indices)
    }
}

/// The query of [`Tensor::argmax`].
#[derive(Clone, Copy, Debug)]
pub struct Argmax {
    /// The axis to search along.
    pub axis: usize,
}

impl Query<1> for Argmax {
    const NAME: &'static str = "argmax";
    type Output<E: Element> = Indices;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Indices {
        let dims = x.dims();
        assert!(dims[self.axis] > 0, "argmax: axis {} of dims {dims:?} is empty", self.axis);
        let x = x.contiguous();
        let numbers = x.as_slice().expect("contiguous");
        let axis = reduce::Axis::of(&dims, self.axis);
        Indices::write(axis.reduced(), |indices| reduce::argmax(numbers, axis, indices))
    }
}

pub(super) fn proofs(_: &mut impl crate::proof::ProofVisitor) {
    // A query has no derivative to prove; `max` proves where this one points.
}
