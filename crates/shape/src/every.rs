//! The size of an axis of which every S-th position is taken: convolution with a centered window.

use core::ops::Add;

use typenum::{Bit, Sum, U1, U2, UInt, UTerm, Unsigned};

use crate::dim::{Dim, Dyn, Size, of_size};

/// An axis of which every `S`-th position is taken, beginning with the first: the result has size
/// ⌈H / S⌉.
///
/// That is what a window of odd size does that is centered on those positions, whatever its size.
/// Of every position there are as many as before by definition, without arithmetic; so code that is
/// generic over the axis knows that its size stays.
#[diagnostic::on_unimplemented(
    message = "an axis of size {Self} cannot be walked in steps of {S}",
    label = "a centered window moves by 1 or by 2"
)]
pub trait Every<S: Unsigned>: Dim {
    /// The size that results.
    type Output: Dim;

    /// The size that results.
    fn every(self) -> Self::Output;
}

impl<H: Dim> Every<U1> for H {
    type Output = H;

    #[inline(always)]
    fn every(self) -> H {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<H: Dim<Size: SizeHalf>> Every<U2> for H {
    type Output = <H::Size as SizeHalf>::Output;

    #[inline]
    fn every(self) -> Self::Output {
        of_size(self.size().div_ceil(2))
    }
}

/// Half of a canonical size, rounded up.
pub trait SizeHalf {
    /// The half.
    type Output: Size;
}

impl SizeHalf for Dyn {
    type Output = Dyn;
}

impl SizeHalf for UTerm {
    type Output = UTerm;
}

impl<High: Add<Low>, Low: Bit> SizeHalf for UInt<High, Low>
where
    Sum<High, Low>: Size,
{
    type Output = Sum<High, Low>;
}
