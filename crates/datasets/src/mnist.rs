//! MNIST: 70 000 handwritten digits.

use crate::grey_images::{Collection, GreyImages};
use crate::package::Package;
use crate::packages;

/// Handwritten digits as grey images of 28 × 28 pixels, with their labels.
///
/// # Values
/// A pixel is 0 where the paper is blank and 255 where the ink is full.
/// A batch holds `(pixel / 255 − 0.1307) / 0.3081`, from −0.4242 to 2.8215, so that the pixels of
/// the training images have mean 0 and standard deviation 1 ([`normalize`](GreyImages::normalize)).
/// A label is the digit itself, 0 to 9.
///
/// # Origin
/// Yann LeCun, Corinna Cortes and Christopher J. C. Burges; commonly stated licence CC BY-SA 3.0.
/// 60 000 training and 10 000 test examples come with this library, in `data/mnist` beside its
/// source, where `ATTRIBUTION.md` gives their provenance and checksums; there each file is held
/// against its checksum whenever it is read.
/// Described in LeCun, Bottou, Bengio and Haffner 1998, "Gradient-based learning applied to
/// document recognition", Proceedings of the IEEE 86 (11).
///
/// # Example
/// ```
/// use tenon_datasets::{Dataset, Mnist};
///
/// let test = Mnist::test(&Mnist::directory())?;
/// assert_eq!(test.len(), 10_000);
/// let (images, labels) = test.batch(&[0, 1, 2])?;
/// assert_eq!(images.dims(), [3, 1, 28, 28]);
/// assert_eq!(labels.as_slice(), [7, 2, 1]);
/// # Ok::<_, tenon_datasets::Error>(())
/// ```
pub type Mnist = GreyImages<Digits>;

/// The collection of [`Mnist`].
#[derive(Clone, Debug)]
pub enum Digits {}

impl Collection for Digits {
    const PACKAGE: Package = packages::MNIST;
    const CLASS_NAMES: [&'static str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
    const MEAN: f64 = 0.1307;
    const STANDARD_DEVIATION: f64 = 0.3081;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grey_images::tests::{assert_moments, n_per_class};

    #[test]
    fn vendored_files_hold_the_published_examples() {
        let directory = Mnist::vendored();
        let (train, test) = (Mnist::train(&directory).unwrap(), Mnist::test(&directory).unwrap());
        assert_eq!(n_per_class(&train), [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
        assert_eq!(n_per_class(&test), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
        assert_eq!(train.labels()[..5], [5, 0, 4, 1, 9]);
        assert_eq!(test.labels()[..5], [7, 2, 1, 0, 4]);
        // The margin of an image is blank and its middle is not.
        assert!(train.image(0)[..Mnist::SIDE].iter().all(|&pixel| pixel == 0));
        assert!(train.image(0).contains(&255));
    }

    #[test]
    fn mean_and_deviation_are_those_of_the_training_pixels() {
        // The constants are the customary ones, rounded to four places.
        assert_moments(&Mnist::train(&Mnist::vendored()).unwrap(), 0.5e-4);
    }
}
