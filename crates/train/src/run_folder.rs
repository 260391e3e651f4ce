//! The folder that a run leaves behind.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tenon_layers::{Module, state_dict};

use crate::metrics::EpochMetrics;

/// The folder of one run.
///
/// | file | holds |
/// | --- | --- |
/// | `run.json` | its settings: a [`RunInfo`] |
/// | `metrics.jsonl` | a line per epoch: [`EpochMetrics`] |
/// | `model.safetensors` | the weights, under PyTorch's keys |
/// | `report.html` | something to look at: [`report`](crate::report) |
///
/// A run never touches the folder of another one, and every file but the growing `metrics.jsonl` is
/// whole at every moment.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
}

/// The settings of a run: what it takes to repeat it, or to use its model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunInfo {
    /// The name of the recipe.
    pub recipe: String,
    /// The seed of the initial weights, of the order of examples, and of dropout.
    pub seed: u64,
    /// How many epochs were planned.
    pub epochs: u64,
    /// Examples per step.
    pub batch_size: usize,
    /// The highest learning rate.
    pub learning_rate: f64,
    /// How many training examples were held out for validation.
    pub validation: usize,
    /// The version of this library.
    pub version: String,
}

/// Why a run folder could not be made, written or read.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The folder could not be made.
    #[error("cannot make the run folder {}: {source}", path.display())]
    Create {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The settings are not those of a run.
    #[error("{}: expected the settings of a run, found: {source}", path.display())]
    Info {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// The weights could not be written or do not fit.
    #[error(transparent)]
    Weights(#[from] state_dict::FileError),
}

impl RunFolder {
    /// Makes a new folder `parent/recipe-n`, with the first n from 1 that nobody has, and writes the
    /// settings to it.
    ///
    /// # Errors
    /// When the folder cannot be made or written to; it is then not there.
    pub fn create(parent: &Path, info: &RunInfo) -> Result<Self, RunError> {
        let refuse = |path: &Path, source| RunError::Create { path: path.to_owned(), source };
        fs::create_dir_all(parent).map_err(|source| refuse(parent, source))?;
        for n in 1_u64.. {
            let path = parent.join(format!("{}-{n}", info.recipe));
            // The operating system lets only one of two processes make it.
            match fs::create_dir(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(refuse(&path, source)),
                Ok(()) => {
                    let folder = RunFolder { path };
                    let json = serde_json::to_string_pretty(info).expect("settings are plain data");
                    return match folder.write("run.json", (json + "\n").as_bytes()) {
                        Ok(()) => Ok(folder),
                        Err(error) => {
                            // The error that matters is the first one.
                            let _ = fs::remove_dir(&folder.path);
                            Err(error)
                        }
                    };
                }
            }
        }
        unreachable!("there are more numbers than folders")
    }

    /// Opens the folder of an earlier run and reads its settings.
    ///
    /// # Errors
    /// When there are none, or they are not those of a run.
    pub fn open(path: &Path) -> Result<(Self, RunInfo), RunError> {
        let file = path.join("run.json");
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(source) => return Err(RunError::Read { path: file, source }),
        };
        match serde_json::from_str(&text) {
            Ok(info) => Ok((RunFolder { path: path.to_owned() }, info)),
            Err(source) => Err(RunError::Info { path: file, source }),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds the line of an epoch to `metrics.jsonl`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn append_metrics(&self, metrics: &EpochMetrics) -> Result<(), RunError> {
        let path = self.path.join("metrics.jsonl");
        let line = serde_json::to_string(metrics).expect("metrics are plain data") + "\n";
        let append = |path: &Path| -> io::Result<()> {
            let mut file: File = OpenOptions::new().create(true).append(true).open(path)?;
            file.write_all(line.as_bytes())
        };
        append(&path).map_err(|source| RunError::Write { path, source })
    }

    /// Writes a whole file, or leaves the one that was there.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), RunError> {
        let path = self.path.join(name);
        state_dict::write_atomically(&path, bytes).map_err(|source| RunError::Write { path, source })
    }

    /// Reads a whole file of text.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self, name: &str) -> Result<String, RunError> {
        let path = self.path.join(name);
        fs::read_to_string(&path).map_err(|source| RunError::Read { path, source })
    }

    /// Writes the weights of a model.
    ///
    /// # Errors
    /// When the file cannot be written; the weights that were there before then still are.
    pub fn save_model(&self, model: &impl Module) -> Result<(), RunError> {
        Ok(state_dict::save(model, &self.path.join("model.safetensors"))?)
    }

    /// Gives a model the weights of the run.
    ///
    /// # Errors
    /// When the file cannot be read, or holds the weights of another model.
    pub fn load_model(&self, model: &mut impl Module) -> Result<(), RunError> {
        Ok(state_dict::load(model, &self.path.join("model.safetensors"))?)
    }
}
