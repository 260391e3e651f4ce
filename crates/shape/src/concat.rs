//! Concatenation along one axis.

use crate::arithmetic::{DimAdd, DimSum};
use crate::dim::Dim;
use crate::failure::shapes_clash;
use crate::same::Decoy;
use crate::same_axis::same_axis;
use crate::shape::Shape;

same_axis! {
    /// The axes along which nothing is concatenated are the same.
    OtherAxis::check_other_axis, "concat: another axis than the concatenated one", other_axis:
    message = "concat: another axis than the concatenated one differs: left has {L}, right has {R}",
    label = "all axes but the concatenated one must be the same"
}

/// Two shapes that can be concatenated along axis `I`: all their other axes are the same.
#[diagnostic::on_unimplemented(
    message = "concat: shapes `{Self}` and `{R}` cannot be joined along axis {I}",
    label = "these shapes cannot be concatenated along axis {I}"
)]
pub trait Concat<const I: usize, R>: Shape {
    /// The shape that results.
    type Output: Shape;

    /// The shape that results.
    ///
    /// # Panics
    /// If other axes, known only at run time, differ; the message holds both shapes.
    fn concat(&self, right: &R) -> Self::Output;
}

impl<const I: usize, S: Shape> Concat<I, Decoy> for S {
    type Output = ();

    fn concat(&self, right: &Decoy) {
        match *right {}
    }
}

/// Compares all sizes but those of the concatenated axis.
fn check_others(axis: usize, left: &[usize], right: &[usize]) {
    if left.iter().zip(right).enumerate().any(|(i, (l, r))| i != axis && l != r) {
        shapes_clash("concat", "axes that are not concatenated differ", left, right)
    }
}

macro_rules! concat {
    ($($BL:ident $BR:ident $b:tt)*; $L:ident $R:ident $i:tt; $($AL:ident $AR:ident $a:tt)*) => {
        impl<$($BL: OtherAxis<$BR>, $BR: Dim,)* $L: DimAdd<$R>, $R: Dim, $($AL: OtherAxis<$AR>, $AR: Dim,)*>
            Concat<$i, ($($BR,)* $R, $($AR,)*)> for ($($BL,)* $L, $($AL,)*)
        {
            type Output = ($($BL,)* DimSum<$L, $R>, $($AL,)*);

            #[inline]
            fn concat(&self, right: &($($BR,)* $R, $($AR,)*)) -> Self::Output {
                if Self::STATIC_NUMEL.is_none() {
                    check_others($i, self.dims().as_ref(), right.dims().as_ref());
                }
                ($(self.$b,)* self.$i.dim_add(right.$i), $(self.$a,)*)
            }
        }
    };
}

// Walks along two tuples: every pair of axes in turn is the concatenated one.
macro_rules! pairs {
    ($($L:ident $R:ident $i:tt)*) => { pairs!(@ ; $($L $R $i)*); };
    (@ $($BL:ident $BR:ident $b:tt)*; ) => {};
    (@ $($BL:ident $BR:ident $b:tt)*; $L:ident $R:ident $i:tt $($AL:ident $AR:ident $a:tt)*) => {
        concat!($($BL $BR $b)*; $L $R $i; $($AL $AR $a)*);
        pairs!(@ $($BL $BR $b)* $L $R $i; $($AL $AR $a)*);
    };
}

pairs!(A P 0);
pairs!(A P 0 B Q 1);
pairs!(A P 0 B Q 1 C R 2);
pairs!(A P 0 B Q 1 C R 2 D S 3);
pairs!(A P 0 B Q 1 C R 2 D S 3 E T 4);
pairs!(A P 0 B Q 1 C R 2 D S 3 E T 4 F U 5);
