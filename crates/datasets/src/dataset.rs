//! What a source of examples offers.

use std::sync::Arc;

use crate::error::Error;

/// A fixed number of examples, any of which can be had at any time as part of a batch.
///
/// A batch is what a model is given: for images with labels, a pair of typed tensors whose first
/// axis is [`Dyn`](tenon_tensor::shape::Dyn).
///
/// # Example
/// ```
/// use tenon_datasets::{Dataset, Error};
///
/// /// The numbers below a bound and their squares.
/// struct Squares(usize);
///
/// impl Dataset for Squares {
///     type Batch = Vec<(usize, usize)>;
///
///     fn len(&self) -> usize {
///         self.0
///     }
///
///     fn batch(&self, examples: &[usize]) -> Result<Self::Batch, Error> {
///         Ok(examples.iter().map(|&x| (x, x * x)).collect())
///     }
/// }
///
/// assert_eq!(Squares(9).batch(&[2, 8])?, [(2, 4), (8, 64)]);
/// # Ok::<_, Error>(())
/// ```
pub trait Dataset: Send + Sync + 'static {
    /// Some examples, ready for a model.
    type Batch: Send + 'static;

    /// The number of examples.
    fn len(&self) -> usize;

    /// Whether there are no examples.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The batch of these examples, in this order.
    ///
    /// Called on the loader's own thread, once for every step: it should write into recycled memory
    /// and allocate nothing in proportion to the batch.
    ///
    /// # Errors
    /// Whatever keeps an example from being read.
    ///
    /// # Panics
    /// If an example is not below [`len`](Self::len).
    fn batch(&self, examples: &[usize]) -> Result<Self::Batch, Error>;
}

impl<D: Dataset> Dataset for Arc<D> {
    type Batch = D::Batch;

    fn len(&self) -> usize {
        D::len(self)
    }

    fn batch(&self, examples: &[usize]) -> Result<Self::Batch, Error> {
        D::batch(self, examples)
    }
}
