//! An operation run under any backend, with its gradients.

use tenon_tensor::proof::Naive;
use tenon_tensor::{Array, Backend, Dims, Element, Float, Value};

use crate::autodiff::{Autodiff, Tracked};
use crate::gradients::LeafId;

use super::subject::{RunsOn, Subject};

/// What is run: the operation, or the definition of a fused one.
#[derive(Clone, Copy)]
pub(super) enum Route {
    Operation,
    Definition,
}

impl Route {
    /// The result; none where there is no definition.
    pub(super) fn run<B: Backend>(self, op: &(dyn Subject + 'static), args: Vec<Value<B>>) -> Option<Value<B>>
    where
        dyn Subject: RunsOn<B>,
    {
        match self {
            Route::Operation => Some(RunsOn::run(op, args)),
            Route::Definition => RunsOn::definition(op, args),
        }
    }
}

/// A result on `B`, and the cotangents of the arguments.
pub(super) struct Pullback<B: Backend> {
    pub(super) value: Value<B>,
    pub(super) gradients: Vec<Value<B>>,
}

/// Runs and differentiates; an argument that the result does not depend on has a gradient of
/// zeros. Which arguments are variables is up to `tracked`; the others get zeros too.
pub(super) fn pull_back<B: Backend>(
    route: Route,
    op: &(dyn Subject + 'static),
    args: Vec<Value<B>>,
    cotangent: Value<B>,
    tracked: &[bool],
) -> Option<Pullback<B>>
where
    dyn Subject: RunsOn<Autodiff<B>>,
{
    let places: Vec<(LeafId, Dims)> = args.iter().map(|arg| (LeafId::unique(), arg.dims())).collect();
    let enter = |((arg, &(id, _)), &tracked): ((Value<B>, &(LeafId, Dims)), &bool)| match tracked {
        true => Autodiff::leaf(id, arg),
        false => Value::from_handle(Tracked { value: arg, node: None }),
    };
    let variables = args.into_iter().zip(&places).zip(tracked).map(enter).collect();
    let y = route.run(op, variables)?;
    let gradients = Autodiff::pull_back(&y, cotangent);
    let value = Autodiff::primal(&y);
    let gradient = |&(id, dims): &(LeafId, Dims)| gradients.value(id).cloned().unwrap_or_else(|| zeros(dims));
    Some(Pullback { value, gradients: places.iter().map(gradient).collect() })
}

/// The result and gradients of the operation, with respect to all arguments.
pub(super) fn differentiate<B: Backend>(
    op: &(dyn Subject + 'static),
    args: Vec<Value<B>>,
    cotangent: Value<B>,
) -> Pullback<B>
where
    dyn Subject: RunsOn<Autodiff<B>>,
{
    let tracked = vec![true; args.len()];
    pull_back(Route::Operation, op, args, cotangent, &tracked).expect("an operation has a result")
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
pub(super) fn values<B: Backend>(args: &[Naive]) -> Vec<Value<B>> {
    args.iter().map(value).collect()
}

/// The numbers behind a value.
pub(super) fn numbers<B: Backend>(value: &Value<B>) -> Naive {
    let data = value.array().to_vec().into_iter().map(Float::to_f64).collect();
    Naive { dims: value.dims(), data }
}
