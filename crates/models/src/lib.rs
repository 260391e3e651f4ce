//! Known architectures: plain structs of layers, a file each.
//!
//! Their parameters go by the names that PyTorch code gives them, so that weights can be exchanged.

#![forbid(unsafe_code)]

mod bert;
mod conv1d;
mod gpt;
mod gpt_writer;
mod language_model;
mod lenet5;
mod lstm_language_model;
mod mlp;
mod n_gram;
mod residual;
mod resnet;
mod resnet18;
mod sampling;
mod texts;

pub use bert::{
    AddNorm, AllMiniLmL6, Bert, BertAttention, BertEmbeddings, BertEncoder, BertHeads, BertLayer, Dense,
    UncasedVocabulary,
};
pub use conv1d::Conv1D;
pub use gpt::{Block, CausalSelfAttention, FeedForward, Gpt, Gpt2, Gpt2Vocabulary, Multiples};
pub use gpt_writer::GptWriter;
pub use language_model::{Generator, LanguageModel, Remembering};
pub use lenet5::LeNet5;
pub use lstm_language_model::LstmLanguageModel;
pub use mlp::Mlp;
pub use n_gram::NGram;
pub use residual::{BasicBlock, DownBlock};
pub use resnet::{ResNet, ResNet20, ResNet32, ResNet44, ResNet56, Stage};
pub use resnet18::ResNet18;
pub use sampling::Sampler;
pub use texts::Texts;

/// The programs of the README, which must compile and run as they stand there.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
