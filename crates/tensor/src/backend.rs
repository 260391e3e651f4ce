//! What a tensor program means: numbers, derivatives, checks.

use std::fmt::Debug;

use crate::array::Array;
use crate::buffer::Element;
use crate::dims::Dims;
use crate::op::{Fused, Op, Query, Vjp};
use crate::value::Value;

/// An interpretation of tensor programs.
///
/// [`Cpu`](crate::Cpu) runs operations; the other backends decorate one:
/// `Autodiff<Checked<Cpu<f32>>>` records what is run, and stops at the first NaN. A program
/// written once for every `B: Backend` runs under all of them.
pub trait Backend: Sized + Copy + Debug + Send + Sync + 'static {
    /// The numbers underneath.
    type Elem: Element;

    /// A handle to an array under this interpretation. Cloning it is cheap.
    type Array: Clone + Debug + Send + Sync + 'static;

    /// Whether fused kernels may stand for their definitions here: a backend that differentiates
    /// needs the definition of what it is given.
    const RUNS_KERNELS: bool;

    /// A constant.
    fn constant(array: Array<Self::Elem>) -> Self::Array;

    /// The numbers behind a handle, with everything else forgotten.
    fn array(array: &Self::Array) -> &Array<Self::Elem>;

    /// Applies an operation.
    fn apply<O: Op<N>, const N: usize>(op: O, args: [Value<Self>; N]) -> Value<Self>;

    /// Applies a fused operation.
    fn fused<F: Fused<N>, const N: usize>(op: F, args: [Value<Self>; N]) -> Value<Self>;

    /// Runs the forward kernel of a fused operation for a backend that will ask for its
    /// derivative. Called only where [`RUNS_KERNELS`](Backend::RUNS_KERNELS) holds.
    fn fused_forward<F: Fused<N>, const N: usize>(
        op: &F,
        args: [Value<Self>; N],
    ) -> (Value<Self>, F::Kept<Self::Elem>);

    /// Runs the backward kernel of a fused operation. Called only where
    /// [`RUNS_KERNELS`](Backend::RUNS_KERNELS) holds.
    fn fused_backward<F: Fused<N>, const N: usize>(
        op: &F,
        at: Vjp<Value<Self>, N>,
        kept: &F::Kept<Self::Elem>,
    ) -> [Option<Value<Self>>; N];

    /// Answers a question that has no derivative.
    fn query<Q: Query<N>, const N: usize>(query: Q, args: [&Value<Self>; N]) -> Q::Output<Self::Elem> {
        query.forward(args.map(|arg| arg.array().clone()))
    }

    /// The sizes behind a handle.
    fn dims(array: &Self::Array) -> Dims {
        Self::array(array).dims()
    }
}

/// A backend that records nothing: an operation without a derivative may be applied under it.
#[diagnostic::on_unimplemented(
    message = "this operation has no derivative, so it cannot be applied to a tensor tracked by `{Self}`",
    label = "the gradient would be lost here",
    note = "if no gradient should flow through it, say so: `x.detach()`"
)]
pub trait Untracked: Backend {}
