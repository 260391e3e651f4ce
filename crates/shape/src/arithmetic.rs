//! Arithmetic on dims, in two layers.
//!
//! `Size…` traits are defined on canonical sizes: a number with a number is computed by the
//! compiler, anything with [`Dyn`] is `Dyn` and is computed at run time. `Dim…` traits lift them to
//! all dims, forgetting names. The messages sit on the `Size…` traits and the impls in between are
//! not recommended: the compiler then stops there, instead of explaining how typenum subtracts
//! bits.

use core::ops::{Add, Div, Mul, Rem, Sub};

use typenum::{UInt, UTerm, Unsigned};

use crate::decimal::Decimal;
use crate::dim::{Dim, Dyn, Size, of_size};
use crate::failure::no_result;

macro_rules! arithmetic {
    (
        $(#[$size_doc:meta])* $SizeOp:ident;
        $(#[$dim_doc:meta])* $DimOp:ident::$method:ident = $Op:ident, $checked:path, $words:literal;
        $(#[$alias_doc:meta])* $Alias:ident
    ) => {
        $(#[$size_doc])*
        pub trait $SizeOp<R> {
            /// The size that results.
            type Output: Size;
        }

        #[diagnostic::do_not_recommend]
        impl<L: Unsigned + $Op<R>, R: Unsigned> $SizeOp<R> for L
        where
            <L as $Op<R>>::Output: Size,
        {
            type Output = <L as $Op<R>>::Output;
        }

        // No overlap: `Dyn` is local and does not implement typenum's sealed `Unsigned`.
        impl<L: Unsigned> $SizeOp<Dyn> for L {
            type Output = Dyn;
        }

        impl<R: Size> $SizeOp<R> for Dyn {
            type Output = Dyn;
        }

        $(#[$dim_doc])*
        pub trait $DimOp<R: Dim>: Dim {
            /// The size that results, without a name.
            type Output: Size;

            /// The result for these two sizes.
            ///
            /// # Panics
            /// If a size is known only at run time and there is no result.
            fn $method(self, right: R) -> Self::Output;
        }

        #[diagnostic::do_not_recommend]
        impl<L: Dim, R: Dim> $DimOp<R> for L
        where
            L::Size: $SizeOp<R::Size>,
        {
            type Output = <L::Size as $SizeOp<R::Size>>::Output;

            #[inline]
            fn $method(self, right: R) -> Self::Output {
                match $checked(self.size(), right.size()) {
                    Some(size) => of_size(size),
                    None => no_result($words, self.size(), right.size()),
                }
            }
        }

        $(#[$alias_doc])*
        pub type $Alias<L, R> = <L as $DimOp<R>>::Output;
    };
}

arithmetic! {
    /// `Self + R` on canonical sizes.
    #[diagnostic::on_unimplemented(message = "the sizes {Self} and {R} cannot be added")]
    SizeAdd;
    /// `Self + R`.
    DimAdd::dim_add = Add, usize::checked_add, "+";
    /// The dim `L + R`.
    DimSum
}

arithmetic! {
    /// `Self − R` on canonical sizes.
    #[diagnostic::on_unimplemented(
        message = "cannot take {R} away from an axis of size {Self}",
        label = "the result would be negative"
    )]
    SizeSub;
    /// `Self − R`.
    DimSub::dim_sub = Sub, usize::checked_sub, "-";
    /// The dim `L − R`.
    DimDifference
}

arithmetic! {
    /// `Self · R` on canonical sizes.
    #[diagnostic::on_unimplemented(message = "the sizes {Self} and {R} cannot be multiplied")]
    SizeMul;
    /// `Self · R`.
    DimMul::dim_mul = Mul, usize::checked_mul, "*";
    /// The dim `L · R`.
    DimProduct
}

arithmetic! {
    /// `⌊Self / R⌋` on canonical sizes.
    #[diagnostic::on_unimplemented(message = "cannot divide an axis of size {Self} by {R}", label = "division by zero")]
    SizeDiv;
    /// `⌊Self / R⌋`.
    DimDiv::dim_div = Div, usize::checked_div, "/";
    /// The dim `⌊L / R⌋`.
    DimQuotient
}

/// `Self / R` without a remainder, on canonical sizes.
#[diagnostic::on_unimplemented(
    message = "an axis of size {Self} is not divisible by {R}",
    label = "{Self} is not a multiple of {R}"
)]
pub trait SizeDivExact<R> {
    /// The size that results.
    type Output: Size;
}

/// The remainder of a division of `L` by `R` is 0.
pub trait NoRemainder<L, R> {}

impl<L, R> NoRemainder<L, R> for UTerm {}

impl<High, Low, L: Decimal, R: Decimal> NoRemainder<L, R> for UInt<High, Low> where
    (): DivisorInDecimal<L::Name, R::Name>
{
}

/// Never implemented: carries the message in decimal.
#[diagnostic::on_unimplemented(
    message = "an axis of size {L} is not divisible by {R}",
    label = "{L} is not a multiple of {R}"
)]
pub trait DivisorInDecimal<L, R> {}

impl<L, R: Unsigned> SizeDivExact<R> for L
where
    L: Unsigned + Rem<R, Output: NoRemainder<L, R>> + Div<R, Output: Size>,
{
    type Output = <L as Div<R>>::Output;
}

impl<L: Unsigned> SizeDivExact<Dyn> for L {
    type Output = Dyn;
}

impl<R: Size> SizeDivExact<R> for Dyn {
    type Output = Dyn;
}

/// `Self / R` without a remainder: heads divide an embedding, groups divide channels.
pub trait DivExact<R: Dim>: Dim {
    /// The size that results, without a name.
    type Output: Size;

    /// The result for these two sizes.
    ///
    /// # Panics
    /// If a size is known only at run time and there is a remainder.
    fn div_exact(self, right: R) -> Self::Output;
}

impl<L: Dim, R: Dim> DivExact<R> for L
where
    L::Size: SizeDivExact<R::Size>,
{
    type Output = <L::Size as SizeDivExact<R::Size>>::Output;

    #[inline]
    fn div_exact(self, right: R) -> Self::Output {
        let (left, right) = (self.size(), right.size());
        if right == 0 || !left.is_multiple_of(right) {
            no_result("divided exactly by", left, right)
        }
        of_size(left / right)
    }
}

/// The dim `L / R`, where there is no remainder.
pub type ExactQuotient<L, R> = <L as DivExact<R>>::Output;
