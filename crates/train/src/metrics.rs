//! What is known about a run, epoch by epoch.

use serde::{Deserialize, Serialize};

use crate::tally::Tally;

/// How well a model answers some examples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The mean loss.
    pub loss: f64,
    /// The share of right answers.
    pub accuracy: f64,
}

impl From<&Tally> for Measured {
    fn from(tally: &Tally) -> Self {
        Measured { loss: tally.loss(), accuracy: tally.accuracy() }
    }
}

/// One epoch: a line of `metrics.jsonl`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochMetrics {
    /// The number of the epoch, from 1.
    pub epoch: u64,
    /// How many steps had been made at its end.
    pub steps: u64,
    /// The learning rate of its last step.
    pub learning_rate: f64,
    /// On the training data, while it was learned from: regularizers were active, and the weights
    /// moved.
    pub train: Measured,
    /// On the data held out of training, at the end of the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<Measured>,
    /// On the test data, at the end of the epoch. Nothing is ever chosen by it.
    pub test: Measured,
    /// The seconds of training, without evaluation.
    pub seconds: f64,
    /// Training examples per second.
    pub samples_per_second: f64,
}

/// A whole run.
#[derive(Clone, Debug)]
pub struct History {
    /// The epochs, in order.
    pub epochs: Vec<EpochMetrics>,
    /// The epoch whose weights the model has at the end, from 1.
    pub kept_epoch: u64,
    /// The answers of these weights to the test data.
    pub test: Tally,
    /// Whether training was interrupted.
    pub interrupted: bool,
    /// The seconds from beginning to end, evaluation included.
    pub seconds: f64,
}

impl History {
    /// The last epoch.
    pub fn last(&self) -> Option<&EpochMetrics> {
        self.epochs.last()
    }

    /// Training examples per second of training.
    pub fn samples_per_second(&self) -> f64 {
        let examples: f64 = self.epochs.iter().map(|epoch| epoch.samples_per_second * epoch.seconds).sum();
        examples / self.epochs.iter().map(|epoch| epoch.seconds).sum::<f64>()
    }
}
