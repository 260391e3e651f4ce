//! Shapes: tuples of dims.

use crate::dim::{Dim, StaticDim};

/// A tuple of zero to six [`Dim`]s; `()` is the shape of a scalar.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a shape",
    label = "not a shape",
    note = "a shape is a tuple of up to six axes, such as `(Dyn, U1, U28, U28)` or `shape![Dyn, 1, 28, 28]`"
)]
pub trait Shape: SixAxes + Copy + 'static {
    /// The number of axes.
    const RANK: usize;

    /// The number of elements, if the compiler knows every axis.
    const STATIC_NUMEL: Option<usize>;

    /// The sizes of the axes: an array as long as the shape has axes.
    type Dims: AsRef<[usize]> + AsMut<[usize]> + Copy;

    /// The sizes of the axes, outermost first.
    fn dims(&self) -> Self::Dims;

    /// The shape with the given sizes; `None` if their number or a size known to the compiler differs.
    fn from_dims(dims: &[usize]) -> Option<Self>;

    /// The number of elements.
    #[inline(always)]
    fn numel(&self) -> usize {
        match Self::STATIC_NUMEL {
            Some(numel) => numel,
            None => self.dims().as_ref().iter().product(),
        }
    }
}

/// The axes of any shape as six types, of which those that it does not have are `()`.
///
/// A relation between shapes of equal rank is thereby the conjunction of six relations between
/// axes, in code that is generic over a shape, too.
#[doc(hidden)]
pub trait SixAxes {
    type A0;
    type A1;
    type A2;
    type A3;
    type A4;
    type A5;
}

/// A shape of which the compiler knows every axis.
#[diagnostic::on_unimplemented(
    message = "shape `{Self}` has an axis whose size is known only at run time, but a static shape is needed here",
    label = "the compiler does not know every axis of this shape",
    note = "give the shape as a value instead, or use static sizes only"
)]
pub trait StaticShape: Shape + Default {
    /// The number of elements.
    const NUMEL: usize;
}

/// The product of two sizes that may be unknown.
const fn times(left: Option<usize>, right: Option<usize>) -> Option<usize> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left * right),
        _ => None,
    }
}

macro_rules! six_axes {
    ($($D:ident)*; $A0:ty, $A1:ty, $A2:ty, $A3:ty, $A4:ty, $A5:ty) => {
        impl<$($D),*> SixAxes for ($($D,)*) {
            type A0 = $A0;
            type A1 = $A1;
            type A2 = $A2;
            type A3 = $A3;
            type A4 = $A4;
            type A5 = $A5;
        }
    };
}

six_axes!(; (), (), (), (), (), ());
six_axes!(A; A, (), (), (), (), ());
six_axes!(A B; A, B, (), (), (), ());
six_axes!(A B C; A, B, C, (), (), ());
six_axes!(A B C D; A, B, C, D, (), ());
six_axes!(A B C D E; A, B, C, D, E, ());
six_axes!(A B C D E F; A, B, C, D, E, F);

macro_rules! shape {
    ($rank:literal: $($D:ident $i:tt),*) => {
        impl<$($D: Dim),*> Shape for ($($D,)*) {
            const RANK: usize = $rank;
            const STATIC_NUMEL: Option<usize> = {
                let numel = Some(1);
                $(let numel = times(numel, $D::STATIC);)*
                numel
            };
            type Dims = [usize; $rank];

            #[inline(always)]
            fn dims(&self) -> Self::Dims {
                [$(self.$i.size()),*]
            }

            #[inline]
            fn from_dims(dims: &[usize]) -> Option<Self> {
                if dims.len() != $rank {
                    return None;
                }
                Some(($($D::from_size(dims[$i])?,)*))
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($D: StaticDim),*> StaticShape for ($($D,)*) {
            const NUMEL: usize = 1 $(* $D::N)*;
        }
    };
}

shape!(0: );
shape!(1: A 0);
shape!(2: A 0, B 1);
shape!(3: A 0, B 1, C 2);
shape!(4: A 0, B 1, C 2, D 3);
shape!(5: A 0, B 1, C 2, D 3, E 4);
shape!(6: A 0, B 1, C 2, D 3, E 4, F 5);
