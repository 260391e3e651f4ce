//! Attention heads: an embedding cut into equal parts, and put together again.

use crate::arithmetic::{DimMul, DimProduct, DivExact, ExactQuotient};
use crate::dim::Dim;
use crate::shape::Shape;

/// (B, T, E) → (B, H, T, E / H).
#[diagnostic::on_unimplemented(
    message = "shape `{Self}` cannot be split into {H} heads",
    label = "expected (batch, time, embedding)"
)]
pub trait SplitHeads<H: Dim>: Shape {
    /// The shape before heads and time are swapped: (B, T, H, E / H).
    type Parted: Shape;

    /// The shape that results.
    type Output: Shape;

    /// The shape before heads and time are swapped.
    fn parted(&self, heads: H) -> Self::Parted;

    /// The shape that results.
    ///
    /// # Panics
    /// If sizes known only at run time do not divide.
    fn split_heads(&self, heads: H) -> Self::Output;
}

impl<B: Dim, T: Dim, E: DivExact<H>, H: Dim> SplitHeads<H> for (B, T, E) {
    type Parted = (B, T, H, ExactQuotient<E, H>);
    type Output = (B, H, T, ExactQuotient<E, H>);

    #[inline]
    fn parted(&self, heads: H) -> Self::Parted {
        (self.0, self.1, heads, self.2.div_exact(heads))
    }

    #[inline]
    fn split_heads(&self, heads: H) -> Self::Output {
        (self.0, heads, self.1, self.2.div_exact(heads))
    }
}

/// (B, H, T, D) → (B, T, H · D).
#[diagnostic::on_unimplemented(
    message = "the heads of shape `{Self}` cannot be merged",
    label = "expected (batch, heads, time, head size)"
)]
pub trait MergeHeads: Shape {
    /// The shape that results.
    type Output: Shape;

    /// The shape that results.
    fn merge_heads(&self) -> Self::Output;
}

impl<B: Dim, H: DimMul<D>, T: Dim, D: Dim> MergeHeads for (B, H, T, D) {
    type Output = (B, T, DimProduct<H, D>);

    #[inline]
    fn merge_heads(&self) -> Self::Output {
        (self.0, self.2, self.1.dim_mul(self.3))
    }
}
