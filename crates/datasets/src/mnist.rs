//! MNIST: 70 000 handwritten digits.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tenon_tensor::prelude::{Dyn, Ids, Shape, Tensor, U1, U10, U28};
use tenon_tensor::{Array, Dims, Value};

use crate::checksum::Sha256;
use crate::dataset::Dataset;
use crate::error::Error;
use crate::idx::{ElementType, Idx};

/// Handwritten digits as grey images of 28 × 28 pixels, with their labels.
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
///
/// # Values
/// A pixel is 0 where the paper is blank and 255 where the ink is full.
/// A batch holds `(pixel / 255 − 0.1307) / 0.3081`, from −0.4242 to 2.8215, so that the pixels of
/// the training images have mean 0 and standard deviation 1 ([`normalize`](Self::normalize)).
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
#[derive(Clone, Debug)]
pub struct Mnist {
    images: Vec<u8>,
    labels: Vec<u8>,
}

/// A file of the data that comes with the library.
struct VendoredFile {
    name: &'static str,
    sha256: Sha256,
}

const TRAIN_IMAGES: VendoredFile = VendoredFile {
    name: "train-images-idx3-ubyte",
    sha256: Sha256::from_hex("0b367032e93c5d0cea0925647cfdb18614af8ee15f83e6f2fc2ad904a6835971"),
};
const TRAIN_LABELS: VendoredFile = VendoredFile {
    name: "train-labels-idx1-ubyte",
    sha256: Sha256::from_hex("1787548bbe0bff1ec2ecdc0ef292b02df999e2d1a6002d27500982c652b17203"),
};
const TEST_IMAGES: VendoredFile = VendoredFile {
    name: "t10k-images-idx3-ubyte",
    sha256: Sha256::from_hex("1a1a05eab793c14bb050b398624a11b0ffd1a2953baed553b1b9bd079e2a20be"),
};
const TEST_LABELS: VendoredFile = VendoredFile {
    name: "t10k-labels-idx1-ubyte",
    sha256: Sha256::from_hex("b91679a0acfe4ba0e50a2437a903084cba1f5f92592b016a25a7dfd00455798b"),
};

/// Where the files lie that come with the library.
const VENDORED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/mnist");

/// The environment variable that names a folder of datasets, each in a folder of its own.
const DATA_VARIABLE: &str = "TENON_DATA";

impl Mnist {
    /// Height and width of an image.
    pub const SIDE: usize = 28;
    /// Pixels of an image.
    pub const PIXELS: usize = Self::SIDE * Self::SIDE;
    /// Number of classes, one for each digit.
    pub const CLASSES: usize = 10;
    /// Mean of the pixels of all training images, a pixel being from 0 to 1.
    pub const MEAN: f64 = 0.1307;
    /// Standard deviation of the pixels of all training images, a pixel being from 0 to 1.
    pub const STANDARD_DEVIATION: f64 = 0.3081;

    /// The folder to read from unless the user names another: `$TENON_DATA/mnist` if that variable
    /// is set, otherwise the files that come with the library.
    pub fn directory() -> PathBuf {
        match env::var_os(DATA_VARIABLE) {
            Some(data) => PathBuf::from(data).join("mnist"),
            None => PathBuf::from(VENDORED),
        }
    }

    /// Reads the training part from a folder.
    ///
    /// # Errors
    /// An [`Error`] that names the file: missing, unreadable, changed, not in the IDX format, not
    /// images of 28 × 28, a label above 9, or not as many labels as images.
    pub fn train(directory: &Path) -> Result<Self, Error> {
        Self::read(directory, &TRAIN_IMAGES, &TRAIN_LABELS)
    }

    /// Reads the test part from a folder.
    ///
    /// # Errors
    /// Those of [`train`](Self::train).
    pub fn test(directory: &Path) -> Result<Self, Error> {
        Self::read(directory, &TEST_IMAGES, &TEST_LABELS)
    }

    fn read(directory: &Path, images: &VendoredFile, labels: &VendoredFile) -> Result<Self, Error> {
        let (images_path, images) = images.read(directory)?;
        let images = check_images(&images_path, images)?;
        let (labels_path, labels) = labels.read(directory)?;
        let labels = check_labels(&labels_path, labels)?;
        let n_images = images.len() / Self::PIXELS;
        expect(&labels_path, "number of labels", n_images as u64, labels.len() as u64)?;
        Ok(Self { images, labels })
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

    /// The numbers a model is given for these pixels: `(pixel / 255 − 0.1307) / 0.3081`, each
    /// rounded once.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn normalize(pixels: &[u8], numbers: &mut [f32]) {
        assert_eq!(pixels.len(), numbers.len(), "one number for each pixel");
        for (number, &pixel) in numbers.iter_mut().zip(pixels) {
            *number = NORMALIZED[usize::from(pixel)];
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

impl Dataset for Mnist {
    /// Normalized images and their digits.
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

/// The number for each of the 256 values of a pixel.
const NORMALIZED: [f32; 256] = {
    let mut numbers = [0.0; 256];
    let mut pixel = 0;
    while pixel < numbers.len() {
        let brightness = pixel as f64 / 255.0;
        numbers[pixel] = ((brightness - Mnist::MEAN) / Mnist::STANDARD_DEVIATION) as f32;
        pixel += 1;
    }
    numbers
};

impl VendoredFile {
    /// Reads the file, compressed or not, from a folder, and compares its checksum if the folder is
    /// the vendored one.
    fn read(&self, directory: &Path) -> Result<(PathBuf, Idx), Error> {
        let plain = directory.join(self.name);
        let compressed = directory.join(format!("{}.gz", self.name));
        let (path, bytes) = if let Some(bytes) = read_if_there(&compressed)? {
            (compressed, bytes)
        } else if let Some(bytes) = read_if_there(&plain)? {
            (plain, bytes)
        } else {
            return Err(Error::Missing { path: plain });
        };
        if directory == Path::new(VENDORED) {
            self.verify(&path, &bytes)?;
        }
        match Idx::parse(&bytes) {
            Ok(idx) => Ok((path, idx)),
            Err(cause) => Err(Error::Idx { path, cause }),
        }
    }

    fn verify(&self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        let found = Sha256::of(bytes);
        if found == self.sha256 {
            return Ok(());
        }
        Err(Error::Checksum { path: path.to_owned(), expected: self.sha256, found })
    }
}

fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(Error::Read { path: path.to_owned(), cause }),
    }
}

/// The pixels of a file that holds bytes of shape `(N, 28, 28)`.
fn check_images(path: &Path, idx: Idx) -> Result<Vec<u8>, Error> {
    check_bytes(path, &idx, 3)?;
    expect(path, "image height", Mnist::SIDE as u64, idx.dims()[1].into())?;
    expect(path, "image width", Mnist::SIDE as u64, idx.dims()[2].into())?;
    Ok(idx.into_data())
}

/// The labels of a file that holds bytes of shape `(N)`, each a digit.
fn check_labels(path: &Path, idx: Idx) -> Result<Vec<u8>, Error> {
    check_bytes(path, &idx, 1)?;
    let labels = idx.into_data();
    match labels.iter().position(|&label| usize::from(label) >= Mnist::CLASSES) {
        None => Ok(labels),
        Some(example) => Err(Error::Label {
            path: path.to_owned(),
            example,
            n_classes: Mnist::CLASSES as u32,
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
mod tests;
