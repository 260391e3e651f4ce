//! Why a verb did not do what it was asked to.

use std::path::PathBuf;
use std::process::ExitCode;

use tenon_datasets::{AlphabetError, UnknownCharacters};
use tenon_train::{RunError, TrainError};

/// An error that ends the program with one message.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The command line names a recipe that does not exist.
    #[error("unknown recipe `{found}`: expected one of {expected}")]
    UnknownRecipe { expected: String, found: String },
    /// The command line names a dataset that does not exist.
    #[error("unknown dataset `{found}`: expected one of {expected}")]
    UnknownDataset { expected: String, found: String },
    /// The command line names a model that does not exist.
    #[error("unknown model `{found}`: expected one of {expected}")]
    UnknownModel { expected: String, found: String },
    /// A run was made by a recipe that does not exist here.
    #[error("{}: recipe: expected one of {expected}, found `{found}`", path.display())]
    RecipeOfRun { path: PathBuf, expected: String, found: String },
    /// A run was made by a recipe whose models do something else.
    #[error("{recipe}: expected a run for `{expected}`, found one for `{found}`")]
    Skill { recipe: &'static str, expected: &'static str, found: &'static str },
    /// A text has characters that a model has not learned.
    #[error("{what}: {cause}")]
    Characters { what: &'static str, cause: UnknownCharacters },
    /// There is nothing to go on from.
    #[error("prompt: expected at least one character, found none")]
    EmptyPrompt,
    /// A prompt is longer than a model can see.
    #[error("prompt: expected at most {expected} characters, found {found}")]
    LongPrompt { expected: usize, found: usize },
    /// A run has another vocabulary than its recipe.
    #[error("{}: {cause}", path.display())]
    Vocabulary { path: PathBuf, cause: AlphabetError },
    #[error(transparent)]
    Data(#[from] tenon_datasets::Error),
    #[error(transparent)]
    Fetch(#[from] tenon_datasets::fetch::FetchError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Training(#[from] TrainError<RunError>),
    /// Ctrl-C cannot be listened to.
    #[error("cannot listen to Ctrl-C: {0}")]
    Interrupt(std::io::Error),
    /// Standard output is gone.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] std::io::Error),
}

impl Error {
    /// 2 if the command line is wrong, as clap does; 1 otherwise.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Error::UnknownRecipe { .. } | Error::UnknownModel { .. } | Error::UnknownDataset { .. } => {
                ExitCode::from(2)
            }
            _ => ExitCode::FAILURE,
        }
    }
}
