//! Truth values: the untracked results of comparisons.

use std::fmt;
use std::ops::{BitAnd, BitOr, Not};
use std::sync::Arc;

use tenon_shape::Shape;

/// One truth value per element of a shape.
///
/// # Example
/// ```
/// use tenon_tensor::prelude::*;
/// let x: Tensor<(U3,)> = Tensor::from([-1.0, 0.0, 2.0]);
/// let positive = x.gt(&Tensor::<(U3,)>::zeros());
/// assert_eq!(positive.as_slice(), [false, false, true]);
/// assert_eq!((!positive).count(), 2);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Mask<S: Shape> {
    shape: S,
    flags: Arc<[bool]>,
}

impl<S: Shape> Mask<S> {
    /// The mask with these flags, in row-major order.
    ///
    /// # Panics
    /// When there are not as many flags as the shape has elements.
    pub fn from_vec(shape: S, flags: Vec<bool>) -> Self {
        assert_eq!(flags.len(), shape.numel(), "a mask needs one flag per element");
        Mask { shape, flags: flags.into() }
    }

    /// The shape.
    pub fn shape(&self) -> S {
        self.shape
    }

    /// The flags in row-major order.
    pub fn as_slice(&self) -> &[bool] {
        &self.flags
    }

    /// The flags, shared.
    pub fn shared(&self) -> Arc<[bool]> {
        self.flags.clone()
    }

    /// How many flags are set.
    pub fn count(&self) -> usize {
        self.flags.iter().filter(|&&flag| flag).count()
    }

    fn zip(&self, other: &Self, f: impl Fn(bool, bool) -> bool) -> Self {
        assert_eq!(self.flags.len(), other.flags.len(), "masks of different run-time sizes");
        let flags = self.flags.iter().zip(&*other.flags).map(|(&a, &b)| f(a, b)).collect();
        Mask { shape: self.shape, flags }
    }
}

impl<S: Shape> BitAnd<&Mask<S>> for &Mask<S> {
    type Output = Mask<S>;
    fn bitand(self, other: &Mask<S>) -> Mask<S> {
        self.zip(other, |a, b| a && b)
    }
}

impl<S: Shape> BitOr<&Mask<S>> for &Mask<S> {
    type Output = Mask<S>;
    fn bitor(self, other: &Mask<S>) -> Mask<S> {
        self.zip(other, |a, b| a || b)
    }
}

impl<S: Shape> Not for Mask<S> {
    type Output = Mask<S>;
    fn not(self) -> Mask<S> {
        let flags = self.flags.iter().map(|flag| !flag).collect();
        Mask { shape: self.shape, flags }
    }
}

impl<S: Shape> fmt::Debug for Mask<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mask{:?}{:?}", self.shape.dims().as_ref(), self.flags)
    }
}
