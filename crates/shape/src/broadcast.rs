//! Broadcasting: shapes are aligned at their last axes; an axis of size 1 stretches, and missing
//! axes are added in front.

use typenum::{B0, B1, U1, UInt, UTerm};

use crate::decimal::Decimal;
use crate::differ::{Never, each_difference};
use crate::dim::{Dim, Dyn, of_size};
use crate::failure::shapes_clash;
use crate::shape::Shape;

/// Two axes that broadcast: they are the same, or one of them is 1.
///
/// A [`Dyn`] beside another size is checked at run time. A named axis broadcasts with itself and
/// with 1.
#[diagnostic::on_unimplemented(
    message = "cannot broadcast: an axis of size {Self} meets an axis of size {R}",
    label = "these axes are neither equal nor 1"
)]
pub trait BroadcastDim<R: Dim>: Dim {
    /// The axis that results.
    type Output: Dim;
}

impl<L: Dim, R: Dim> BroadcastDim<R> for L
where
    (): Meet<L, R, Output: Dim>,
{
    type Output = <() as Meet<L, R>>::Output;
}

/// [`BroadcastDim`] of `L` and `R`, for each kind of size; see [`crate::differ`].
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "cannot broadcast: an axis of size {L} meets an axis of size {R}",
    label = "these axes are neither equal nor 1"
)]
pub trait Meet<L, R> {
    type Output;
}

impl<This, Axis> Meet<Axis, Axis> for This {
    type Output = Axis;
}

// The rest does not overlap with the impl above: 1 is `UInt<UTerm, B1>`, and every number from 2 on
// is `UInt<UInt<_, _>, _>`.
macro_rules! stretch {
    ($([$($parameter:ident)*] $Left:ty, $Right:ty => $Output:ty;)*) => {$(
        impl<This, $($parameter),*> Meet<$Left, $Right> for This {
            type Output = $Output;
        }
    )*};
}

type Many<High, Middle, Low> = UInt<UInt<High, Middle>, Low>;

stretch! {
    [] UTerm, U1 => UTerm;
    [] U1, UTerm => UTerm;
    [X Y Z] U1, Many<X, Y, Z> => Many<X, Y, Z>;
    [X Y Z] Many<X, Y, Z>, U1 => Many<X, Y, Z>;
    [] Dyn, U1 => Dyn;
    [] U1, Dyn => Dyn;
    [X Y Z] Dyn, Many<X, Y, Z> => Many<X, Y, Z>;
    [X Y Z] Many<X, Y, Z>, Dyn => Many<X, Y, Z>;
}

/// Leads to the message in decimal.
pub trait BroadcastMismatch<L, R> {}

impl<This, L: Decimal, R: Decimal> BroadcastMismatch<L, R> for This where
    This: BroadcastInDecimal<L::Name, R::Name>
{
}

/// Never implemented: carries the message in decimal.
#[diagnostic::on_unimplemented(
    message = "cannot broadcast: an axis of size {L} meets an axis of size {R}",
    label = "these axes are neither equal nor 1"
)]
pub trait BroadcastInDecimal<L, R>: Never {}

/// The impl for one way in which two numbers differ.
macro_rules! axes_differ {
    ({} [$($generic:ident)*] $left:ty, $right:ty) => {
        impl<This, $($generic),*> Meet<$left, $right> for This
        where
            This: Never + BroadcastMismatch<$left, $right>,
        {
            type Output = $left;
        }
    };
}

// The ways in which two numbers differ, neither of which is 0 or 1: in the lowest bit, in a higher
// one, in length.
axes_differ!({} [X Y C D] Many<X, C, B0>, Many<Y, D, B1>);
axes_differ!({} [X Y C D] Many<X, C, B1>, Many<Y, D, B0>);
each_difference! {
    axes_differ {};
    {[X Y C] Many<X, B0, C>, Many<Y, B1, C>}
    {[X Y C] Many<X, B1, C>, Many<Y, B0, C>};
    C0 C1 C2 C3 C4 C5 C6 C7 C8 C9 C10 C11 C12 C13 C14 C15 C16 C17 C18
}
each_difference! {
    axes_differ {};
    {[X Y C D] Many<UTerm, C, D>, Many<UInt<X, Y>, C, D>}
    {[X Y C D] Many<UInt<X, Y>, C, D>, Many<UTerm, C, D>};
    C0 C1 C2 C3 C4 C5 C6 C7 C8 C9 C10 C11 C12 C13 C14 C15 C16 C17
}

/// Two shapes that broadcast.
pub trait Broadcast<R>: Shape {
    /// The shape that results.
    type Output: Shape;

    /// The shape that results.
    ///
    /// # Panics
    /// If sizes known only at run time are neither equal nor 1.
    fn broadcast(&self, right: &R) -> Self::Output;
}

// The compiler lists similar impls in its errors, but not those for a type parameter: hence this
// one impl for all.
impl<L: Stretch<R>, R> Broadcast<R> for L {
    type Output = L::Output;

    #[inline(always)]
    fn broadcast(&self, right: &R) -> Self::Output {
        self.stretch(right)
    }
}

/// [`Broadcast`], rank by rank.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "shapes `{Self}` and `{R}` do not broadcast",
    label = "these shapes do not broadcast"
)]
pub trait Stretch<R>: Shape {
    type Output: Shape;

    fn stretch(&self, right: &R) -> Self::Output;
}

/// The size that results when two axes of shapes `left` and `right` meet.
#[inline(always)]
fn meet(a: usize, b: usize, left: &[usize], right: &[usize]) -> usize {
    if a == b || b == 1 {
        a
    } else if a == 1 {
        b
    } else {
        shapes_clash("broadcast", "sizes are neither equal nor 1", left, right)
    }
}

// `only` are the leading axes that one operand lacks, `both` the pairs of axes that meet.
macro_rules! broadcast {
    (left [$($Only:ident)*] both [$($L:ident $R:ident)*]) => {
        impl<$($Only: Dim,)* $($L: BroadcastDim<$R>, $R: Dim,)*> Stretch<($($R,)*)> for ($($Only,)* $($L,)*) {
            type Output = ($($Only,)* $(<$L as BroadcastDim<$R>>::Output,)*);
            broadcast!(body [$($Only)*] [$($Only)* $($L)*] [$($R)*] [$($L $R)*]);
        }
    };
    (right [$($Only:ident)*] both [$($L:ident $R:ident)*]) => {
        impl<$($Only: Dim,)* $($L: BroadcastDim<$R>, $R: Dim,)*> Stretch<($($Only,)* $($R,)*)> for ($($L,)*) {
            type Output = ($($Only,)* $(<$L as BroadcastDim<$R>>::Output,)*);
            broadcast!(body [$($Only)*] [$($L)*] [$($Only)* $($R)*] [$($L $R)*]);
        }
    };
    (body [$($Only:ident)*] [$($Left:ident)*] [$($Right:ident)*] [$($L:ident $R:ident)*]) => {
        #[inline]
        #[allow(non_snake_case, reason = "a value has the name of its type")]
        #[allow(unused_variables, clippy::unused_unit, reason = "scalars have no axes")]
        fn stretch(&self, right: &($($Right,)*)) -> Self::Output {
            let (left_dims, right_dims) = (self.dims(), right.dims());
            let (left_dims, right_dims) = (left_dims.as_ref(), right_dims.as_ref());
            let ($($Left,)*) = *self;
            let ($($Right,)*) = *right;
            ($($Only,)* $(of_size(meet($L.size(), $R.size(), left_dims, right_dims)),)*)
        }
    };
}

// All pairs of ranks with the given axes in common: one operand has these leading axes, or all but
// the first of them, ...
macro_rules! leading {
    ([]; [$($Both:ident)*]) => {
        broadcast!(left [] both [$($Both)*]);
    };
    ([$First:ident $($Rest:ident)*]; [$($Both:ident)*]) => {
        broadcast!(left [$First $($Rest)*] both [$($Both)*]);
        broadcast!(right [$First $($Rest)*] both [$($Both)*]);
        leading!([$($Rest)*]; [$($Both)*]);
    };
}

leading!([A B C D E F]; []);
leading!([A B C D E]; [P1 Q1]);
leading!([A B C D]; [P1 Q1 P2 Q2]);
leading!([A B C]; [P1 Q1 P2 Q2 P3 Q3]);
leading!([A B]; [P1 Q1 P2 Q2 P3 Q3 P4 Q4]);
leading!([A]; [P1 Q1 P2 Q2 P3 Q3 P4 Q4 P5 Q5]);
leading!([]; [P1 Q1 P2 Q2 P3 Q3 P4 Q4 P5 Q5 P6 Q6]);
