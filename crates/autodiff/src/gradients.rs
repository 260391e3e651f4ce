//! The gradients of a backward pass.

use tenon_tensor::shape::Shape;
use tenon_tensor::{Backend, Tensor, Value};

use crate::autodiff::Autodiff;
use crate::graph::next_number;

/// The identity of a variable or a parameter, under which its gradient is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeafId(u64);

impl LeafId {
    /// An identity that nothing else has.
    pub fn unique() -> Self {
        LeafId(next_number())
    }
}

/// The gradients of a scalar with respect to the variables it was computed from.
///
/// A gradient that does not exist, because the scalar does not depend on the variable, is `None`,
/// never a silent zero.
///
/// # Example
/// ```
/// use tenon_autodiff::prelude::*;
/// let x: Tensor<(U2,)> = Tensor::from([3.0, -1.0]);
/// let unused = x.track();
/// let x = x.track();
/// let gradients = x.clone().square().sum_all().backward();
/// assert_eq!(gradients.get(&x).unwrap().to_vec(), [6.0, -2.0]);
/// assert!(gradients.get(&unused).is_none());
/// ```
#[derive(Debug)]
pub struct Gradients<B: Backend> {
    // Sorted by identity.
    entries: Vec<(LeafId, Value<B>)>,
}

impl<B: Backend> Gradients<B> {
    pub(crate) fn new() -> Self {
        Gradients { entries: Vec::with_capacity(16) }
    }

    /// Adds to the gradient of a variable.
    pub(crate) fn add(&mut self, id: LeafId, gradient: Value<B>) {
        match self.entries.binary_search_by_key(&id, |entry| entry.0) {
            Ok(at) => {
                let sum = self.entries[at].1.clone() + gradient;
                self.entries[at].1 = sum;
            }
            Err(at) => self.entries.insert(at, (id, gradient)),
        }
    }

    /// The gradient with respect to a variable, if the scalar depends on it.
    pub fn get<S: Shape>(&self, variable: &Tensor<S, Autodiff<B>>) -> Option<Tensor<S, B>> {
        let id = variable.value().handle().leaf()?;
        Some(Tensor::from_value(variable.shape(), self.value(id)?.clone()))
    }

    /// The gradient with respect to the variable of this identity, without its shape.
    pub fn value(&self, id: LeafId) -> Option<&Value<B>> {
        let at = self.entries.binary_search_by_key(&id, |entry| entry.0).ok()?;
        Some(&self.entries[at].1)
    }

    /// All gradients, by identity.
    pub fn iter(&self) -> impl Iterator<Item = (LeafId, &Value<B>)> {
        self.entries.iter().map(|(id, gradient)| (*id, gradient))
    }

    /// Replaces every gradient by `f` of it: clipping, scaling, averaging.
    pub fn map(self, mut f: impl FnMut(LeafId, Value<B>) -> Value<B>) -> Self {
        Gradients { entries: self.entries.into_iter().map(|(id, gradient)| (id, f(id, gradient))).collect() }
    }

    /// The sum of two sets of gradients, for accumulation over several batches.
    pub fn merged(mut self, other: Self) -> Self {
        for (id, gradient) in other.entries {
            self.add(id, gradient);
        }
        self
    }
}
