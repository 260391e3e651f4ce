//! Matrix products: which shapes multiply, and what they give.

use crate::dim::Dim;
use crate::failure::shapes_clash;
use crate::same::Decoy;
use crate::same_axis::same_axis;
use crate::shape::Shape;

same_axis! {
    /// The axes that a matrix product sums over are the same.
    Contract::check_contract, "matmul: inner dimension", contract:
    message = "matmul: the inner dimensions differ: left has {L}, right has {R}",
    label = "the inner dimensions differ",
    note = "(M, K) times (K, N) gives (M, N)"
}

same_axis! {
    /// The leading axes of a batched matrix product are the same.
    SameBatch::check_batch, "matmul: batch dimension", same_batch:
    message = "matmul: the batch dimensions differ: left has {L}, right has {R}",
    label = "the batch dimensions differ"
}

/// Two shapes whose matrix product exists.
///
/// | left | right | product |
/// | --- | --- | --- |
/// | (M, K) | (K, N) | (M, N) |
/// | (B, M, K) | (K, N) | (B, M, N) |
/// | (B, M, K) | (B, K, N) | (B, M, N) |
/// | (B, H, M, K) | (B, H, K, N) | (B, H, M, N) |
pub trait MatMul<R>: Shape {
    /// The shape of the product.
    type Output: Shape;

    /// The shape of the product.
    ///
    /// # Panics
    /// If sizes known only at run time do not agree; the message holds both shapes.
    fn matmul_shape(&self, right: &R) -> Self::Output;
}

// The compiler lists similar impls in its errors, but not those for a type parameter: hence this
// one impl for all.
impl<L: Multiply<R>, R> MatMul<R> for L {
    type Output = L::Output;

    #[inline(always)]
    fn matmul_shape(&self, right: &R) -> Self::Output {
        self.multiply(right)
    }
}

/// [`MatMul`], rank by rank.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "matmul: shapes `{Self}` and `{R}` cannot be multiplied",
    label = "these shapes have no matrix product",
    note = "supported: (M, K)×(K, N), (B, M, K)×(K, N), (B, M, K)×(B, K, N), (B, H, M, K)×(B, H, K, N)"
)]
pub trait Multiply<R>: Shape {
    type Output: Shape;

    fn multiply(&self, right: &R) -> Self::Output;
}

impl<S: Shape> Multiply<Decoy> for S {
    type Output = ();

    fn multiply(&self, right: &Decoy) {
        match *right {}
    }
}

/// Compares sizes known only at run time: the contracted ones, then the batch ones, as (left axis,
/// right axis).
#[inline(always)]
fn check<L: Shape, R: Shape>(left: &L, right: &R, contracted: (usize, usize), batch: &[(usize, usize)]) {
    // An axis that must agree has the same type on both sides, so one static shape settles it.
    if L::STATIC_NUMEL.is_some() || R::STATIC_NUMEL.is_some() {
        return;
    }
    let (left, right) = (left.dims(), right.dims());
    let (left, right) = (left.as_ref(), right.as_ref());
    if left[contracted.0] != right[contracted.1] {
        shapes_clash("matmul", "inner dimensions differ", left, right)
    }
    if batch.iter().any(|&(l, r)| left[l] != right[r]) {
        shapes_clash("matmul", "batch dimensions differ", left, right)
    }
}

impl<M: Dim, K: Contract<K2>, K2: Dim, N: Dim> Multiply<(K2, N)> for (M, K) {
    type Output = (M, N);

    #[inline]
    fn multiply(&self, right: &(K2, N)) -> Self::Output {
        check(self, right, (1, 0), &[]);
        (self.0, right.1)
    }
}

impl<B: Dim, M: Dim, K: Contract<K2>, K2: Dim, N: Dim> Multiply<(K2, N)> for (B, M, K) {
    type Output = (B, M, N);

    #[inline]
    fn multiply(&self, right: &(K2, N)) -> Self::Output {
        check(self, right, (2, 0), &[]);
        (self.0, self.1, right.1)
    }
}

impl<B: SameBatch<B2>, B2: Dim, M: Dim, K: Contract<K2>, K2: Dim, N: Dim> Multiply<(B2, K2, N)>
    for (B, M, K)
{
    type Output = (B, M, N);

    #[inline]
    fn multiply(&self, right: &(B2, K2, N)) -> Self::Output {
        check(self, right, (2, 1), &[(0, 0)]);
        (self.0, self.1, right.2)
    }
}

impl<B, B2, H, H2, M, K, K2, N> Multiply<(B2, H2, K2, N)> for (B, H, M, K)
where
    B: SameBatch<B2>,
    B2: Dim,
    H: SameBatch<H2>,
    H2: Dim,
    M: Dim,
    K: Contract<K2>,
    K2: Dim,
    N: Dim,
{
    type Output = (B, H, M, N);

    #[inline]
    fn multiply(&self, right: &(B2, H2, K2, N)) -> Self::Output {
        check(self, right, (3, 2), &[(0, 0), (1, 1)]);
        (self.0, self.1, self.2, right.3)
    }
}
