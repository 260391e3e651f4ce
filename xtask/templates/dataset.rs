//! FILL IN: the name, and how many examples of what.

use std::fs;
use std::path::Path;

use tenon_tensor::prelude::{Dyn, Ids, Tensor, U2, U4};

use crate::dataset::Dataset;
use crate::error::Error;

/// FILL IN: what an example is.
///
/// # Format
/// FILL IN: the bytes of a file. Here, five an example: four features and a label.
///
/// # Values
/// FILL IN: the range and unit of the numbers, and what the labels mean.
///
/// # Origin
/// FILL IN: who made it, where it is published, under which licence, and its checksum.
///
/// # Example
/// ```
/// use std::path::Path;
/// use tenon_datasets::ExampleName;
///
/// let error = ExampleName::read(Path::new("missing")).unwrap_err();
/// assert!(error.to_string().starts_with("missing: "));
/// ```
#[derive(Clone, Debug)]
pub struct ExampleName {
    features: Vec<f32>,
    labels: Vec<u32>,
}

/// Numbers that describe an example.
const FEATURES: usize = 4;

impl ExampleName {
    /// Reads all examples of a file.
    ///
    /// # Errors
    /// An [`Error`] that names the file: unreadable, or not in the format.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let bytes = fs::read(path).map_err(|cause| Error::Read { path: path.to_owned(), cause })?;
        Self::parse(path, &bytes)
    }

    /// The examples in the bytes of the file at `path`, which is only named in errors.
    fn parse(path: &Path, bytes: &[u8]) -> Result<Self, Error> {
        // FILL IN: check everything that the format promises, before it is relied on.
        let (examples, rest) = bytes.as_chunks::<{ FEATURES + 1 }>();
        if !rest.is_empty() {
            let expected = ((examples.len() + 1) * (FEATURES + 1)) as u64;
            let found = bytes.len() as u64;
            return Err(Error::Field { path: path.to_owned(), field: "length", expected, found });
        }
        let features = examples.iter().flat_map(|example| example[..FEATURES].iter().map(|&x| x.into()));
        let labels = examples.iter().map(|example| example[FEATURES].into());
        Ok(Self { features: features.collect(), labels: labels.collect() })
    }
}

impl Dataset for ExampleName {
    /// Features and classes.
    type Batch = (Tensor<(Dyn, U4)>, Ids<(Dyn,), U2>);

    fn len(&self) -> usize {
        self.labels.len()
    }

    fn batch(&self, examples: &[usize]) -> Result<Self::Batch, Error> {
        let features = examples.iter().flat_map(|&i| &self.features[i * FEATURES..][..FEATURES]);
        let features = Tensor::from_vec((Dyn(examples.len()), U4::new()), features.copied().collect());
        let labels = examples.iter().map(|&i| self.labels[i]).collect();
        let labels = Ids::try_from_vec((Dyn(examples.len()),), labels).expect("labels are checked when read");
        Ok((features, labels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_the_examples_of_a_file() {
        let bytes = [1, 2, 3, 4, 0, 5, 6, 7, 8, 1];
        let (features, labels) = ExampleName::parse(Path::new("test"), &bytes).unwrap().batch(&[1]).unwrap();
        assert_eq!(labels.as_slice(), [1]);
        // FILL IN: the numbers that a model is given. Nothing equals NaN.
        assert_eq!(features.to_vec(), [f32::NAN; FEATURES]);
    }

    #[test]
    fn refuses_a_truncated_file() {
        let error = ExampleName::parse(Path::new("test"), &[1, 2, 3]).unwrap_err();
        assert_eq!(error.to_string(), "test: length: expected 5, found 3");
    }
}
