//! Running a binary in a folder of its own, on a small part of MNIST.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tenon_datasets::Mnist;

/// An empty folder for one test, removed with it.
pub(crate) struct Folder {
    path: PathBuf,
    binary: &'static str,
}

impl Folder {
    /// The folder of the test of this name.
    pub(crate) fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        // It is there if an earlier process of the same number was killed.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Folder { path, binary: env!("CARGO_BIN_EXE_tenon-recipes") }
    }

    /// The folder in which another binary is run.
    #[cfg(feature = "embed")]
    pub(crate) fn running(mut self, binary: &'static str) -> Self {
        self.binary = binary;
        self
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The names of what is in it, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        names_in(&self.path)
    }

    /// Writes the first images of both parts of MNIST to a folder of IDX files.
    pub(crate) fn with_mnist(self, n_train: usize, n_test: usize) -> Self {
        let data = self.join("data");
        fs::create_dir(&data).unwrap();
        let vendored = Mnist::directory();
        write_idx(&data, "train", &Mnist::train(&vendored).unwrap(), n_train);
        write_idx(&data, "t10k", &Mnist::test(&vendored).unwrap(), n_test);
        self
    }

    /// Runs the binary here.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        Command::new(self.binary)
            .args(arguments)
            .current_dir(&self.path)
            .env_remove("TENON_DATA")
            .env_remove("TENON_NUM_THREADS")
            .output()
            .unwrap()
    }

    /// Runs it, asserts that it succeeds, and gives the lines of its standard output.
    pub(crate) fn lines(&self, arguments: &[&str]) -> Vec<String> {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?} fails: {errors}");
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

pub(crate) fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn write_idx(folder: &Path, part: &str, mnist: &Mnist, n: usize) {
    // Unsigned bytes (8) of three axes, and of one.
    let mut images = vec![0, 0, 8, 3];
    for size in [n, Mnist::SIDE, Mnist::SIDE] {
        images.extend((size as u32).to_be_bytes());
    }
    (0..n).for_each(|example| images.extend(mnist.image(example)));
    let mut labels = vec![0, 0, 8, 1];
    labels.extend((n as u32).to_be_bytes());
    labels.extend(&mnist.labels()[..n]);
    fs::write(folder.join(format!("{part}-images-idx3-ubyte")), images).unwrap();
    fs::write(folder.join(format!("{part}-labels-idx1-ubyte")), labels).unwrap();
}

/// Writes grey pixels, 28 a row, as a PNG file.
pub(crate) fn write_png(path: &Path, pixels: &[u8]) {
    let file = fs::File::create(path).unwrap();
    let side = Mnist::SIDE as u32;
    let mut encoder = png::Encoder::new(file, side, pixels.len() as u32 / side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header().unwrap().write_image_data(pixels).unwrap();
}
