//! What can go wrong where run-time sizes meet types.

use tenon_shape::Shape;

/// Sizes that do not fit a shape type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a tensor of dims {found:?} does not have the shape {expected}")]
pub struct ShapeError {
    /// The shape type asked for.
    pub expected: &'static str,
    /// The sizes there are.
    pub found: Vec<usize>,
}

impl ShapeError {
    pub(crate) fn of<S: Shape>(found: &[usize]) -> Self {
        ShapeError { expected: std::any::type_name::<S>(), found: found.to_vec() }
    }
}

/// An id outside its vocabulary, or a wrong number of ids.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdsError {
    /// An id is not below the size of the vocabulary.
    #[error("id {id} at position {position} is not below the vocabulary size {vocabulary}")]
    OutOfVocabulary {
        /// The id.
        id: u32,
        /// Its row-major position.
        position: usize,
        /// The size of the vocabulary.
        vocabulary: usize,
    },
    /// There are not as many ids as the shape has elements.
    #[error("a shape of dims {dims:?} needs {expected} ids, found {found}")]
    Count {
        /// The sizes of the axes.
        dims: Vec<usize>,
        /// Their product.
        expected: usize,
        /// The number of ids given.
        found: usize,
    },
}
