//! State that is not learned.

use tenon_autodiff::LeafId;
use tenon_tensor::shape::Shape;
use tenon_tensor::{Array, Tensor};

use crate::module::{Module, Path, Visitor, VisitorMut};

/// A tensor that a layer keeps from step to step without learning it, such as a running mean: part
/// of the state dict, but no parameter.
///
/// `forward` never writes to it. It reports a new value to the [`Context`](crate::Context), and
/// whoever applies the step commits it: see [`Updates`].
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// let mut mean = Buffer::new(Tensor::<(U2,)>::zeros());
/// let mut ctx = Context::<Cpu>::eval();
/// ctx.update(&mean, Tensor::from([1.0, 2.0]));
/// assert_eq!(mean.value().to_vec(), [0.0, 0.0]);
/// ctx.take_updates().commit(&mut mean);
/// assert_eq!(mean.value().to_vec(), [1.0, 2.0]);
/// ```
#[derive(Debug)]
pub struct Buffer<S: Shape> {
    id: LeafId,
    value: Tensor<S>,
}

impl<S: Shape> Buffer<S> {
    /// A buffer that starts at `value`.
    pub fn new(value: Tensor<S>) -> Self {
        Buffer { id: LeafId::unique(), value }
    }

    /// The identity under which an update of it is found.
    pub fn id(&self) -> LeafId {
        self.id
    }

    /// The value.
    pub fn value(&self) -> &Tensor<S> {
        &self.value
    }
}

impl<S: Shape> Clone for Buffer<S> {
    /// A buffer of the same value with an identity of its own.
    fn clone(&self) -> Self {
        Buffer::new(self.value.clone())
    }
}

impl<S: Shape> Module for Buffer<S> {
    fn visit(&self, path: &mut Path, visitor: &mut dyn Visitor) {
        visitor.buffer(path.as_str(), self.id, self.value.array());
    }

    fn visit_mut(&mut self, path: &mut Path, visitor: &mut dyn VisitorMut) {
        let dims = self.value.array().dims();
        visitor.buffer(path.as_str(), self.id, self.value.array_mut());
        assert_eq!(self.value.array().dims(), dims, "a visitor changed the dims of {}", path.as_str());
    }
}

/// A whole number that a layer keeps: how many batches it has seen. In state dicts it is a scalar
/// of type `I64`, as in PyTorch.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// let mut batches = Counter::new(0);
/// let mut ctx = Context::<Cpu>::eval();
/// ctx.count(&batches);
/// ctx.take_updates().commit(&mut batches);
/// assert_eq!(batches.count(), 1);
/// ```
#[derive(Debug)]
pub struct Counter {
    id: LeafId,
    count: i64,
}

impl Counter {
    /// A counter that starts at `count`.
    pub fn new(count: i64) -> Self {
        Counter { id: LeafId::unique(), count }
    }

    /// The identity under which its increments are found.
    pub fn id(&self) -> LeafId {
        self.id
    }

    /// The count.
    pub fn count(&self) -> i64 {
        self.count
    }
}

impl Clone for Counter {
    /// A counter at the same count with an identity of its own.
    fn clone(&self) -> Self {
        Counter::new(self.count)
    }
}

impl Module for Counter {
    fn visit(&self, path: &mut Path, visitor: &mut dyn Visitor) {
        visitor.counter(path.as_str(), self.id, self.count);
    }

    fn visit_mut(&mut self, path: &mut Path, visitor: &mut dyn VisitorMut) {
        visitor.counter(path.as_str(), self.id, &mut self.count);
    }
}

/// What a step will change besides parameters, as layers reported it to the context.
///
/// It takes effect when it is [committed](Updates::commit), with the step that it belongs to; the
/// updates of a step that is not made are dropped.
#[derive(Debug, Default)]
#[must_use = "updates take effect when they are committed"]
pub struct Updates {
    buffers: Vec<(LeafId, Array<f32>)>,
    counters: Vec<(LeafId, i64)>,
}

impl Updates {
    /// The value that a buffer will have, if it has been updated.
    pub(crate) fn buffer(&self, id: LeafId) -> Option<&Array<f32>> {
        self.buffers.iter().find(|(updated, _)| *updated == id).map(|(_, value)| value)
    }

    /// Replaces the value that a buffer will have.
    pub(crate) fn set(&mut self, id: LeafId, value: Array<f32>) {
        self.buffers.retain(|(updated, _)| *updated != id);
        self.buffers.push((id, value));
    }

    /// Adds one to what a counter will have.
    pub(crate) fn count(&mut self, id: LeafId) {
        match self.counters.iter_mut().find(|(counted, _)| *counted == id) {
            Some((_, increment)) => *increment += 1,
            None => self.counters.push((id, 1)),
        }
    }

    /// Gives the buffers and counters of a module their new values.
    pub fn commit(self, module: &mut (impl Module + ?Sized)) {
        if self.buffers.is_empty() && self.counters.is_empty() {
            return;
        }
        module.visit_mut(&mut Path::root(), &mut Commit(self));
    }
}

struct Commit(Updates);

impl VisitorMut for Commit {
    fn param(&mut self, _: &str, _: LeafId, _: &mut Array<f32>) {}

    fn buffer(&mut self, _: &str, id: LeafId, value: &mut Array<f32>) {
        if let Some(updated) = self.0.buffer(id) {
            *value = updated.clone();
        }
    }

    fn counter(&mut self, _: &str, id: LeafId, count: &mut i64) {
        let increments = self.0.counters.iter().filter(|(counted, _)| *counted == id);
        *count += increments.map(|(_, increment)| increment).sum::<i64>();
    }
}
