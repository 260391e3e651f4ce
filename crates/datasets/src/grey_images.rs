//! Grey images of 28 × 28 pixels in ten classes: the form in which MNIST and its successors come.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use tenon_tensor::prelude::{Dyn, Ids, Shape, Tensor, U1, U10, U28};
use tenon_tensor::{Array, Dims, Value};

use crate::dataset::Dataset;
use crate::error::Error;
use crate::idx::{ElementType, Idx};
use crate::package::Package;

/// Grey images of 28 × 28 pixels with labels of ten classes; which ones, is the type `C`.
///
/// Kept as bytes, 785 an example; converted to floats a batch at a time.
///
/// # Format
/// Two [`Idx`] files of unsigned bytes, compressed with gzip or not: images of rank 3 `(N, 28, 28)`
/// and labels of rank 1 `(N)`.
///
/// | part | images | labels |
/// | --- | --- | --- |
/// | training | `train-images-idx3-ubyte[.gz]` | `train-labels-idx1-ubyte[.gz]` |
/// | test | `t10k-images-idx3-ubyte[.gz]` | `t10k-labels-idx1-ubyte[.gz]` |
#[derive(Clone, Debug)]
pub struct GreyImages<C> {
    images: Vec<u8>,
    labels: Vec<u8>,
    collection: PhantomData<fn() -> C>,
}

/// What tells one collection of [`GreyImages`] from another.
pub trait Collection: Clone + Debug + 'static {
    /// Its files.
    const PACKAGE: Package;
    /// What the classes are called, in the order of the labels.
    const CLASS_NAMES: [&'static str; N_CLASSES];
    /// Mean of the pixels of all training images, a pixel being from 0 to 1.
    const MEAN: f64;
    /// Standard deviation of the pixels of all training images, a pixel being from 0 to 1.
    const STANDARD_DEVIATION: f64;
}

/// Height and width of an image.
const SIDE: usize = 28;
const N_CLASSES: usize = 10;

/// The files of a part.
struct Part {
    images: &'static str,
    labels: &'static str,
}

const TRAIN: Part = Part { images: "train-images-idx3-ubyte", labels: "train-labels-idx1-ubyte" };
const TEST: Part = Part { images: "t10k-images-idx3-ubyte", labels: "t10k-labels-idx1-ubyte" };

impl<C: Collection> GreyImages<C> {
    /// Height and width of an image.
    pub const SIDE: usize = SIDE;
    /// Pixels of an image.
    pub const PIXELS: usize = Self::SIDE * Self::SIDE;
    /// Number of classes.
    pub const CLASSES: usize = N_CLASSES;
    /// What the classes are called, in the order of the labels.
    pub const CLASS_NAMES: [&'static str; N_CLASSES] = C::CLASS_NAMES;
    /// Mean of the pixels of all training images, a pixel being from 0 to 1.
    pub const MEAN: f64 = C::MEAN;
    /// Standard deviation of the pixels of all training images, a pixel being from 0 to 1.
    pub const STANDARD_DEVIATION: f64 = C::STANDARD_DEVIATION;

    /// The number for each of the 256 values of a pixel.
    const NORMALIZED: [f32; 256] = {
        let mut numbers = [0.0; 256];
        let mut pixel = 0;
        while pixel < numbers.len() {
            let brightness = pixel as f64 / 255.0;
            numbers[pixel] = ((brightness - C::MEAN) / C::STANDARD_DEVIATION) as f32;
            pixel += 1;
        }
        numbers
    };

    /// The folder to read from unless the user names another ([`Package::folder`]).
    pub fn directory() -> PathBuf {
        C::PACKAGE.folder()
    }

    /// The folder of what comes with the library: everything, or enough for tests.
    pub fn vendored() -> PathBuf {
        C::PACKAGE.vendored_folder()
    }

    /// Reads the training part from a folder.
    ///
    /// # Errors
    /// An [`Error`] that names the file: missing, unreadable, changed, not in the IDX format, not
    /// images of 28 × 28, a label above 9, or not as many labels as images.
    pub fn train(directory: &Path) -> Result<Self, Error> {
        Self::read(directory, &TRAIN)
    }

    /// Reads the test part from a folder.
    ///
    /// # Errors
    /// Those of [`train`](Self::train).
    pub fn test(directory: &Path) -> Result<Self, Error> {
        Self::read(directory, &TEST)
    }

    fn read(directory: &Path, part: &Part) -> Result<Self, Error> {
        let (images_path, images) = Self::read_idx(directory, part.images)?;
        let images = check_images(&images_path, images)?;
        let (labels_path, labels) = Self::read_idx(directory, part.labels)?;
        let labels = check_labels(&labels_path, labels)?;
        let n_images = images.len() / Self::PIXELS;
        expect(&labels_path, "number of labels", n_images as u64, labels.len() as u64)?;
        Ok(Self { images, labels, collection: PhantomData })
    }

    fn read_idx(directory: &Path, name: &str) -> Result<(PathBuf, Idx), Error> {
        let (path, bytes) = C::PACKAGE.read(directory, name)?;
        match Idx::parse(&bytes) {
            Ok(idx) => Ok((path, idx)),
            Err(cause) => Err(Error::Idx { path, cause }),
        }
    }

    /// The pixels of an image, row by row.
    ///
    /// # Panics
    /// If there are not that many images.
    pub fn image(&self, example: usize) -> &[u8] {
        &self.images[example * Self::PIXELS..][..Self::PIXELS]
    }

    /// All labels.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// The numbers a model is given for these pixels: `(pixel / 255 − mean) / deviation`, each
    /// rounded once.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn normalize(pixels: &[u8], numbers: &mut [f32]) {
        assert_eq!(pixels.len(), numbers.len(), "one number for each pixel");
        for (number, &pixel) in numbers.iter_mut().zip(pixels) {
            *number = Self::NORMALIZED[usize::from(pixel)];
        }
    }

    /// Images as a model is given them: [normalized](Self::normalize), one channel each.
    ///
    /// # Panics
    /// If an image does not have 28 × 28 pixels.
    pub fn images_to_tensor<'a>(
        images: impl ExactSizeIterator<Item = &'a [u8]>,
    ) -> Tensor<(Dyn, U1, U28, U28)> {
        let shape = (Dyn(images.len()), U1::new(), U28::new(), U28::new());
        let numbers = Array::write(Dims::new(&shape.dims()), |numbers| {
            for (numbers, image) in numbers.chunks_exact_mut(Self::PIXELS).zip(images) {
                Self::normalize(image, numbers);
            }
        });
        Tensor::from_value(shape, Value::constant(numbers))
    }
}

impl<C: Collection> Dataset for GreyImages<C> {
    /// Normalized images and their classes.
    type Batch = (Tensor<(Dyn, U1, U28, U28)>, Ids<(Dyn,), U10>);

    fn len(&self) -> usize {
        self.labels.len()
    }

    fn batch(&self, examples: &[usize]) -> Result<Self::Batch, Error> {
        let images = Self::images_to_tensor(examples.iter().map(|&example| self.image(example)));
        let labels = examples.iter().map(|&example| self.labels[example].into()).collect();
        let labels =
            Ids::try_from_vec((Dyn(examples.len()),), labels).expect("labels are checked when they are read");
        Ok((images, labels))
    }
}

/// The pixels of a file that holds bytes of shape `(N, 28, 28)`.
fn check_images(path: &Path, idx: Idx) -> Result<Vec<u8>, Error> {
    check_bytes(path, &idx, 3)?;
    expect(path, "image height", SIDE as u64, idx.dims()[1].into())?;
    expect(path, "image width", SIDE as u64, idx.dims()[2].into())?;
    Ok(idx.into_data())
}

/// The labels of a file that holds bytes of shape `(N)`, each the number of a class.
fn check_labels(path: &Path, idx: Idx) -> Result<Vec<u8>, Error> {
    check_bytes(path, &idx, 1)?;
    let labels = idx.into_data();
    match labels.iter().position(|&label| usize::from(label) >= N_CLASSES) {
        None => Ok(labels),
        Some(example) => Err(Error::Label {
            path: path.to_owned(),
            example,
            n_classes: N_CLASSES as u32,
            found: labels[example].into(),
        }),
    }
}

fn check_bytes(path: &Path, idx: &Idx, rank: u64) -> Result<(), Error> {
    let found = idx.element_type() as u64;
    expect(path, "element type", ElementType::U8 as u64, found)?;
    expect(path, "rank", rank, idx.dims().len() as u64)
}

fn expect(path: &Path, field: &'static str, expected: u64, found: u64) -> Result<(), Error> {
    if found == expected {
        return Ok(());
    }
    Err(Error::Field { path: path.to_owned(), field, expected, found })
}

#[cfg(test)]
pub(crate) mod tests;
