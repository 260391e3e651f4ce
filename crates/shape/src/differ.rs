//! How a compile error comes to show decimal numbers, at no cost where the numbers agree.
//!
//! `impl<D> Same<D, D>` says when two axes agree, and holds for every `D` of generic code. If two
//! numbers do not agree, that impl does not apply, and the compiler would print both in binary,
//! abbreviated. So there are further impls, for numbers that first differ in bit 0, in bit 1, and
//! so on: they do not overlap with the one above, which is why coherence admits them, and they can
//! never be used, because each has two clauses that never hold:
//!
//! - [`Never`] fails at once, so that nothing else is computed where the compiler only tries the impl out;
//! - the other leads to a trait that carries the message, and to that trait the numbers are given in decimal.
//!   It has `Never` as a supertrait, and the compiler does not report an error that another one implies.
//!
//! The self type of all these impls is a type parameter, because the compiler adds a list of
//! similar impls to its errors, but leaves out those.

/// Implemented by nothing.
pub trait Never {}

/// Calls `$callback!($context [generics] left, right);` for every way in which two numbers can differ.
///
/// The numbers start as given, and get one more low bit, the same in both, for every name in the last list.
macro_rules! each_difference {
    ($callback:ident $context:tt) => {
        $crate::differ::each_difference! {
            $callback $context;
            {[X Y] UInt<X, B0>, UInt<Y, B1>}
            {[X Y] UInt<X, B1>, UInt<Y, B0>}
            {[X Y] UTerm, UInt<X, Y>}
            {[X Y] UInt<X, Y>, UTerm};
            C0 C1 C2 C3 C4 C5 C6 C7 C8 C9 C10 C11 C12 C13 C14 C15 C16 C17 C18 C19
        }
    };
    ($callback:ident $context:tt; $({[$($generic:ident)*] $left:ty, $right:ty})*; ) => {};
    ($callback:ident $context:tt; $({[$($generic:ident)*] $left:ty, $right:ty})*; $bit:ident $($bits:ident)*) => {
        $($callback!($context [$($generic)*] $left, $right);)*
        $crate::differ::each_difference! {
            $callback $context;
            $({[$($generic)* $bit] UInt<$left, $bit>, UInt<$right, $bit>})*;
            $($bits)*
        }
    };
}
pub(crate) use each_difference;
