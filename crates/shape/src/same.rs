//! Equalities: a trait with a message of its own for every reason why two axes, or two shapes, must be the same.
//!
//! Repeating a type parameter in an impl would express an equality too, but the compiler would then unify and report
//! mismatched types with their digits elided, and no message of ours.

use crate::dim::Dim;
use crate::failure::shapes_clash;
use crate::shape::Shape;

/// Declares a trait that holds when two axes are the same.
macro_rules! same_axis {
    ($(#[$meta:meta])* $Trait:ident::$check:ident, $what:literal) => {
        $(#[$meta])*
        pub trait $Trait<R: Dim>: Dim {
            /// Compares two sizes known only at run time.
            ///
            /// # Panics
            /// If they differ.
            fn $check(self, expected: R);
        }

        impl<D: Dim> $Trait<D> for D {
            #[inline(always)]
            fn $check(self, expected: D) {
                if D::STATIC.is_none() && self.size() != expected.size() {
                    $crate::failure::sizes_differ($what, self.size(), expected.size())
                }
            }
        }
    };
}
pub(crate) use same_axis;

same_axis! {
    /// The last axis of an input is what a layer takes.
    #[diagnostic::on_unimplemented(
        message = "the layer takes {R} input features, but the last axis of the input has {Self}",
        label = "wrong number of input features"
    )]
    InFeatures::check_in_features, "input features (last axis)"
}

same_axis! {
    /// The channels of an input are what a layer takes.
    #[diagnostic::on_unimplemented(
        message = "the layer takes {R} input channels, but axis 1 of the input has {Self}",
        label = "wrong number of input channels"
    )]
    Channels::check_channels, "input channels (axis 1)"
}

same_axis! {
    /// There are as many scores per example as classes the labels are taken from.
    #[diagnostic::on_unimplemented(
        message = "the labels are of {R} classes, but the last axis of the scores has {Self}",
        label = "wrong number of classes"
    )]
    Classes::check_classes, "scores per example (last axis)"
}

same_axis! {
    /// Ids index the vocabulary a table was made for.
    #[diagnostic::on_unimplemented(
        message = "the ids are of vocabulary {Self}, but the table holds vocabulary {R}",
        label = "ids of another vocabulary"
    )]
    Vocabulary::check_vocabulary, "vocabulary of the ids"
}

/// Two shapes that are the same, as the operands of an elementwise operation without broadcasting must be.
#[diagnostic::on_unimplemented(
    message = "the shapes differ: left is {Self}, right is {R}",
    label = "both operands must have the same shape"
)]
pub trait SameShape<R>: Shape {
    /// Compares sizes known only at run time.
    ///
    /// # Panics
    /// If they differ; the message names `op` and both shapes.
    fn check_same(&self, right: &R, op: &'static str);
}

impl<S: Shape> SameShape<S> for S {
    #[inline(always)]
    fn check_same(&self, right: &S, op: &'static str) {
        if S::STATIC_NUMEL.is_none() && self.dims().as_ref() != right.dims().as_ref() {
            shapes_clash(
                op,
                "the shapes differ",
                self.dims().as_ref(),
                right.dims().as_ref(),
            )
        }
    }
}

/// Not a shape, and there is no value of it.
///
/// With a single candidate the compiler would infer the type of an argument from a relation before it looks at the
/// argument, and report mismatched types. A second candidate that can never be used keeps the question open, so that a
/// wrong argument violates the relation, whose message is then shown.
#[doc(hidden)]
#[derive(Copy, Clone)]
pub enum Decoy {}

impl<S: Shape> SameShape<Decoy> for S {
    fn check_same(&self, right: &Decoy, _: &'static str) {
        match *right {}
    }
}
