//! Equalities: a trait with a message of its own for every reason why two axes, or two shapes, must
//! be the same.
//!
//! Repeating a type parameter in an impl would express an equality too, but the compiler would then
//! unify and report mismatched types with their digits elided, and no message of ours.

use typenum::{B0, B1, UInt, UTerm};

use crate::decimal::Decimal;
use crate::differ::{Never, each_difference};
use crate::dim::{Dim, Dyn};
use crate::failure::shapes_clash;
use crate::same_axis::same_axis;
use crate::shape::Shape;

same_axis! {
    /// The last axis of an input is what a layer takes.
    InFeatures::check_in_features, "input features (last axis)", in_features:
    message = "the layer takes {R} input features, but the last axis of the input has {L}",
    label = "wrong number of input features"
}

same_axis! {
    /// The channels of an input are what a layer takes.
    Channels::check_channels, "input channels (axis 1)", channels:
    message = "the layer takes {R} input channels, but axis 1 of the input has {L}",
    label = "wrong number of input channels"
}

same_axis! {
    /// There are as many scores per example as classes the labels are taken from.
    Classes::check_classes, "scores per example (last axis)", classes:
    message = "the labels are of {R} classes, but the last axis of the scores has {L}",
    label = "wrong number of classes"
}

same_axis! {
    /// Ids index the vocabulary a table was made for.
    Vocabulary::check_vocabulary, "vocabulary of the ids", vocabulary:
    message = "the ids are of vocabulary {L}, but the table holds vocabulary {R}",
    label = "ids of another vocabulary"
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

impl<S: Shape, R: Shape> SameShape<R> for S
where
    (): SameAxis<S::A0, R::A0, S, R>
        + SameAxis<S::A1, R::A1, S, R>
        + SameAxis<S::A2, R::A2, S, R>
        + SameAxis<S::A3, R::A3, S, R>
        + SameAxis<S::A4, R::A4, S, R>
        + SameAxis<S::A5, R::A5, S, R>,
{
    #[inline(always)]
    fn check_same(&self, right: &R, op: &'static str) {
        if S::STATIC_NUMEL.is_none() && self.dims().as_ref() != right.dims().as_ref() {
            shapes_clash(op, "the shapes differ", self.dims().as_ref(), right.dims().as_ref())
        }
    }
}

/// Not a shape, and there is no value of it.
///
/// With a single candidate the compiler would infer the type of an argument from a relation before
/// it looks at the argument, and report mismatched types. A second candidate that can never be used
/// keeps the question open, so that a wrong argument violates the relation, whose message is then
/// shown.
#[doc(hidden)]
#[derive(Copy, Clone)]
pub enum Decoy {}

impl<S: Shape> SameShape<Decoy> for S {
    fn check_same(&self, right: &Decoy, _: &'static str) {
        match *right {}
    }
}

/// `A` of shape `L` and `B` of shape `R` are the same axis, or both absent; see [`crate::differ`].
#[diagnostic::on_unimplemented(
    message = "the shapes differ: left is {L}, right is {R}",
    label = "both operands must have the same shape"
)]
pub(crate) trait SameAxis<A, B, L, R> {}

impl<This, Axis, L, R> SameAxis<Axis, Axis, L, R> for This {}

/// Leads to the message in decimal.
pub(crate) trait ShapeMismatch<L, R> {}

impl<This, L: Decimal, R: Decimal> ShapeMismatch<L, R> for This where This: ShapesInDecimal<L::Name, R::Name> {}

/// Never implemented: carries the message in decimal.
#[diagnostic::on_unimplemented(
    message = "the shapes differ: left is {L}, right is {R}",
    label = "both operands must have the same shape"
)]
pub(crate) trait ShapesInDecimal<L, R>: Never {}

/// The impl for one way in which two shapes differ in an axis.
macro_rules! shapes_differ {
    ({} [$($generic:ident)*] $left:ty, $right:ty) => {
        impl<This, L, R, $($generic),*> SameAxis<$left, $right, L, R> for This where
            This: Never + ShapeMismatch<L, R>
        {
        }
    };
}

each_difference!(shapes_differ {});
shapes_differ!({} [X Y] Dyn, UInt<X, Y>);
shapes_differ!({} [X Y] UInt<X, Y>, Dyn);
shapes_differ!({} [X Y] (), UInt<X, Y>);
shapes_differ!({} [X Y] UInt<X, Y>, ());
shapes_differ!({} [] (), Dyn);
shapes_differ!({} [] Dyn, ());
