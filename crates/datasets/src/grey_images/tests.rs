use std::collections::HashSet;
use std::{env, fs};

use tenon_testkit::{Tolerance, assert_close};

use super::*;
use crate::loader::Loader;
use crate::mnist::Mnist;

/// A folder that is removed with everything in it at the end of its test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = env::temp_dir().join(format!("tenon-mnist-{test}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> &Self {
        fs::write(self.0.join(name), bytes).unwrap();
        self
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn images(dims: &[u32]) -> Vec<u8> {
    let len = dims.iter().product::<u32>() as usize;
    let data = (0..len).map(|i| i as u8).collect();
    Idx::new(ElementType::U8, dims.to_vec(), data).unwrap().to_bytes()
}

fn labels(labels: &[u8]) -> Vec<u8> {
    let dims = vec![labels.len() as u32];
    Idx::new(ElementType::U8, dims, labels.to_vec()).unwrap().to_bytes()
}

/// Writes the two files as the test part, reads it, and returns the error without the path of the
/// folder.
fn refusal(test: &str, images: &[u8], labels: &[u8]) -> String {
    let folder = Folder::new(test);
    folder.write(TEST.images, images).write(TEST.labels, labels);
    let error = Mnist::test(&folder.0).unwrap_err().to_string();
    let start = format!("{}/", folder.0.display());
    error.strip_prefix(&start).unwrap().to_owned()
}

/// How many examples there are of each class.
pub(crate) fn n_per_class<C: Collection>(part: &GreyImages<C>) -> [usize; N_CLASSES] {
    let mut counts = [0; N_CLASSES];
    for &label in part.labels() {
        counts[usize::from(label)] += 1;
    }
    counts
}

/// Asserts that the pixels have the mean and the standard deviation of the collection.
pub(crate) fn assert_moments<C: Collection>(train: &GreyImages<C>, tolerance: f64) {
    let mut counts = [0_u64; 256];
    for &pixel in &train.images {
        counts[usize::from(pixel)] += 1;
    }
    let n = train.images.len() as f64;
    let moment = |power: i32| -> f64 {
        let terms = counts.iter().enumerate();
        terms.map(|(pixel, &count)| (pixel as f64 / 255.0).powi(power) * count as f64 / n).sum()
    };
    let (mean, mean_square) = (moment(1), moment(2));
    let deviation = (mean_square - mean * mean).sqrt();
    assert_close(&[C::MEAN, C::STANDARD_DEVIATION], &[mean, deviation], Tolerance::absolute(tolerance));
}

#[test]
fn normalized_pixels_follow_the_formula() {
    let pixels: Vec<u8> = (0..=255).collect();
    let mut numbers = vec![0.0; 256];
    Mnist::normalize(&pixels, &mut numbers);
    let expected: Vec<f64> = (0..256).map(|pixel| (f64::from(pixel) / 255.0 - 0.1307) / 0.3081).collect();
    assert_close(&numbers, &expected, Tolerance::rounding::<f32>(1));
    assert_close(&[numbers[0], numbers[255]], &[-0.4242, 2.8215], Tolerance::absolute(0.5e-4));
}

#[test]
fn batch_holds_normalized_images_and_their_labels() {
    let test = Mnist::test(&Mnist::vendored()).unwrap();
    let (images, labels) = test.batch(&[7, 0, 9_999]).unwrap();
    assert_eq!(images.dims(), [3, 1, 28, 28]);
    assert_eq!(labels.as_slice(), [9, 7, 6]);
    let mut expected = vec![0.0; 3 * Mnist::PIXELS];
    let pixels = [test.image(7), test.image(0), test.image(9_999)].concat();
    Mnist::normalize(&pixels, &mut expected);
    assert_eq!(images.to_vec(), expected);
}

#[test]
fn batches_of_an_epoch_are_written_into_recycled_memory() {
    let test = Mnist::test(&Mnist::vendored()).unwrap();
    // A size that no other test asks for, so that none of them takes a buffer from the pool.
    let mut loader = Loader::new(test, 61).shuffle(1).drop_last().prefetch(2);
    let mut addresses = HashSet::new();
    for batch in loader.epoch() {
        let (images, _) = batch.unwrap();
        addresses.insert(images.array().as_slice().unwrap().as_ptr());
    }
    // One in hand, two waiting, one being made.
    assert!(addresses.len() <= 4, "{} buffers for {} batches", addresses.len(), loader.n_batches());
}

#[test]
fn files_of_a_folder_may_be_compressed_or_not() {
    let folder = Folder::new("mixed");
    let compressed = fs::read(Mnist::vendored().join("t10k-labels-idx1-ubyte.gz")).unwrap();
    folder.write("t10k-labels-idx1-ubyte.gz", &compressed);
    folder.write(TEST.images, &images(&[10_000, 28, 28]));
    let test = Mnist::test(&folder.0).unwrap();
    assert_eq!(test.labels()[..3], [7, 2, 1]);
    assert_eq!(test.image(1)[0], (Mnist::PIXELS % 256) as u8);
}

#[test]
fn missing_file_is_named() {
    let folder = Folder::new("missing");
    let path = folder.0.join("train-images-idx3-ubyte");
    assert_eq!(
        Mnist::train(&folder.0).unwrap_err().to_string(),
        format!("{}: expected this file, or one named so with .gz added; found neither", path.display())
    );
}

#[test]
fn unreadable_file_is_named() {
    let folder = Folder::new("unreadable");
    fs::create_dir(folder.0.join(TEST.images)).unwrap();
    let error = Mnist::test(&folder.0).unwrap_err();
    assert!(matches!(error, Error::Read { .. }), "{error}");
}

#[test]
fn file_in_another_format_is_named() {
    assert_eq!(
        refusal("format", b"<html>", &labels(&[1])),
        "t10k-images-idx3-ubyte: magic number: expected [0, 0], found [60, 104]"
    );
}

#[test]
fn images_and_labels_exchanged_are_refused() {
    assert_eq!(
        refusal("exchanged", &labels(&[1]), &images(&[1, 28, 28])),
        "t10k-images-idx3-ubyte: rank: expected 3, found 1"
    );
}

#[test]
fn images_of_another_size_are_refused() {
    assert_eq!(
        refusal("height", &images(&[1, 27, 28]), &labels(&[1])),
        "t10k-images-idx3-ubyte: image height: expected 28, found 27"
    );
    assert_eq!(
        refusal("width", &images(&[1, 28, 32]), &labels(&[1])),
        "t10k-images-idx3-ubyte: image width: expected 28, found 32"
    );
}

#[test]
fn numbers_other_than_bytes_are_refused() {
    let mut signed = images(&[1, 28, 28]);
    signed[2] = ElementType::I8 as u8;
    assert_eq!(
        refusal("signed", &signed, &labels(&[1])),
        "t10k-images-idx3-ubyte: element type: expected 8, found 9"
    );
}

#[test]
fn label_that_is_no_digit_is_refused() {
    assert_eq!(
        refusal("label", &images(&[3, 28, 28]), &labels(&[1, 9, 10])),
        "t10k-labels-idx1-ubyte: label of example 2: expected less than 10, found 10"
    );
}

#[test]
fn labels_must_be_as_many_as_images() {
    assert_eq!(
        refusal("count", &images(&[3, 28, 28]), &labels(&[1, 9])),
        "t10k-labels-idx1-ubyte: number of labels: expected 3, found 2"
    );
}
