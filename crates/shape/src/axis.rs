//! Axes: what a shape has where, and what it becomes when one axis changes.

use crate::dim::Dim;
use crate::shape::Shape;

/// A shape that has an axis number `I`, counted from the outermost, 0.
///
/// Reduction is [`remove`](Axis::remove); reduction that keeps the axis, narrowing and expansion are
/// [`replace`](Axis::replace).
#[diagnostic::on_unimplemented(
    message = "shape `{Self}` has no axis {I}",
    label = "axis {I} is out of range",
    note = "axes are counted from 0, the outermost"
)]
pub trait Axis<const I: usize>: Shape {
    /// The axis.
    type Dim: Dim;

    /// The shape without the axis.
    type Remove: Shape;

    /// The shape with another dim in place of the axis.
    type Replace<D: Dim>: Shape;

    /// The axis.
    fn dim(&self) -> Self::Dim;

    /// The shape without the axis.
    fn remove(&self) -> Self::Remove;

    /// The shape with another dim in place of the axis.
    fn replace<D: Dim>(&self, dim: D) -> Self::Replace<D>;
}

/// A shape with at least one axis, seen as its last axis and all that lead to it.
///
/// What acts on the last axis (a linear layer, a layer norm, a bias) accepts any leading axes
/// through this trait.
#[diagnostic::on_unimplemented(message = "shape `{Self}` has no last axis", label = "a scalar has no axes")]
pub trait Last: Shape {
    /// The last axis.
    type Last: Dim;

    /// The shape without its last axis.
    type Init: Shape;

    /// The shape with another dim in place of its last axis.
    type WithLast<D: Dim>: Last<Init = Self::Init, Last = D>;

    /// The last axis.
    fn last(&self) -> Self::Last;

    /// The shape without its last axis.
    fn init(&self) -> Self::Init;

    /// The shape with another dim in place of its last axis.
    fn with_last<D: Dim>(&self, dim: D) -> Self::WithLast<D>;
}

/// A batch of images: (batch, channels, height, width).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the shape of a batch of images",
    label = "expected (batch, channels, height, width)"
)]
pub trait Image: Shape {
    /// Images.
    type B: Dim;
    /// Channels of an image.
    type C: Dim;
    /// Rows of a channel.
    type H: Dim;
    /// Columns of a channel.
    type W: Dim;

    /// The four axes.
    fn bchw(&self) -> (Self::B, Self::C, Self::H, Self::W);
}

impl<B: Dim, C: Dim, H: Dim, W: Dim> Image for (B, C, H, W) {
    type B = B;
    type C = C;
    type H = H;
    type W = W;

    #[inline(always)]
    fn bchw(&self) -> Self {
        *self
    }
}

macro_rules! axis {
    ($($Before:ident $b:tt)*; $This:ident $i:tt; $($After:ident $a:tt)*) => {
        impl<$($Before: Dim,)* $This: Dim, $($After: Dim,)*> Axis<$i> for ($($Before,)* $This, $($After,)*) {
            type Dim = $This;
            type Remove = ($($Before,)* $($After,)*);
            type Replace<New: Dim> = ($($Before,)* New, $($After,)*);

            #[inline(always)]
            fn dim(&self) -> $This {
                self.$i
            }

            #[inline(always)]
            #[allow(clippy::unused_unit, reason = "the only axis leaves no axis")]
            fn remove(&self) -> Self::Remove {
                ($(self.$b,)* $(self.$a,)*)
            }

            #[inline(always)]
            fn replace<New: Dim>(&self, dim: New) -> Self::Replace<New> {
                ($(self.$b,)* dim, $(self.$a,)*)
            }
        }
    };
}

macro_rules! last {
    ($($Before:ident $b:tt)*; $This:ident $i:tt) => {
        impl<$($Before: Dim,)* $This: Dim> Last for ($($Before,)* $This,) {
            type Last = $This;
            type Init = ($($Before,)*);
            type WithLast<New: Dim> = ($($Before,)* New,);

            #[inline(always)]
            fn last(&self) -> $This {
                self.$i
            }

            #[inline(always)]
            #[allow(clippy::unused_unit, reason = "nothing leads to the only axis")]
            fn init(&self) -> Self::Init {
                ($(self.$b,)*)
            }

            #[inline(always)]
            fn with_last<New: Dim>(&self, dim: New) -> Self::WithLast<New> {
                ($(self.$b,)* dim,)
            }
        }
    };
}

// Walks along a tuple: every axis in turn is `this`, between those before and those after; the
// final one is `last`.
macro_rules! axes {
    ($($Axis:ident $i:tt)*) => { axes!(@ ; $($Axis $i)*); };
    (@ $($Before:ident $b:tt)*; $This:ident $i:tt) => {
        axis!($($Before $b)*; $This $i; );
        last!($($Before $b)*; $This $i);
    };
    (@ $($Before:ident $b:tt)*; $This:ident $i:tt $($After:ident $a:tt)+) => {
        axis!($($Before $b)*; $This $i; $($After $a)*);
        axes!(@ $($Before $b)* $This $i; $($After $a)*);
    };
}

axes!(A 0);
axes!(A 0 B 1);
axes!(A 0 B 1 C 2);
axes!(A 0 B 1 C 2 D 3);
axes!(A 0 B 1 C 2 D 3 E 4);
axes!(A 0 B 1 C 2 D 3 E 4 F 5);
