//! What a recipe is.

use std::fmt;
use std::path::{Path, PathBuf};

use tenon_datasets::image::Picture;
use tenon_datasets::{Alphabet, Characters};
use tenon_layers::tensor::threads::num_threads;
use tenon_models::Generator;
use tenon_optim::Rule;
use tenon_train::{History, Interrupt, RunFolder, RunInfo, peak_rss_mb};

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
    /// What a run of it can do.
    pub(crate) skill: Skill,
}

/// What a trained model is for.
pub(crate) enum Skill {
    /// It classifies pictures.
    Classify(fn(&RunFolder, &[Picture]) -> Result<Predictions, Error>),
    /// It writes text.
    Write(fn(&RunFolder) -> Result<Writer, Error>),
}

impl Skill {
    /// The verb that asks for it.
    pub(crate) fn verb(&self) -> &'static str {
        match self {
            Skill::Classify(_) => "predict",
            Skill::Write(_) => "generate",
        }
    }
}

/// What a run says about pictures.
pub(crate) struct Predictions {
    /// What the classes are called.
    pub(crate) class_names: Vec<&'static str>,
    /// For each picture, the probability of every class.
    pub(crate) probabilities: Vec<Vec<f32>>,
}

/// A trained model of text, ready to go on with a prompt.
pub(crate) struct Writer {
    pub(crate) generator: Box<dyn Generator>,
    /// The characters of its text.
    pub(crate) alphabet: Alphabet<Characters>,
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

impl Plan {
    /// What a report says of how the run was made; `examples` is what it learned from and was
    /// measured on.
    pub(crate) fn settings<const N: usize>(
        &self,
        directory: &Path,
        rule: &impl Rule,
        n_parameters: usize,
        examples: [(&'static str, usize); N],
    ) -> Vec<(&'static str, String)> {
        let info = &self.info;
        let rate = format!("{} at its highest, after a warm-up and down along a cosine", info.learning_rate);
        let training = [
            ("recipe", info.recipe.clone()),
            ("seed", info.seed.to_string()),
            ("epochs", info.epochs.to_string()),
            ("batch size", info.batch_size.to_string()),
            ("update rule", format!("{rule:?}")),
            ("learning rate", rate),
            ("parameters", n_parameters.to_string()),
        ];
        let machine = [
            ("data", directory.display().to_string()),
            ("threads", num_threads().to_string()),
            ("version", info.version.clone()),
        ];
        let examples = examples.map(|(name, n)| (name, n.to_string()));
        training.into_iter().chain(examples).chain(machine).collect()
    }
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
    #[serde(flatten)]
    pub(crate) quality: Quality,
    pub(crate) seconds: f64,
    pub(crate) samples_per_second: f64,
    pub(crate) peak_rss_mb: Option<f64>,
    /// The run folder.
    pub(crate) run: PathBuf,
    #[serde(skip)]
    pub(crate) interrupted: bool,
}

impl Summary {
    /// What a training came to.
    pub(crate) fn new(plan: &Plan, history: &History, quality: Quality, folder: &RunFolder) -> Self {
        Summary {
            recipe: plan.info.recipe.clone(),
            seed: plan.info.seed,
            epochs: history.epochs.len() as u64,
            train_loss: history.last().map_or(f64::NAN, |epoch| epoch.train.loss),
            quality,
            seconds: history.seconds,
            samples_per_second: history.samples_per_second(),
            peak_rss_mb: peak_rss_mb(),
            run: folder.path().to_owned(),
            interrupted: history.interrupted,
        }
    }
}

/// How good a trained model is on what it has not seen.
#[derive(Clone, Copy, Debug, serde::Serialize)]
#[serde(untagged)]
pub(crate) enum Quality {
    /// Of a classifier.
    Classification {
        /// The share of test examples that are answered rightly.
        test_accuracy: f64,
    },
    /// Of a model of text.
    Language {
        /// The mean of −ln p over the characters of the held-out text.
        nats_per_character: f64,
        /// The same for the counts of five characters and fewer in the training text.
        five_gram_nats_per_character: f64,
    },
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Quality::Classification { test_accuracy } => {
                write!(f, "{:.2} % of the test images right", 100.0 * test_accuracy)
            }
            Quality::Language { nats_per_character, five_gram_nats_per_character } => write!(
                f,
                "{nats_per_character:.4} nats per character of the held-out text, \
                 where five-grams need {five_gram_nats_per_character:.4},"
            ),
        }
    }
}
