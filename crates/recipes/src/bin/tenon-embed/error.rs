//! Why texts were not compared.

use std::path::PathBuf;

use tenon_layers::state_dict::FileError;

/// An error that ends the program with one message.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Data(#[from] tenon_datasets::Error),
    /// Pretrained weights do not fit.
    #[error(transparent)]
    Weights(FileError),
    /// The configuration of a pretrained model cannot be read.
    #[error("{}: {cause}", path.display())]
    Configuration { path: PathBuf, cause: serde_json::Error },
    /// A pretrained model is of another architecture.
    #[error("{}: {key}: expected {expected}, found {found}", path.display())]
    Architecture { path: PathBuf, key: &'static str, expected: &'static str, found: String },
    /// A tokenizer cannot be read.
    #[error("{}: not a tokenizer: {cause}", path.display())]
    Tokenizer { path: PathBuf, cause: tokenizers::Error },
    /// A tokenizer is that of another vocabulary.
    #[error("{}: vocabulary: expected the {expected} tokens of the model, found {found}", path.display())]
    TokenizerVocabulary { path: PathBuf, expected: usize, found: usize },
    /// A text cannot be cut into tokens.
    #[error("text {text:?}: {cause}")]
    Tokenize { text: String, cause: tokenizers::Error },
    /// A text has nothing that the model knows.
    #[error("text {text:?}: expected at least one token of the vocabulary, found none")]
    NoKnownToken { text: String },
}
