//! Known architectures: plain structs of layers, a file each.
//!
//! Their parameters go by the names that PyTorch code gives them, so that weights can be exchanged.

#![forbid(unsafe_code)]

mod lenet5;
mod mlp;

pub use lenet5::LeNet5;
pub use mlp::Mlp;

/// The programs of the README, which must compile and run as they stand there.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
