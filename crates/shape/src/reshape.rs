//! The number of elements: reshaping keeps it.

use core::ops::Mul;

use typenum::{B0, B1, Prod, U1, UInt, UTerm, Unsigned};

use crate::arithmetic::{DimMul, DimProduct};
use crate::decimal::Decimal;
use crate::differ::{Never, each_difference};
use crate::dim::{Dim, Dyn, Size, of_size};
use crate::failure::shapes_clash;
use crate::shape::Shape;

/// The number of elements as a dim: a number if all axes are static, [`Dyn`] otherwise.
pub trait Numel: Shape {
    /// The product of all axes.
    type Numel: Size;

    /// The product of all axes.
    fn numel_dim(&self) -> Self::Numel;
}

impl Numel for () {
    type Numel = U1;

    fn numel_dim(&self) -> U1 {
        U1::new()
    }
}

impl<A: Dim> Numel for (A,) {
    type Numel = A::Size;

    fn numel_dim(&self) -> A::Size {
        self.0.unnamed()
    }
}

// Multiplies axis after axis onto the product so far, collecting a clause for each step.
macro_rules! numel {
    ($First:ident $($Rest:ident)+) => { numel!(@ [$First $($Rest)+] $First; {}; $($Rest)+); };
    (@ [$($All:ident)*] $Product:ty; {$($clauses:tt)*}; $Next:ident $($Rest:ident)*) => {
        numel!(@ [$($All)*] DimProduct<$Product, $Next>; {$($clauses)* $Product: DimMul<$Next>,}; $($Rest)*);
    };
    (@ [$($All:ident)*] $Product:ty; {$($clauses:tt)*}; ) => {
        impl<$($All: Dim),*> Numel for ($($All,)*)
        where
            $($clauses)*
        {
            type Numel = $Product;

            #[inline]
            fn numel_dim(&self) -> Self::Numel {
                of_size(self.numel())
            }
        }
    };
}

numel!(A B);
numel!(A B C);
numel!(A B C D);
numel!(A B C D E);
numel!(A B C D E F);

/// A shape with the same number of elements as `To`.
///
/// Where both have the same number of axes known only at run time, the compiler compares the
/// products of the others: (`Dyn`, 1, 28, 28) is not reshaped to (`Dyn`, 783), whatever the batch.
/// The rest is compared at run time.
pub trait ReshapeTo<To: Shape>: Shape {
    /// Compares the numbers of elements, as far as they are known only at run time.
    ///
    /// # Panics
    /// If they differ; the message holds both shapes.
    fn check_reshape(&self, to: &To);
}

impl<S: Factors, To: Factors> ReshapeTo<To> for S
where
    S::Unknown: Comparable<To::Unknown, S::Known, To::Known, S, To>,
{
    #[inline(always)]
    fn check_reshape(&self, to: &To) {
        if (S::STATIC_NUMEL.is_none() || To::STATIC_NUMEL.is_none()) && self.numel() != to.numel() {
            shapes_clash("reshape", "numbers of elements differ", self.dims().as_ref(), to.dims().as_ref())
        }
    }
}

/// The product of the static axes, and the number of the others (`()`, `((),)`, `(((),),)`, …).
#[diagnostic::on_unimplemented(
    message = "the number of elements of shape `{Self}` is not known here",
    note = "in generic code, `flatten` needs no bounds, and `S: ReshapeTo<T>` can be required"
)]
pub trait Factors: Shape {
    /// The product of the static axes.
    type Known: Unsigned;
    /// The number of the others.
    type Unknown;
}

/// One more factor: an axis goes to the product if it is static, and to the count if not.
pub trait Factor<Known, Unknown> {
    /// The product with it.
    type Known: Unsigned;
    /// The count with it.
    type Unknown;
}

impl<N: Unsigned, Known: Mul<N>, Unknown> Factor<Known, Unknown> for N
where
    Prod<Known, N>: Unsigned,
{
    type Known = Prod<Known, N>;
    type Unknown = Unknown;
}

impl<Known: Unsigned, Unknown> Factor<Known, Unknown> for Dyn {
    type Known = Known;
    type Unknown = (Unknown,);
}

impl Factors for () {
    type Known = U1;
    type Unknown = ();
}

// A tuple has the factors of the tuple without its final axis, and one more.
macro_rules! factors {
    ($($Init:ident)*; $Final:ident) => {
        #[diagnostic::do_not_recommend]
        impl<$($Init: Dim,)* $Final: Dim> Factors for ($($Init,)* $Final,)
        where
            ($($Init,)*): Factors,
            $Final::Size: Factor<<($($Init,)*) as Factors>::Known, <($($Init,)*) as Factors>::Unknown>,
        {
            type Known =
                <$Final::Size as Factor<<($($Init,)*) as Factors>::Known, <($($Init,)*) as Factors>::Unknown>>::Known;
            type Unknown =
                <$Final::Size as Factor<<($($Init,)*) as Factors>::Known, <($($Init,)*) as Factors>::Unknown>>::Unknown;
        }
    };
}

factors!(; A);
factors!(A; B);
factors!(A B; C);
factors!(A B C; D);
factors!(A B C D; E);
factors!(A B C D E; F);

/// Two counts of unknown axes, under which the known products `L` and `R` of shapes `S` and `To`
/// may or may not differ.
pub trait Comparable<Count, L, R, S, To> {}

impl<L, R, S, To> Comparable<(), L, R, S, To> for () where (): SameNumel<L, R, S, To> {}

impl<A: Comparable<B, L, R, S, To>, B, L, R, S, To> Comparable<(B,), L, R, S, To> for (A,) {}

impl<A, L, R, S, To> Comparable<(), L, R, S, To> for (A,) {}

impl<B, L, R, S, To> Comparable<(B,), L, R, S, To> for () {}

/// The products `A` and `B` of the static axes of shapes `S` and `To` are equal; see [`crate::differ`].
#[diagnostic::on_unimplemented(
    message = "cannot reshape `{S}` into `{To}`: {A} elements are not {B}",
    label = "the numbers of elements differ",
    note = "axes known only at run time are not counted"
)]
pub trait SameNumel<A, B, S, To> {}

impl<This, N, S, To> SameNumel<N, N, S, To> for This {}

/// Leads to the message in decimal.
pub trait NumelMismatch<A, B, S, To> {}

impl<This, A: Decimal, B: Decimal, S: Decimal, To: Decimal> NumelMismatch<A, B, S, To> for This where
    This: NumelsInDecimal<A::Name, B::Name, S::Name, To::Name>
{
}

/// Never implemented: carries the message in decimal.
#[diagnostic::on_unimplemented(
    message = "cannot reshape `{S}` into `{To}`: {A} elements are not {B}",
    label = "the numbers of elements differ",
    note = "axes known only at run time are not counted"
)]
pub trait NumelsInDecimal<A, B, S, To>: Never {}

/// The impl for one way in which two numbers of elements differ.
macro_rules! numels_differ {
    ({} [$($generic:ident)*] $left:ty, $right:ty) => {
        impl<This, S, To, $($generic),*> SameNumel<$left, $right, S, To> for This where
            This: Never + NumelMismatch<$left, $right, S, To>
        {
        }
    };
}

each_difference!(numels_differ {});

/// (B, …) → (B, product of the rest): structural, so that generic code needs no clause on B.
#[diagnostic::on_unimplemented(
    message = "shape `{Self}` cannot be flattened",
    label = "expected two to six axes, of which the first is kept"
)]
pub trait Flatten: Shape {
    /// The shape that results.
    type Output: Shape;

    /// The shape that results.
    fn flatten(&self) -> Self::Output;
}

impl<B: Dim, A: Dim> Flatten for (B, A) {
    type Output = (B, A);

    #[inline(always)]
    fn flatten(&self) -> (B, A) {
        *self
    }
}

macro_rules! flatten {
    ($First:ident $i:tt $($Rest:ident $r:tt)+) => {
        flatten!(@ [$First $($Rest)+] $First; {}; {|shape: &Self| shape.$i}; $($Rest $r)+);
    };
    (@ [$($All:ident)*] $Product:ty; {$($clauses:tt)*}; {$product:expr}; $Next:ident $n:tt $($Rest:ident $r:tt)*) => {
        flatten!(@ [$($All)*] DimProduct<$Product, $Next>; {$($clauses)* $Product: DimMul<$Next>,};
            {|shape: &Self| ($product)(shape).dim_mul(shape.$n)}; $($Rest $r)*);
    };
    (@ [$($All:ident)*] $Product:ty; {$($clauses:tt)*}; {$product:expr}; ) => {
        impl<Batch: Dim, $($All: Dim),*> Flatten for (Batch, $($All,)*)
        where
            $($clauses)*
        {
            type Output = (Batch, $Product);

            #[inline]
            fn flatten(&self) -> Self::Output {
                (self.0, ($product)(self))
            }
        }
    };
}

flatten!(A 1 B 2);
flatten!(A 1 B 2 C 3);
flatten!(A 1 B 2 C 3 D 4);
flatten!(A 1 B 2 C 3 D 4 E 5);
