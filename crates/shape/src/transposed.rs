//! The size of an axis after a transposed convolution.

use core::ops::{Add, Mul, Sub};

use typenum::{B0, B1, Bit, Diff, Prod, Sub1, Sum, U0, U1, U2, UInt, UTerm, Unsigned};

use crate::dim::{Dim, Dyn, Size, of_size};
use crate::failure::no_result;
use crate::window::Dilate;

/// An axis that a transposed convolution widens: the inverse of [`WindowOut`](crate::WindowOut),
/// with `OP` more positions at the end.
///
/// The result has size (H − 1)S − 2P + D(K − 1) + OP + 1.
pub trait TransposedOut<K: Unsigned, S: Unsigned, P: Unsigned, OP: Unsigned = U0, D: Unsigned = U1>:
    Dim
{
    /// The size that results.
    type Output: Size;

    /// The size that results.
    ///
    /// # Panics
    /// If the axis is known only at run time and the padding removes all of the result.
    fn transposed_out(self) -> Self::Output;
}

/// The axis that results when a transposed convolution widens `H`; see [`TransposedOut`].
pub type TransposedSize<H, K, S = U1, P = U0, OP = U0, D = U1> = <H as TransposedOut<K, S, P, OP, D>>::Output;

/// [`TransposedOut`] on canonical sizes.
#[diagnostic::on_unimplemented(
    message = "padding {P} removes all of a transposed window of size {K} (stride {S}, dilation {D}) on an axis of size {Self}",
    label = "nothing would be left of this axis"
)]
pub trait SizeTransposedOut<K, S, P, OP, D> {
    /// The size that results.
    type Output: Size;
}

impl<K, S, P, OP, D> SizeTransposedOut<K, S, P, OP, D> for Dyn {
    type Output = Dyn;
}

type Spread<H, S> = <S as Spacing<Sub1<H>>>::Output;
type Spanned<H, K, S, D> = Sum<Spread<H, S>, <D as Dilate<K>>::Output>;
type Extended<H, K, S, OP, D> = Sum<Spanned<H, K, S, D>, OP>;

#[diagnostic::do_not_recommend]
impl<H, K, S, P, OP, D> SizeTransposedOut<K, S, P, OP, D> for H
where
    H: Unsigned + Sub<B1>,
    S: Spacing<Sub1<H>>,
    D: Dilate<K>,
    Spread<H, S>: Add<<D as Dilate<K>>::Output>,
    Spanned<H, K, S, D>: Add<OP>,
    P: Add<P>,
    Extended<H, K, S, OP, D>: Sub<Sum<P, P>>,
    Diff<Extended<H, K, S, OP, D>, Sum<P, P>>: Size,
{
    type Output = Diff<Extended<H, K, S, OP, D>, Sum<P, P>>;
}

#[diagnostic::do_not_recommend]
impl<H: Dim, K: Unsigned, S: Unsigned, P: Unsigned, OP: Unsigned, D: Unsigned> TransposedOut<K, S, P, OP, D>
    for H
where
    H::Size: SizeTransposedOut<K, S, P, OP, D>,
{
    type Output = <H::Size as SizeTransposedOut<K, S, P, OP, D>>::Output;

    #[inline]
    fn transposed_out(self) -> Self::Output {
        let spanned = D::USIZE * (K::USIZE - 1) + 1 + OP::USIZE;
        let size = self
            .size()
            .checked_sub(1)
            .and_then(|steps| (steps * S::USIZE + spanned).checked_sub(2 * P::USIZE));
        match size {
            Some(size) => of_size(size),
            None => no_result("widened, less the padding on both sides", self.size(), P::USIZE),
        }
    }
}

/// A stride between the positions of the input: how far `N` of them spread, `N · S`.
pub trait Spacing<N> {
    /// The distance.
    type Output;
}

impl<N> Spacing<N> for U1 {
    type Output = N;
}

impl Spacing<UTerm> for U2 {
    type Output = UTerm;
}

impl<High: Unsigned, Low: Bit> Spacing<UInt<High, Low>> for U2 {
    type Output = UInt<UInt<High, Low>, B0>;
}

macro_rules! multiplied {
    ($([$($parameter:tt)*] $Stride:ty;)*) => {$(
        impl<N: Mul<Self>, $($parameter)*> Spacing<N> for $Stride {
            type Output = Prod<N, Self>;
        }
    )*};
}

multiplied! {
    [] UInt<UInt<UTerm, B1>, B1>;
    [High: Unsigned, A: Bit, B: Bit, C: Bit] UInt<UInt<UInt<High, A>, B>, C>;
}
