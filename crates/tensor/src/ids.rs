//! Class labels and token ids, typed by the vocabulary they are from.

use std::fmt;

use tenon_shape::{Dim, Shape, StaticDim};

use crate::error::IdsError;
use crate::indices::Indices;

/// Whole numbers below the size of the vocabulary `V`: class labels, token ids, indices.
///
/// They are checked once, when made, and carry the type of their vocabulary, so they cannot be
/// given to a loss or an embedding of another size.
///
/// # Example
/// ```
/// use tenon_tensor::prelude::*;
/// let labels: Ids<(U3,), U10> = Ids::try_from_vec(Default::default(), vec![7, 2, 1])?;
/// assert_eq!(labels.as_slice(), [7, 2, 1]);
/// assert!(Ids::<(U1,), U10>::try_from_vec(Default::default(), vec![10]).is_err());
/// # Ok::<(), tenon_tensor::IdsError>(())
/// ```
#[derive(Clone)]
pub struct Ids<S: Shape, V: Dim> {
    shape: S,
    vocabulary: V,
    ids: Indices,
}

impl<S: Shape, V: StaticDim> Ids<S, V> {
    /// Ids of a vocabulary whose size is static.
    ///
    /// # Errors
    /// When an id is not below the size of the vocabulary, or there are not as many ids as the
    /// shape has elements.
    pub fn try_from_vec(shape: S, ids: Vec<u32>) -> Result<Self, IdsError> {
        Ids::try_with_vocabulary(shape, V::default(), ids)
    }
}

impl<S: Shape, V: Dim> Ids<S, V> {
    /// Ids of the given vocabulary.
    ///
    /// # Errors
    /// When an id is not below the size of the vocabulary, or there are not as many ids as the
    /// shape has elements.
    pub fn try_with_vocabulary(shape: S, vocabulary: V, ids: Vec<u32>) -> Result<Self, IdsError> {
        if ids.len() != shape.numel() {
            let dims = shape.dims().as_ref().to_vec();
            return Err(IdsError::Count { dims, expected: shape.numel(), found: ids.len() });
        }
        let size = vocabulary.size();
        match ids.iter().position(|&id| id as usize >= size) {
            Some(position) => {
                Err(IdsError::OutOfVocabulary { id: ids[position], position, vocabulary: size })
            }
            None => Ok(Ids { shape, vocabulary, ids: ids.as_slice().into() }),
        }
    }

    /// Ids that are below the size of the vocabulary because of how they were computed.
    pub(crate) fn checked_by_construction(shape: S, vocabulary: V, ids: Indices) -> Self {
        debug_assert!(ids.iter().all(|&id| (id as usize) < vocabulary.size()));
        Ids { shape, vocabulary, ids }
    }

    /// The shape.
    pub fn shape(&self) -> S {
        self.shape
    }

    /// The vocabulary.
    pub fn vocabulary(&self) -> V {
        self.vocabulary
    }

    /// The ids in row-major order.
    pub fn as_slice(&self) -> &[u32] {
        &self.ids
    }

    /// The ids, shared.
    pub fn shared(&self) -> Indices {
        self.ids.clone()
    }
}

impl<S: Shape, V: Dim> fmt::Debug for Ids<S, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ids{:?}{:?} of {}", self.shape.dims().as_ref(), self.ids, self.vocabulary.size())
    }
}
