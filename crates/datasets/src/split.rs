//! Holding out examples for validation.

use std::sync::Arc;

use crate::dataset::Dataset;
use crate::error::Error;
use crate::order::{Purpose, permutation};

/// Some examples of a dataset, by their indices.
#[derive(Clone, Debug)]
pub struct Subset<D> {
    dataset: Arc<D>,
    examples: Vec<usize>,
}

impl<D: Dataset> Subset<D> {
    /// The examples with these indices, in this order.
    ///
    /// # Panics
    /// If an index is not below the length of the dataset.
    pub fn new(dataset: Arc<D>, examples: Vec<usize>) -> Self {
        let len = dataset.len();
        if let Some(example) = examples.iter().find(|&&example| example >= len) {
            panic!("example {example} of a dataset of {len}");
        }
        Self { dataset, examples }
    }

    /// The indices of the examples in the whole dataset.
    pub fn examples(&self) -> &[usize] {
        &self.examples
    }

    /// The dataset this is a part of.
    pub fn dataset(&self) -> &Arc<D> {
        &self.dataset
    }
}

impl<D: Dataset> Dataset for Subset<D> {
    type Batch = D::Batch;

    fn len(&self) -> usize {
        self.examples.len()
    }

    fn batch(&self, examples: &[usize]) -> Result<Self::Batch, Error> {
        let examples: Vec<usize> = examples.iter().map(|&i| self.examples[i]).collect();
        self.dataset.batch(&examples)
    }
}

/// Splits a dataset in two at random: all but `n_validation` examples for training, the others for
/// validation.
///
/// The same seed holds out the same examples on every machine; each part keeps the order of the
/// dataset.
///
/// # Errors
/// [`Error::Split`] if there are fewer than `n_validation` examples.
///
/// # Example
/// ```
/// # use tenon_datasets::{Dataset, Error};
/// # struct Numbers(usize);
/// # impl Dataset for Numbers {
/// #     type Batch = Vec<usize>;
/// #     fn len(&self) -> usize { self.0 }
/// #     fn batch(&self, examples: &[usize]) -> Result<Vec<usize>, Error> { Ok(examples.to_vec()) }
/// # }
/// use tenon_datasets::train_validation_split;
///
/// let (train, validation) = train_validation_split(Numbers(60_000), 5_000, 42)?;
/// assert_eq!((train.len(), validation.len()), (55_000, 5_000));
/// # Ok::<_, Error>(())
/// ```
pub fn train_validation_split<D: Dataset>(
    dataset: D,
    n_validation: usize,
    seed: u64,
) -> Result<(Subset<D>, Subset<D>), Error> {
    let len = dataset.len();
    let n_train = len.checked_sub(n_validation).ok_or(Error::Split { expected: len, found: n_validation })?;
    let mut train = permutation(len, seed, Purpose::Split);
    let mut validation = train.split_off(n_train);
    train.sort_unstable();
    validation.sort_unstable();
    let dataset = Arc::new(dataset);
    Ok((Subset::new(Arc::clone(&dataset), train), Subset::new(dataset, validation)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::loader::tests::Numbers;

    #[test]
    fn too_many_are_refused() {
        let error = train_validation_split(Numbers(3), 4, 0).unwrap_err();
        assert_eq!(error.to_string(), "validation split: expected at most 3 examples, found 4");
    }

    #[test]
    fn subset_gives_the_examples_of_the_whole() {
        let subset = Subset::new(Arc::new(Numbers(10)), vec![7, 3, 9]);
        assert_eq!(subset.batch(&[2, 0]).unwrap(), [9, 7]);
    }

    #[test]
    #[should_panic(expected = "example 10 of a dataset of 10")]
    fn subset_refuses_what_is_not_there() {
        Subset::new(Arc::new(Numbers(10)), vec![10]);
    }

    proptest! {
        #[test]
        fn parts_are_disjoint_and_complete(len in 0_usize..200, share in 0.0..=1.0, seed in any::<u64>()) {
            let n_validation = (len as f64 * share) as usize;
            let split = || train_validation_split(Numbers(len), n_validation, seed).unwrap();
            let (train, validation) = split();
            prop_assert_eq!(validation.len(), n_validation);
            let mut all = [train.examples(), validation.examples()].concat();
            all.sort_unstable();
            prop_assert!(all.into_iter().eq(0..len));
            let (_, again) = split();
            prop_assert_eq!(validation.examples(), again.examples());
        }
    }
}
