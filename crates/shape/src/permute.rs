//! Permutation of axes.

use crate::axis::Axis;
use crate::dim::Dim;
use crate::shape::Shape;

/// An order of two axes: axis 0 of the result is axis `A` of the operand, and so on.
pub struct Order2<const A: usize, const B: usize>;

/// An order of three axes; see [`Order2`].
pub struct Order3<const A: usize, const B: usize, const C: usize>;

/// An order of four axes; see [`Order2`].
pub struct Order4<const A: usize, const B: usize, const C: usize, const D: usize>;

/// A shape whose axes can be put into an order: [`Order2`], [`Order3`] or [`Order4`].
///
/// [`Transpose`] swaps two axes of a shape of any rank.
#[diagnostic::on_unimplemented(
    message = "the axes of shape `{Self}` cannot be put into the order {Order}",
    label = "an order names every axis exactly once"
)]
pub trait Permute<Order>: Shape {
    /// The shape that results.
    type Output: Shape;

    /// For each axis of the result, the axis of the operand that it is.
    const ORDER: &'static [usize];

    /// The shape that results.
    fn permute(&self) -> Self::Output;
}

macro_rules! permute {
    ($Order:ident $All:tt: $($order:tt)*) => {$(
        permute!(@ $Order $All $order);
    )*};
    (@ $Order:ident [$($All:ident)*] [$($From:ident $i:tt),*]) => {
        impl<$($All: Dim),*> Permute<$Order<$($i),*>> for ($($All,)*) {
            type Output = ($($From,)*);
            const ORDER: &'static [usize] = &[$($i),*];

            #[inline(always)]
            fn permute(&self) -> Self::Output {
                ($(self.$i,)*)
            }
        }
    };
}

permute! { Order2 [A B]: [A 0, B 1] [B 1, A 0] }

permute! { Order3 [A B C]:
    [A 0, B 1, C 2] [A 0, C 2, B 1]
    [B 1, A 0, C 2] [B 1, C 2, A 0]
    [C 2, A 0, B 1] [C 2, B 1, A 0]
}

permute! { Order4 [A B C D]:
    [A 0, B 1, C 2, D 3] [A 0, B 1, D 3, C 2] [A 0, C 2, B 1, D 3]
    [A 0, C 2, D 3, B 1] [A 0, D 3, B 1, C 2] [A 0, D 3, C 2, B 1]
    [B 1, A 0, C 2, D 3] [B 1, A 0, D 3, C 2] [B 1, C 2, A 0, D 3]
    [B 1, C 2, D 3, A 0] [B 1, D 3, A 0, C 2] [B 1, D 3, C 2, A 0]
    [C 2, A 0, B 1, D 3] [C 2, A 0, D 3, B 1] [C 2, B 1, A 0, D 3]
    [C 2, B 1, D 3, A 0] [C 2, D 3, A 0, B 1] [C 2, D 3, B 1, A 0]
    [D 3, A 0, B 1, C 2] [D 3, A 0, C 2, B 1] [D 3, B 1, A 0, C 2]
    [D 3, B 1, C 2, A 0] [D 3, C 2, A 0, B 1] [D 3, C 2, B 1, A 0]
}

/// A shape of any rank, of which axes `I` and `J` can be swapped.
#[diagnostic::on_unimplemented(
    message = "axes {I} and {J} of shape `{Self}` cannot be swapped",
    label = "axis {I} or axis {J} is out of range"
)]
pub trait Transpose<const I: usize, const J: usize>: Shape {
    /// The shape that results.
    type Output: Shape;

    /// For each axis of the result, the axis of the operand that it is.
    const ORDER: &'static [usize];

    /// The shape that results.
    fn transpose(&self) -> Self::Output;
}

/// The largest number of axes.
const MAX_RANK: usize = 6;

const fn swapped(i: usize, j: usize) -> [usize; MAX_RANK] {
    let mut order = [0, 1, 2, 3, 4, 5];
    order[i] = j;
    order[j] = i;
    order
}

/// `S` with axis `J` in place of axis `I`: half a swap.
type Overwritten<S, const I: usize, const J: usize> = <S as Axis<I>>::Replace<<S as Axis<J>>::Dim>;

#[diagnostic::do_not_recommend]
impl<S, const I: usize, const J: usize> Transpose<I, J> for S
where
    S: Axis<I> + Axis<J>,
    Overwritten<S, I, J>: Axis<J>,
{
    type Output = <Overwritten<S, I, J> as Axis<J>>::Replace<<S as Axis<I>>::Dim>;
    const ORDER: &'static [usize] = const { &swapped(I, J) }.split_at(S::RANK).0;

    #[inline(always)]
    fn transpose(&self) -> Self::Output {
        let (i, j) = (Axis::<I>::dim(self), Axis::<J>::dim(self));
        Axis::<J>::replace(&Axis::<I>::replace(self, j), i)
    }
}
