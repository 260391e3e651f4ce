//! The record of a computation: nodes that know how to send cotangents to their parents.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tenon_tensor::{Backend, Dims, Fused, Op, Value, Vjp};

use crate::gradients::{Gradients, LeafId};

static NEXT: AtomicU64 = AtomicU64::new(0);

/// A number that nobody else has, larger than all that were given before.
pub(crate) fn next_number() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

pub(crate) type NodeRef<B> = Arc<dyn Node<B>>;

/// One recorded operation, or a variable.
pub(crate) trait Node<B: Backend>: Send + Sync {
    /// A number larger than those of all parents.
    fn number(&self) -> u64;

    /// The variable that this node is, if it is one.
    fn leaf(&self) -> Option<LeafId>;

    /// Turns the cotangent of the result into cotangents of the parents.
    fn pull(&self, dy: Value<B>, send: &mut dyn FnMut(&NodeRef<B>, Value<B>));

    /// Moves out the parents that nobody else holds.
    fn release(&mut self, freed: &mut Vec<NodeRef<B>>);
}

/// A variable.
pub(crate) struct Leaf {
    pub(crate) number: u64,
    pub(crate) id: LeafId,
}

impl<B: Backend> Node<B> for Leaf {
    fn number(&self) -> u64 {
        self.number
    }

    fn leaf(&self) -> Option<LeafId> {
        Some(self.id)
    }

    fn pull(&self, _: Value<B>, _: &mut dyn FnMut(&NodeRef<B>, Value<B>)) {}

    fn release(&mut self, _: &mut Vec<NodeRef<B>>) {}
}

/// A derivative rule with its attributes.
pub(crate) trait Rule<B: Backend, const N: usize>: Send + Sync + 'static {
    fn cotangents(&self, at: Vjp<Value<B>, N>) -> [Option<Value<B>>; N];
}

/// The rule of a primitive operation.
pub(crate) struct OpRule<O>(pub(crate) O);

impl<B: Backend, O: Op<N>, const N: usize> Rule<B, N> for OpRule<O> {
    fn cotangents(&self, at: Vjp<Value<B>, N>) -> [Option<Value<B>>; N] {
        self.0.vjp(at)
    }
}

/// The backward kernel of a fused operation, with what its forward kernel kept.
pub(crate) struct FusedRule<F, K>(pub(crate) F, pub(crate) K);

impl<B: Backend, F: Fused<N>, const N: usize> Rule<B, N> for FusedRule<F, F::Kept<B::Elem>> {
    fn cotangents(&self, at: Vjp<Value<B>, N>) -> [Option<Value<B>>; N] {
        B::fused_backward(&self.0, at, &self.1)
    }
}

/// A recorded operation: its rule, what the rule reads, and where its arguments came from.
pub(crate) struct Record<R, B: Backend, const N: usize> {
    pub(crate) rule: R,
    pub(crate) facts: Facts<B, N>,
}

/// What is recorded of every operation, whatever its rule. Apart from the rule, so that most of
/// the code is compiled once for all operations.
pub(crate) struct Facts<B: Backend, const N: usize> {
    number: u64,
    args: [Option<Value<B>>; N],
    output: Option<Value<B>>,
    dims: [Dims; N],
    parents: [Option<NodeRef<B>>; N],
}

impl<B: Backend, const N: usize> Facts<B, N> {
    /// What is known before the operation runs on `args`, which came from `parents`.
    pub(crate) fn before(reads: [bool; N], args: &[Value<B>; N], parents: [Option<NodeRef<B>>; N]) -> Self {
        Facts {
            number: next_number(),
            args: std::array::from_fn(|i| reads[i].then(|| args[i].clone())),
            output: None,
            dims: std::array::from_fn(|i| args[i].dims()),
            parents,
        }
    }

    /// The result is known.
    pub(crate) fn after(mut self, keeps_output: bool, output: &Value<B>) -> Self {
        self.output = keeps_output.then(|| output.clone());
        self
    }

    fn at(&self, dy: Value<B>) -> Vjp<Value<B>, N> {
        let needs = std::array::from_fn(|i| self.parents[i].is_some());
        Vjp::new(dy, self.args.clone(), self.output.clone(), self.dims, needs)
    }

    fn send(&self, cotangents: [Option<Value<B>>; N], send: &mut dyn FnMut(&NodeRef<B>, Value<B>)) {
        for (parent, cotangent) in self.parents.iter().zip(cotangents) {
            if let Some(parent) = parent {
                send(parent, cotangent.expect("a rule gives every cotangent that is needed"));
            }
        }
    }
}

impl<R: Rule<B, N>, B: Backend, const N: usize> Node<B> for Record<R, B, N> {
    fn number(&self) -> u64 {
        self.facts.number
    }

    fn leaf(&self) -> Option<LeafId> {
        None
    }

    fn pull(&self, dy: Value<B>, send: &mut dyn FnMut(&NodeRef<B>, Value<B>)) {
        self.facts.send(self.rule.cotangents(self.facts.at(dy)), send);
    }

    fn release(&mut self, freed: &mut Vec<NodeRef<B>>) {
        take_unshared(&mut self.facts.parents, freed);
    }
}

/// Moves out the parents that nobody else holds.
fn take_unshared<B: Backend>(parents: &mut [Option<NodeRef<B>>], freed: &mut Vec<NodeRef<B>>) {
    for parent in parents {
        if parent.as_mut().is_some_and(|parent| Arc::get_mut(parent).is_some()) {
            freed.extend(parent.take());
        }
    }
}

impl<B: Backend, const N: usize> Drop for Facts<B, N> {
    /// Frees a chain of nodes one after the other: dropping them inside each other would use one
    /// stack frame per step of a long sequence.
    fn drop(&mut self) {
        let mut freed = Vec::new();
        take_unshared(&mut self.parents, &mut freed);
        while let Some(mut node) = freed.pop() {
            if let Some(node) = Arc::get_mut(&mut node) {
                node.release(&mut freed);
            }
        }
    }
}

/// Sends cotangents from `start` down to the variables.
///
/// Nodes are taken by falling number: when one is taken, all that depend on it have sent their
/// parts. Each is dropped when done, and what it kept with it.
pub(crate) fn pull_back<B: Backend>(start: NodeRef<B>, dy: Value<B>) -> Gradients<B> {
    let mut gradients = Gradients::new();
    let mut pending: BTreeMap<u64, (NodeRef<B>, Option<Value<B>>)> = BTreeMap::new();
    pending.insert(start.number(), (start, Some(dy)));
    while let Some((_, (node, dy))) = pending.pop_last() {
        let dy = dy.expect("a pending node has a cotangent");
        if let Some(id) = node.leaf() {
            gradients.add(id, dy);
            continue;
        }
        node.pull(dy, &mut |parent, cotangent| {
            let (_, sum) = pending.entry(parent.number()).or_insert_with(|| (parent.clone(), None));
            *sum = Some(match sum.take() {
                Some(sum) => sum + cotangent,
                None => cotangent,
            });
        });
    }
    gradients
}

impl<B: Backend> Debug for dyn Node<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({})", self.number())
    }
}
