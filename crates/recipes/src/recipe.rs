//! What a recipe is.

use std::path::PathBuf;

use tenon_datasets::image::Picture;
use tenon_train::{Interrupt, RunFolder, RunInfo};

use crate::error::Error;

/// An experiment that can be repeated: a model, its data, and settings that work.
pub(crate) struct Recipe {
    /// What it is called on the command line and in run folders.
    pub(crate) name: &'static str,
    /// What it does, in a line.
    pub(crate) about: &'static str,
    /// What holds unless the command line says otherwise.
    pub(crate) defaults: Defaults,
    /// Trains it.
    pub(crate) train: fn(&Plan) -> Result<Summary, Error>,
    /// Classifies pictures with what a run of it has learned.
    pub(crate) predict: fn(&RunFolder, &[Picture]) -> Result<Predictions, Error>,
}

/// What a run says about pictures.
pub(crate) struct Predictions {
    /// What the classes are called.
    pub(crate) class_names: Vec<&'static str>,
    /// For each picture, the probability of every class.
    pub(crate) probabilities: Vec<Vec<f32>>,
}

/// The settings of a recipe.
#[derive(Clone, Copy)]
pub(crate) struct Defaults {
    pub(crate) epochs: u64,
    pub(crate) batch_size: usize,
    /// The highest of the schedule.
    pub(crate) learning_rate: f64,
}

/// Everything that one training is told.
pub(crate) struct Plan {
    /// What is written to the run folder.
    pub(crate) info: RunInfo,
    /// What the recipe says of itself.
    pub(crate) about: &'static str,
    /// End when validation has not improved for so many epochs.
    pub(crate) patience: Option<u64>,
    /// The folder in which run folders are made.
    pub(crate) out: PathBuf,
    /// The folder of the dataset, if not the one that comes with the library.
    pub(crate) data: Option<PathBuf>,
    /// When to end early.
    pub(crate) interrupt: Interrupt,
}

/// What a training ends with: the last line of `--json`.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Summary {
    pub(crate) recipe: String,
    pub(crate) seed: u64,
    /// How many epochs were trained.
    pub(crate) epochs: u64,
    /// The mean loss over the last epoch.
    pub(crate) train_loss: f64,
    /// The share of test examples that are answered rightly.
    pub(crate) test_accuracy: f64,
    pub(crate) seconds: f64,
    pub(crate) samples_per_second: f64,
    pub(crate) peak_rss_mb: Option<f64>,
    /// The run folder.
    pub(crate) run: PathBuf,
    #[serde(skip)]
    pub(crate) interrupted: bool,
}
