//! What can be wrong with a file, a position or an example.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::alphabet::UnknownCharacters;
use crate::checksum::Sha256;
use crate::idx::IdxError;

/// Why a dataset, a picture or a batch could not be had.
#[derive(Debug, Error)]
pub enum Error {
    /// A file is there under neither of its names.
    #[error("{path}: expected this file, or one named so with .gz added; found neither")]
    Missing {
        /// The name without `.gz`.
        path: PathBuf,
    },
    /// A file is not there because its package was not fetched.
    #[error("{path}: expected this file, found none: `cargo xtask data {package}` fetches it")]
    NotFetched {
        /// The file.
        path: PathBuf,
        /// The name of its package.
        package: &'static str,
    },
    /// The operating system refuses to read a file.
    #[error("{path}: {cause}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        cause: io::Error,
    },
    /// A file whose checksum is known is not the one that was published.
    #[error("{path}: sha-256: expected {expected}, found {found}")]
    Checksum {
        /// The file.
        path: PathBuf,
        /// The published checksum.
        expected: Sha256,
        /// The checksum of the file.
        found: Sha256,
    },
    /// A file is not in the IDX format.
    #[error("{path}: {cause}")]
    Idx {
        /// The file.
        path: PathBuf,
        /// What is wrong with its bytes.
        cause: IdxError,
    },
    /// A file is in its format, but is not the array that is needed.
    #[error("{path}: {field}: expected {expected}, found {found}")]
    Field {
        /// The file.
        path: PathBuf,
        /// What was looked at.
        field: &'static str,
        /// What it has to be.
        expected: u64,
        /// What it is.
        found: u64,
    },
    /// A label is not the number of a class.
    #[error("{path}: label of example {example}: expected less than {n_classes}, found {found}")]
    Label {
        /// The file.
        path: PathBuf,
        /// The index of the example.
        example: usize,
        /// How many classes there are.
        n_classes: u32,
        /// The label.
        found: u32,
    },
    /// A file is not a picture in the PNG format.
    #[error("{path}: {cause}")]
    Png {
        /// The file.
        path: PathBuf,
        /// What the decoder says.
        cause: png::DecodingError,
    },
    /// A picture has more pixels than are reasonable to decode.
    #[error("{path}: size: expected at most {most} pixels a side, found {width}x{height}")]
    PictureSize {
        /// The file.
        path: PathBuf,
        /// The largest width and height.
        most: u32,
        /// Width of the picture.
        width: u32,
        /// Height of the picture.
        height: u32,
    },
    /// A folder that should hold texts holds none.
    #[error("{path}: expected files named *.txt or *.txt.gz, found none")]
    NoText {
        /// The folder.
        path: PathBuf,
    },
    /// A text has characters that are not in its alphabet.
    #[error("{path}: {cause}")]
    Characters {
        /// The file.
        path: PathBuf,
        /// Which ones.
        cause: UnknownCharacters,
    },
    /// More examples are to be held out than there are.
    #[error("validation split: expected at most {expected} examples, found {found}")]
    Split {
        /// How many examples there are.
        expected: usize,
        /// How many are asked for.
        found: usize,
    },
    /// A position lies behind the end of its epoch.
    #[error("loader position: expected a batch below {expected}, found {found}")]
    Position {
        /// How many batches an epoch has.
        expected: u64,
        /// The batch of the position.
        found: u64,
    },
    /// Preparing a batch panicked.
    #[error("loader thread: expected a batch, found a panic: {message}")]
    Panic {
        /// What the panic said.
        message: String,
    },
}
