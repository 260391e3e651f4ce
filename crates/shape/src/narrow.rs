//! Narrowing: a range of an axis.

use core::ops::{Add, Sub};

use typenum::{Sum, Unsigned};

use crate::dim::{Dim, Dyn, StaticDim};
use crate::failure::range_outside;

/// An axis of which `Length` positions from `Start` on can be taken.
pub trait Narrow<Start: Unsigned, Length: StaticDim>: Dim {
    /// The narrowed axis.
    ///
    /// # Panics
    /// If the axis is known only at run time and too small.
    fn narrow(self) -> Length;
}

/// [`Narrow`] on canonical sizes.
#[diagnostic::on_unimplemented(
    message = "narrow: {Length} positions from {Start} on are outside an axis of size {Self}",
    label = "the range reaches past the end of the axis"
)]
pub trait SizeNarrow<Start, Length> {}

#[diagnostic::do_not_recommend]
impl<S: Unsigned, Start: Add<Length>, Length> SizeNarrow<Start, Length> for S where S: Sub<Sum<Start, Length>> {}

impl<Start, Length> SizeNarrow<Start, Length> for Dyn {}

#[diagnostic::do_not_recommend]
impl<D: Dim, Start: Unsigned, Length: StaticDim> Narrow<Start, Length> for D
where
    D::Size: SizeNarrow<Start, Length::Size>,
{
    #[inline]
    fn narrow(self) -> Length {
        narrow_at(self, Start::USIZE, Length::N);
        Length::default()
    }
}

/// The axis that remains when `length` positions from `start` on are taken, both known only at run time.
///
/// # Panics
/// If the range is outside the axis.
#[inline]
pub fn narrow_at<D: Dim>(axis: D, start: usize, length: usize) -> Dyn {
    match start.checked_add(length) {
        Some(end) if end <= axis.size() => Dyn(length),
        _ => range_outside(start, length, axis.size()),
    }
}
