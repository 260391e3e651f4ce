//! The backend that records.

use std::marker::PhantomData;
use std::sync::Arc;

use tenon_tensor::shape::Shape;
use tenon_tensor::{Array, Backend, Fused, Op, Tensor, Value, Vjp};

use crate::gradients::{Gradients, LeafId};
use crate::graph::{Facts, FusedRule, Leaf, NodeRef, OpRule, Record, Rule, next_number, pull_back};

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

    /// Records an operation.
    fn record<R: Rule<B, N>, const N: usize>(rule: R, facts: Facts<B, N>, value: Value<B>) -> Value<Self> {
        Value::from_handle(Tracked { value, node: Some(Arc::new(Record { rule, facts })) })
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

/// Values that nothing is recorded of.
fn untracked<B: Backend, const N: usize>(values: [Option<Value<B>>; N]) -> [Option<Value<Autodiff<B>>>; N] {
    values.map(|value| value.map(|value| Value::from_handle(Tracked { value, node: None })))
}

fn primal<B: Backend>(value: Value<Autodiff<B>>) -> Value<B> {
    value.into_handle().value
}

fn any_tracked<B: Backend>(args: &[Value<Autodiff<B>>]) -> bool {
    args.iter().any(|arg| arg.handle().node.is_some())
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
        let tracked = any_tracked(&args);
        let (values, parents) = split(args);
        if !tracked {
            return Value::from_handle(Tracked { value: B::apply(op, values), node: None });
        }
        let facts = Facts::before(O::READS.args, &values, parents);
        let value = B::apply(op.clone(), values);
        Self::record(OpRule(op), facts.after(O::READS.output, &value), value)
    }

    fn fused<F: Fused<N>, const N: usize>(op: F, args: [Value<Self>; N]) -> Value<Self> {
        let tracked = any_tracked(&args);
        if tracked && !B::RUNS_KERNELS {
            return op.definition(args);
        }
        let (values, parents) = split(args);
        if !tracked {
            return Value::from_handle(Tracked { value: B::fused(op, values), node: None });
        }
        let facts = Facts::before(F::READS.args, &values, parents);
        let (value, kept) = B::fused_forward(&op, values);
        Self::record(FusedRule(op, kept), facts.after(F::READS.output, &value), value)
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
        untracked(B::fused_backward(op, at.map(primal), kept))
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
