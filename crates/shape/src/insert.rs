//! Insertion of an axis, and axes of size one, which can be squeezed out or expanded.

use typenum::U1;

use crate::dim::Dim;
use crate::shape::Shape;

/// A shape into which an axis can be inserted, to become axis number `I`.
#[diagnostic::on_unimplemented(
    message = "no axis {I} can be inserted into shape `{Self}`",
    label = "axis {I} is out of range, or the shape has six axes already"
)]
pub trait Insert<const I: usize>: Shape {
    /// The shape with the axis inserted.
    type Output<D: Dim>: Shape;

    /// The shape with the axis inserted.
    fn insert<D: Dim>(&self, dim: D) -> Self::Output<D>;
}

/// A shape to which an axis can be appended: what an embedding does with ids.
#[diagnostic::on_unimplemented(
    message = "no axis can be appended to shape `{Self}`",
    label = "the shape has six axes already"
)]
pub trait Append: Shape {
    /// The shape with the axis behind all others.
    type Output<D: Dim>: Shape;

    /// The shape with the axis behind all others.
    fn append<D: Dim>(&self, dim: D) -> Self::Output<D>;
}

macro_rules! append {
    ($($Axis:ident $i:tt)*) => {
        impl<$($Axis: Dim,)*> Append for ($($Axis,)*) {
            type Output<New: Dim> = ($($Axis,)* New,);

            #[inline(always)]
            fn append<New: Dim>(&self, dim: New) -> Self::Output<New> {
                ($(self.$i,)* dim,)
            }
        }
    };
}

macro_rules! insert {
    ($($Before:ident $b:tt)*; $i:tt; $($After:ident $a:tt)*) => {
        impl<$($Before: Dim,)* $($After: Dim,)*> Insert<$i> for ($($Before,)* $($After,)*) {
            type Output<New: Dim> = ($($Before,)* New, $($After,)*);

            #[inline(always)]
            fn insert<New: Dim>(&self, dim: New) -> Self::Output<New> {
                ($(self.$b,)* dim, $(self.$a,)*)
            }
        }
    };
}

// Walks along a tuple: the new axis goes before each axis in turn, then behind the final one.
macro_rules! gaps {
    ($rank:tt: $($Axis:ident $i:tt)*) => { gaps!(@ $rank: ; $($Axis $i)*); };
    (@ $rank:tt: $($Before:ident $b:tt)*; ) => {
        insert!($($Before $b)*; $rank; );
        append!($($Before $b)*);
    };
    (@ $rank:tt: $($Before:ident $b:tt)*; $This:ident $i:tt $($After:ident $a:tt)*) => {
        insert!($($Before $b)*; $i; $This $i $($After $a)*);
        gaps!(@ $rank: $($Before $b)* $This $i; $($After $a)*);
    };
}

gaps!(0: );
gaps!(1: A 0);
gaps!(2: A 0 B 1);
gaps!(3: A 0 B 1 C 2);
gaps!(4: A 0 B 1 C 2 D 3);
gaps!(5: A 0 B 1 C 2 D 3 E 4);

/// An axis of size one: it can be squeezed out of a shape, or expanded to any size.
#[diagnostic::on_unimplemented(
    message = "an axis of size 1 is needed here, but this one is {Self}",
    label = "only an axis of size 1 can be squeezed or expanded"
)]
pub trait SingletonAxis: Dim {}

#[diagnostic::do_not_recommend]
impl<D: Dim<Size = U1>> SingletonAxis for D {}
