//! The size of an axis after a window slides along it: convolution and pooling.
//!
//! Strides 1, 2 and 4 drop bits instead of dividing: typenum's division costs the compiler about
//! eight times as much.

use core::ops::{Add, Div, Mul, Sub};

use typenum::{
    Add1, B1, Bit, Diff, Prod, Quot, Sub1, Sum, U1, U2, U3, U4, U5, U6, U7, UInt, UTerm, Unsigned,
};

use crate::dim::{Dim, Dyn, Size, of_size};
use crate::failure::window_too_large;

/// An axis along which a window slides: `K` wide, in steps of `S`, over `P` zeros on either side,
/// with `D` positions from one tap to the next.
///
/// The result has size ⌊(H + 2P − D(K − 1) − 1) / S⌋ + 1.
pub trait WindowOut<K: Unsigned, S: Unsigned, P: Unsigned, D: Unsigned = U1>: Dim {
    /// The size that results.
    type Output: Size;

    /// The size that results.
    ///
    /// # Panics
    /// If the axis is known only at run time and the window does not fit.
    fn window_out(self) -> Self::Output;
}

/// The axis that results when a window slides along `H`; see [`WindowOut`].
pub type WindowSize<H, K, S = U1, P = typenum::U0, D = U1> = <H as WindowOut<K, S, P, D>>::Output;

/// [`WindowOut`] on canonical sizes.
#[diagnostic::on_unimplemented(
    message = "a window of size {K} (stride {S}, padding {P}, dilation {D}) does not fit in an axis of size {Self}",
    label = "the window is larger than the padded axis"
)]
pub trait SizeWindowOut<K, S, P, D> {
    /// The size that results.
    type Output: Size;
}

impl<K, S, P, D> SizeWindowOut<K, S, P, D> for Dyn {
    type Output = Dyn;
}

type Padded<H, P> = Sum<H, Sum<P, P>>;
type Slack<H, K, P, D> = Diff<Padded<H, P>, <D as Dilate<K>>::Output>;
type Steps<H, K, S, P, D> = <S as Stride<Slack<H, K, P, D>>>::Output;

#[diagnostic::do_not_recommend]
impl<H, K, S, P, D> SizeWindowOut<K, S, P, D> for H
where
    P: Add<P>,
    H: Unsigned + Add<Sum<P, P>>,
    D: Dilate<K>,
    Padded<H, P>: Sub<<D as Dilate<K>>::Output>,
    S: Stride<Slack<H, K, P, D>>,
    Steps<H, K, S, P, D>: Add<B1>,
    Add1<Steps<H, K, S, P, D>>: Size,
{
    type Output = Add1<Steps<H, K, S, P, D>>;
}

#[diagnostic::do_not_recommend]
impl<H: Dim, K: Unsigned, S: Unsigned, P: Unsigned, D: Unsigned> WindowOut<K, S, P, D> for H
where
    H::Size: SizeWindowOut<K, S, P, D>,
{
    type Output = <H::Size as SizeWindowOut<K, S, P, D>>::Output;

    #[inline]
    fn window_out(self) -> Self::Output {
        let padded = self.size() + 2 * P::USIZE;
        let spanned = D::USIZE * (K::USIZE - 1) + 1;
        match padded.checked_sub(spanned) {
            Some(slack) => of_size(slack / S::USIZE + 1),
            None => window_too_large(spanned, padded),
        }
    }
}

/// A dilation: how far a window of `K` taps spans, `D(K − 1) + 1`.
pub trait Dilate<K> {
    /// The span.
    type Output;
}

impl<K> Dilate<K> for U1 {
    type Output = K;
}

impl<K, High, Middle: Bit, Low: Bit> Dilate<K> for UInt<UInt<High, Middle>, Low>
where
    K: Sub<B1>,
    Self: Mul<Sub1<K>>,
    Prod<Self, Sub1<K>>: Add<B1>,
{
    type Output = Add1<Prod<Self, Sub1<K>>>;
}

/// A stride: how many whole steps fit in `N`.
pub trait Stride<N> {
    /// The number of steps.
    type Output;
}

impl<N> Stride<N> for U1 {
    type Output = N;
}

impl Stride<UTerm> for U2 {
    type Output = UTerm;
}

impl<High, Low: Bit> Stride<UInt<High, Low>> for U2 {
    type Output = High;
}

impl Stride<UTerm> for U4 {
    type Output = UTerm;
}

impl<Low: Bit> Stride<UInt<UTerm, Low>> for U4 {
    type Output = UTerm;
}

impl<High, Middle: Bit, Low: Bit> Stride<UInt<UInt<High, Middle>, Low>> for U4 {
    type Output = High;
}

macro_rules! divided {
    ($([$($parameter:tt)*] $Stride:ty;)*) => {$(
        impl<N: Div<Self>, $($parameter)*> Stride<N> for $Stride {
            type Output = Quot<N, Self>;
        }
    )*};
}

divided! {
    [] U3;
    [] U5;
    [] U6;
    [] U7;
    [High: Unsigned, A: Bit, B: Bit, C: Bit, D: Bit] UInt<UInt<UInt<UInt<High, A>, B>, C>, D>;
}
