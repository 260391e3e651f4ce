//! Fashion-MNIST: 70 000 pieces of clothing.

use crate::grey_images::{Collection, GreyImages};
use crate::package::Package;
use crate::packages;

/// Pictures of clothes as grey images of 28 × 28 pixels, with the kind of each.
///
/// Made to take the place of [`Mnist`](crate::Mnist) where that is too easy: as many examples, in
/// the same format, and evenly divided among ten classes.
///
/// # Values
/// A pixel is 0 in the background, and 255 where the cloth is brightest.
/// A batch holds `(pixel / 255 − 0.2860) / 0.3530`, from −0.8102 to 2.0227, so that the pixels of
/// the training images have mean 0 and standard deviation 1 ([`normalize`](GreyImages::normalize)).
/// A label is the index of its class in [`CLASS_NAMES`](GreyImages::CLASS_NAMES).
///
/// # Origin
/// Han Xiao, Kashif Rasul and Roland Vollgraf (Zalando Research); MIT licence.
/// The first 2000 training and 1000 test examples come with this library, for tests
/// ([`vendored`](GreyImages::vendored)); `cargo xtask data fashion-mnist` fetches all of them.
/// Described in Xiao, Rasul and Vollgraf 2017, "Fashion-MNIST: a novel image dataset for
/// benchmarking machine learning algorithms", arXiv:1708.07747.
///
/// # Example
/// ```
/// use tenon_datasets::{Dataset, FashionMnist};
///
/// let test = FashionMnist::test(&FashionMnist::vendored())?;
/// let (images, labels) = test.batch(&[0, 1])?;
/// assert_eq!(images.dims(), [2, 1, 28, 28]);
/// let names: Vec<&str> = labels.as_slice().iter().map(|&id| FashionMnist::CLASS_NAMES[id as usize]).collect();
/// assert_eq!(names, ["ankle boot", "pullover"]);
/// # Ok::<_, tenon_datasets::Error>(())
/// ```
pub type FashionMnist = GreyImages<Clothes>;

/// The collection of [`FashionMnist`].
#[derive(Clone, Debug)]
pub enum Clothes {}

impl Collection for Clothes {
    const PACKAGE: Package = packages::FASHION_MNIST;
    const CLASS_NAMES: [&'static str; 10] = [
        "T-shirt",
        "trouser",
        "pullover",
        "dress",
        "coat",
        "sandal",
        "shirt",
        "sneaker",
        "bag",
        "ankle boot",
    ];
    const MEAN: f64 = 0.2860;
    const STANDARD_DEVIATION: f64 = 0.3530;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Dataset;
    use crate::grey_images::tests::{assert_moments, n_per_class};

    #[test]
    fn vendored_files_hold_the_first_examples() {
        let directory = FashionMnist::vendored();
        let train = FashionMnist::train(&directory).unwrap();
        let test = FashionMnist::test(&directory).unwrap();
        assert_eq!((train.len(), test.len()), (2_000, 1_000));
        assert_eq!(train.labels()[..5], [9, 0, 0, 3, 0]);
        assert_eq!(test.labels()[..5], [9, 2, 1, 1, 6]);
    }

    #[test]
    fn fetched_files_hold_the_published_examples() {
        let directory = FashionMnist::directory();
        if !directory.is_dir() {
            eprintln!("skipped: `cargo xtask data fashion-mnist` fetches what this test reads");
            return;
        }
        let train = FashionMnist::train(&directory).unwrap();
        assert_eq!(n_per_class(&train), [6_000; 10]);
        assert_eq!(n_per_class(&FashionMnist::test(&directory).unwrap()), [1_000; 10]);
        // The constants are rounded to four places.
        assert_moments(&train, 0.5e-4);
        let slice = FashionMnist::train(&FashionMnist::vendored()).unwrap();
        assert!((0..slice.len()).all(|example| train.image(example) == slice.image(example)));
    }
}
