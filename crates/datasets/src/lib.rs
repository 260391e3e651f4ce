//! Real datasets, their formats and loaders.
//!
//! A [`Dataset`] gives any of its examples as part of a batch; a [`Loader`] hands out batches in a
//! seeded order and prepares the next ones in the background; a source such as [`Mnist`] is read
//! from files whose every byte is accounted for.
//! Nothing here opens a network connection.
//!
//! - [`dataset`](Dataset), [`loader`](Loader), [`split`](train_validation_split): what all datasets
//!   have in common.
//! - [`mnist`](Mnist): the datasets, a file each.
//! - [`alphabet`](Alphabet), [`text`](Streams): characters as tokens, and stretches of a text.
//! - [`idx`]: the formats they are stored in.
//! - [`image`]: pictures from elsewhere, for a trained model to classify.
//! - [`fuzz`]: what must hold for any bytes.

#![forbid(unsafe_code)]

mod alphabet;
mod checksum;
mod dataset;
mod error;
pub mod fuzz;
pub mod idx;
pub mod image;
mod loader;
mod mnist;
mod order;
mod split;
mod text;

pub use alphabet::{Alphabet, AlphabetError, UnknownCharacters};
pub use checksum::Sha256;
pub use dataset::Dataset;
pub use error::Error;
pub use loader::{Epoch, Loader, LoaderState};
pub use mnist::Mnist;
pub use split::{Subset, train_validation_split};
pub use text::{Streams, Windows};
