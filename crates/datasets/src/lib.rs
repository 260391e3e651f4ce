//! Real datasets, their formats and loaders.
//!
//! A [`Dataset`] gives any of its examples as part of a batch; a [`Loader`] hands out batches in a
//! seeded order and prepares the next ones in the background; a source such as [`Mnist`] is read
//! from files whose every byte is accounted for.
//! Nothing here opens a network connection; [`fetch`] runs the clients of public registries.
//!
//! - [`dataset`](Dataset), [`loader`](Loader), [`split`](train_validation_split): what all datasets
//!   have in common.
//! - [`mnist`](Mnist), [`fashion_mnist`](FashionMnist), [`shakespeare`](Shakespeare): the datasets,
//!   a file each.
//! - [`packages`]: what datasets and weights are made of, with the checksum of every file;
//!   [`fetch`]: how they get here.
//! - [`alphabet`](Alphabet), [`text`](Streams): characters as tokens, and stretches of a text.
//! - [`idx`]: the formats they are stored in.
//! - [`image`]: pictures from elsewhere, for a trained model to classify.
//! - [`transform`]: random changes of inputs in training.
//! - [`fuzz`]: what must hold for any bytes.

#![forbid(unsafe_code)]

mod alphabet;
mod checksum;
mod dataset;
mod error;
pub mod fashion_mnist;
pub mod fetch;
pub mod fuzz;
pub mod grey_images;
pub mod idx;
pub mod image;
mod loader;
pub mod mnist;
mod order;
pub mod package;
pub mod packages;
mod shakespeare;
mod split;
mod text;
pub mod transform;

pub use alphabet::{Alphabet, AlphabetError, UnknownCharacters};
pub use checksum::Sha256;
pub use dataset::Dataset;
pub use error::Error;
pub use fashion_mnist::FashionMnist;
pub use loader::{Epoch, Loader, LoaderState};
pub use mnist::Mnist;
pub use shakespeare::{Characters, Shakespeare};
pub use split::{Subset, train_validation_split};
pub use text::{Streams, Windows};
