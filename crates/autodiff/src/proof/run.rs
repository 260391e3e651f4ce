//! An operation run under any backend, with its gradients.

use tenon_tensor::proof::{Naive, Proof};
use tenon_tensor::{Array, Backend, Dims, Element, Float, Value};

use crate::autodiff::{Autodiff, Tracked};
use crate::gradients::LeafId;

/// What is run: the operation, or the definition of a fused one.
#[derive(Clone, Copy)]
pub(super) enum Route {
    Operation,
    Definition,
}

impl Route {
    /// The result; none where there is no definition.
    pub(super) fn run<P: Proof<N>, B: Backend, const N: usize>(
        self,
        op: &P,
        args: [Value<B>; N],
    ) -> Option<Value<B>> {
        match self {
            Route::Operation => Some(op.run(args)),
            Route::Definition => op.definition(args),
        }
    }
}

/// A result on `B`, and the cotangents of the arguments.
pub(super) struct Pullback<B: Backend, const N: usize> {
    pub(super) value: Value<B>,
    pub(super) gradients: [Value<B>; N],
}

/// Runs and differentiates; an argument that the result does not depend on has a gradient of
/// zeros. Which arguments are variables is up to `tracked`; the others get zeros too.
pub(super) fn pull_back<P: Proof<N>, B: Backend, const N: usize>(
    route: Route,
    op: &P,
    args: [Value<B>; N],
    cotangent: Value<B>,
    tracked: [bool; N],
) -> Option<Pullback<B, N>> {
    let dims = args.each_ref().map(Value::dims);
    let ids: [LeafId; N] = std::array::from_fn(|_| LeafId::unique());
    let mut places = ids.iter().zip(tracked);
    let variables = args.map(|arg| match places.next() {
        Some((&id, true)) => Autodiff::leaf(id, arg),
        _ => Value::from_handle(Tracked { value: arg, node: None }),
    });
    let y = route.run(op, variables)?;
    let gradients = Autodiff::pull_back(&y, cotangent);
    let value = Autodiff::primal(&y);
    let gradient = |i: usize| gradients.value(ids[i]).cloned().unwrap_or_else(|| zeros(dims[i]));
    Some(Pullback { value, gradients: std::array::from_fn(gradient) })
}

/// The result and gradients of the operation, with respect to all arguments.
pub(super) fn differentiate<P: Proof<N>, B: Backend, const N: usize>(
    op: &P,
    args: [Value<B>; N],
    cotangent: Value<B>,
) -> Pullback<B, N> {
    pull_back(Route::Operation, op, args, cotangent, [true; N]).expect("an operation has a result")
}

/// Zeros under any backend.
pub(super) fn zeros<B: Backend>(dims: Dims) -> Value<B> {
    Value::constant(Array::full(dims, B::Elem::ZERO))
}

/// The array of these numbers, rounded to `E`.
pub(super) fn array<E: Element>(x: &Naive) -> Array<E> {
    Array::from_vec(x.dims, x.data.iter().map(|&x| E::from_f64(x)).collect())
}

/// A constant of these numbers.
pub(super) fn value<B: Backend>(x: &Naive) -> Value<B> {
    Value::constant(array(x))
}

/// Constants of these numbers.
pub(super) fn values<B: Backend, const N: usize>(args: &[Naive; N]) -> [Value<B>; N] {
    args.each_ref().map(value)
}

/// The numbers behind a value.
pub(super) fn numbers<B: Backend>(value: &Value<B>) -> Naive {
    let data = value.array().to_vec().into_iter().map(Float::to_f64).collect();
    Naive { dims: value.dims(), data }
}
