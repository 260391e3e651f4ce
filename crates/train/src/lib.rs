//! The training loop and what it leaves behind.
//!
//! A [`Trainer`] takes a model through epochs of a loader; an [`Objective`] turns a batch into a
//! loss and counts the answers. A [`RunFolder`] holds what a run leaves: its settings, its weights,
//! a line of metrics per epoch and a [`report`] to look at.
//!
//! - [`Trainer`], [`Objective`], [`Classification`], [`NextToken`]: the loop and what it minimizes.
//! - [`Tally`], [`EpochMetrics`], [`History`]: what is measured.
//! - [`RunFolder`], [`report`]: what is kept.
//! - [`Interrupt`], [`peak_rss_mb`]: the process around it.
//! - [`fuzz`]: what must hold for any bytes.

#![forbid(unsafe_code)]

mod augmented;
mod classification;
pub mod fuzz;
mod interrupt;
mod language;
mod memory;
mod metrics;
mod objective;
mod progress;
pub mod report;
mod run_folder;
mod tally;
mod trainer;

pub use augmented::Augmented;
pub use classification::{Classification, Classifier};
pub use interrupt::Interrupt;
pub use language::{NextToken, TextBatch};
pub use memory::peak_rss_mb;
pub use metrics::{EpochMetrics, History, Measured};
pub use objective::{Objective, Training};
pub use run_folder::{RunError, RunFolder, RunInfo};
pub use tally::{Confusion, Tally};
pub use trainer::{Data, TrainError, Trainer};
