//! Decimal numbers as types: `_784` is 784, and `_50<_257>` is 50257.
//!
//! They appear in compile errors and nowhere else, and are computed only where an error is to be reported
//! (see `differ.rs`).

use typenum::{B0, B1, U0, U1, U2, U3, U4, U5, U6, U7, U8, U9, UInt, UTerm};

use crate::dim::Dyn;

/// What is written in a message: the number of a typenum number, the name of a dim, a tuple of
/// these for a shape.
#[diagnostic::on_unimplemented(
    message = "two axes or shapes that must be the same differ",
    label = "this does not fit",
    note = "the size of `{Self}` is not known here, so the sizes cannot be shown"
)]
pub trait Decimal {
    /// The type that is written.
    type Name;
}

impl Decimal for UTerm {
    type Name = _0;
}

#[diagnostic::do_not_recommend]
impl<High: Digits<Digits: Double<Low, Output: Groups<()>>>, Low> Decimal for UInt<High, Low> {
    type Name = <<High::Digits as Double<Low>>::Output as Groups<()>>::Name;
}

impl Decimal for Dyn {
    type Name = _Dyn;
}

/// [`Dyn`] in a message. The compiler prints a name with its whole path if the program imports that
/// name by a glob, as it does `Dyn`.
pub struct _Dyn;

macro_rules! decimal_shape {
    ($($D:ident)*) => {
        impl<$($D: Decimal),*> Decimal for ($($D,)*) {
            type Name = ($($D::Name,)*);
        }
    };
}

decimal_shape!();
decimal_shape!(A);
decimal_shape!(A B);
decimal_shape!(A B C);
decimal_shape!(A B C D);
decimal_shape!(A B C D E);
decimal_shape!(A B C D E F);

/// The decimal digits of a number as nested pairs, the lowest digit first: 784 is `(U4, (U8, (U7, ())))`.
pub trait Digits {
    /// The digits.
    type Digits;
}

impl Digits for UTerm {
    type Digits = ();
}

impl<High: Digits<Digits: Double<Low>>, Low> Digits for UInt<High, Low> {
    type Digits = <High::Digits as Double<Low>>::Output;
}

/// Decimal digits that are doubled, plus a carry bit: one such step per bit of a number, from the
/// highest bit on.
pub trait Double<Carry> {
    /// The digits that result.
    type Output;
}

impl Double<B0> for () {
    type Output = ();
}

impl Double<B1> for () {
    type Output = (U1, ());
}

impl<Digit: DoubleDigit<Carry>, Higher: Double<Digit::Carry>, Carry> Double<Carry> for (Digit, Higher) {
    type Output = (Digit::Digit, Higher::Output);
}

/// One decimal digit that is doubled, plus a carry bit.
pub trait DoubleDigit<Carry> {
    /// The digit that results.
    type Digit;
    /// What is carried to the next digit.
    type Carry;
}

macro_rules! double_digits {
    ($($digit:ident: $even:ident, $odd:ident, $carry:ident;)*) => {$(
        impl DoubleDigit<B0> for $digit {
            type Digit = $even;
            type Carry = $carry;
        }

        impl DoubleDigit<B1> for $digit {
            type Digit = $odd;
            type Carry = $carry;
        }
    )*};
}

double_digits! {
    U0: U0, U1, B0;
    U1: U2, U3, B0;
    U2: U4, U5, B0;
    U3: U6, U7, B0;
    U4: U8, U9, B0;
    U5: U0, U1, B1;
    U6: U2, U3, B1;
    U7: U4, U5, B1;
    U8: U6, U7, B1;
    U9: U8, U9, B1;
}

/// Digits written in groups of three, before the groups of `Rest`.
pub trait Groups<Rest> {
    /// The groups, the highest outermost.
    type Name;
}

impl<A, Rest> Groups<Rest> for (A, ())
where
    Self: Group<Rest>,
{
    type Name = <Self as Group<Rest>>::Name;
}

impl<A, B, Rest> Groups<Rest> for (A, (B, ()))
where
    Self: Group<Rest>,
{
    type Name = <Self as Group<Rest>>::Name;
}

impl<A, B, C, Rest> Groups<Rest> for (A, (B, (C, ())))
where
    Self: Group<Rest>,
{
    type Name = <Self as Group<Rest>>::Name;
}

impl<A, B, C, D, Higher, Rest> Groups<Rest> for (A, (B, (C, (D, Higher))))
where
    (A, (B, (C, ()))): Group<Rest>,
    (D, Higher): Groups<<(A, (B, (C, ()))) as Group<Rest>>::Name>,
{
    type Name = <(D, Higher) as Groups<<(A, (B, (C, ()))) as Group<Rest>>::Name>>::Name;
}

/// One to three digits, the lowest first, and the type named after them.
pub trait Group<Rest> {
    /// The type that has these digits as its name.
    type Name;
}

pub use numerals::*;

#[allow(non_camel_case_types, missing_docs, reason = "the names say it all")]
mod numerals {
    use super::Group;

    tenon_derive::numerals!(::typenum);
}
