//! The backend that records.

use std::marker::PhantomData;
use std::sync::Arc;

use tenon_tensor::shape::Shape;
use tenon_tensor::{Array, Backend, Fused, Op, Tensor, Value, Vjp};

use crate::gradients::{Gradients, LeafId};
use crate::graph::{FusedRule, Leaf, NodeRef, OpRule, Record, Rule, next_number, pull_back};

/// Runs every operation on `B` and records how to differentiate it.
///
/// `Autodiff<Autodiff<B>>` differentiates twice: the derivative rules of the outer level are
/// recorded by the inner one. What does not depend on a variable is not recorded, and an operation
/// keeps only what its rule says that it reads.
#[derive(Clone, Copy, Debug)]
pub struct Autodiff<B>(PhantomData<B>);

/// A value under [`Autodiff`]: the value on `B`, and where it came from if that matters.
#[derive(Clone, Debug)]
pub struct Tracked<B: Backend> {
    pub(crate) value: Value<B>,
    pub(crate) node: Option<NodeRef<B>>,
}

impl<B: Backend> Tracked<B> {
    /// The variable that this value is, if it is one.
    pub(crate) fn leaf(&self) -> Option<LeafId> {
        self.node.as_ref()?.leaf()
    }
}

impl<B: Backend> Autodiff<B> {
    /// A variable under a given identity; every use of one identity adds to the same gradient.
    pub fn leaf(id: LeafId, value: Value<B>) -> Value<Self> {
        let node: NodeRef<B> = Arc::new(Leaf { number: next_number(), id });
        Value::from_handle(Tracked { value, node: Some(node) })
    }

    /// The cotangents of the variables behind `y`, given its own.
    pub fn pull_back(y: &Value<Self>, dy: Value<B>) -> Gradients<B> {
        match &y.handle().node {
            Some(node) => pull_back(node.clone(), dy),
            None => Gradients::new(),
        }
    }

    /// The value under the level below.
    pub fn primal(y: &Value<Self>) -> Value<B> {
        y.handle().value.clone()
    }

    /// Records one operation whose arguments came from `parents`.
    fn record<R: Rule<B, N>, const N: usize>(
        rule: R,
        kept: ([Option<Value<B>>; N], bool),
        dims: [tenon_tensor::Dims; N],
        parents: [Option<NodeRef<B>>; N],
        value: Value<B>,
    ) -> Value<Self> {
        let (args, keeps_output) = kept;
        let output = keeps_output.then(|| value.clone());
        let node: NodeRef<B> = Arc::new(Record { number: next_number(), rule, args, output, dims, parents });
        Value::from_handle(Tracked { value, node: Some(node) })
    }
}

/// Takes values apart: what they hold, and where they came from.
fn split<B: Backend, const N: usize>(
    args: [Value<Autodiff<B>>; N],
) -> ([Value<B>; N], [Option<NodeRef<B>>; N]) {
    let mut nodes = [const { None }; N];
    let mut nodes_left = nodes.iter_mut();
    let values = args.map(|arg| {
        let Tracked { value, node } = arg.into_handle();
        *nodes_left.next().expect("one node per argument") = node;
        value
    });
    (values, nodes)
}

/// The arguments that a rule reads.
fn keep<B: Backend, const N: usize>(reads: [bool; N], values: &[Value<B>; N]) -> [Option<Value<B>>; N] {
    std::array::from_fn(|i| reads[i].then(|| values[i].clone()))
}

impl<B: Backend> Backend for Autodiff<B> {
    type Elem = B::Elem;
    type Array = Tracked<B>;
    const RUNS_KERNELS: bool = false;

    fn constant(array: Array<B::Elem>) -> Tracked<B> {
        Tracked { value: Value::constant(array), node: None }
    }

    fn array(array: &Tracked<B>) -> &Array<B::Elem> {
        array.value.array()
    }

    fn apply<O: Op<N>, const N: usize>(op: O, args: [Value<Self>; N]) -> Value<Self> {
        let (values, parents) = split(args);
        if parents.iter().all(Option::is_none) {
            return Value::from_handle(Tracked { value: B::apply(op, values), node: None });
        }
        let dims = std::array::from_fn(|i| values[i].dims());
        let kept = (keep(O::READS.args, &values), O::READS.output);
        let value = B::apply(op.clone(), values);
        Self::record(OpRule(op), kept, dims, parents, value)
    }

    fn fused<F: Fused<N>, const N: usize>(op: F, args: [Value<Self>; N]) -> Value<Self> {
        let tracked = args.iter().any(|arg| arg.handle().node.is_some());
        if !tracked {
            let (values, _) = split(args);
            return Value::from_handle(Tracked { value: B::fused(op, values), node: None });
        }
        if !B::RUNS_KERNELS {
            return op.definition(args);
        }
        let (values, parents) = split(args);
        let dims = std::array::from_fn(|i| values[i].dims());
        let kept = (keep(F::READS.args, &values), F::READS.output);
        let (value, aux) = B::fused_forward(&op, values);
        Self::record(FusedRule(op, aux), kept, dims, parents, value)
    }

    fn fused_forward<F: Fused<N>, const N: usize>(
        op: &F,
        args: [Value<Self>; N],
    ) -> (Value<Self>, F::Kept<B::Elem>) {
        let (values, _) = split(args);
        let (value, kept) = B::fused_forward(op, values);
        (Value::from_handle(Tracked { value, node: None }), kept)
    }

    fn fused_backward<F: Fused<N>, const N: usize>(
        op: &F,
        at: Vjp<Value<Self>, N>,
        kept: &F::Kept<B::Elem>,
    ) -> [Option<Value<Self>>; N] {
        let cotangents = B::fused_backward(op, at.map(|value| value.into_handle().value), kept);
        cotangents.map(|cotangent| cotangent.map(|value| Value::from_handle(Tracked { value, node: None })))
    }
}

/// Makes tensors variables.
pub trait Track<S: Shape, B: Backend> {
    /// The tensor as a variable: gradients with respect to it can be asked for.
    fn track(&self) -> Tensor<S, Autodiff<B>>;

    /// The tensor as a constant under [`Autodiff`].
    fn untracked(&self) -> Tensor<S, Autodiff<B>>;
}

impl<S: Shape, B: Backend> Track<S, B> for Tensor<S, B> {
    fn track(&self) -> Tensor<S, Autodiff<B>> {
        Tensor::from_value(self.shape(), Autodiff::leaf(LeafId::unique(), self.value().clone()))
    }

    fn untracked(&self) -> Tensor<S, Autodiff<B>> {
        let value = Value::from_handle(Tracked { value: self.value().clone(), node: None });
        Tensor::from_value(self.shape(), value)
    }
}

/// Differentiates scalars.
pub trait Backward<B: Backend> {
    /// The gradients of this scalar with respect to all variables it depends on.
    ///
    /// The record is consumed: what an operation kept is freed as soon as its cotangents are
    /// computed.
    fn backward(self) -> Gradients<B>;
}

impl<B: Backend> Backward<B> for Tensor<(), Autodiff<B>> {
    fn backward(self) -> Gradients<B> {
        let Tracked { value, node } = self.into_value().into_handle();
        match node {
            Some(node) => pull_back(node, value.full_like(1.0)),
            None => Gradients::new(),
        }
    }
}
