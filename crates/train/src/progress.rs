//! The progress bar of a run.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::tally::Tally;

/// How often the numbers beside the bar change.
const REFRESH: Duration = Duration::from_millis(200);

const TEMPLATE: &str = "epoch {prefix} {wide_bar:.cyan/blue} {msg} {eta} left";

/// A bar over all steps of a run on standard error; nothing where that is not a terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
    n_epochs: u64,
    refreshed: Instant,
}

impl Progress {
    pub(crate) fn new(n_epochs: u64, n_steps: u64) -> Self {
        let bar = ProgressBar::new(n_steps);
        bar.set_style(ProgressStyle::with_template(TEMPLATE).expect("the template is well formed"));
        Progress { bar, n_epochs, refreshed: Instant::now() }
    }

    pub(crate) fn begin_epoch(&mut self, epoch: u64) {
        if !self.bar.is_hidden() {
            self.bar.set_prefix(format!("{epoch}/{}", self.n_epochs));
        }
    }

    /// Goes on by one step, after `seconds` of this epoch in which `tally` was counted.
    pub(crate) fn step(&mut self, tally: &Tally, seconds: f64) {
        if self.bar.is_hidden() {
            return;
        }
        self.bar.inc(1);
        if self.refreshed.elapsed() >= REFRESH {
            self.refreshed = Instant::now();
            let rate = tally.n_examples() as f64 / seconds;
            let accuracy = 100.0 * tally.accuracy();
            self.bar.set_message(format!("loss {:.4}  {accuracy:.2} %  {rate:.0}/s", tally.loss()));
        }
    }

    /// Lets `f` write to the terminal without the bar in the way.
    pub(crate) fn pause<T>(&self, f: impl FnOnce() -> T) -> T {
        self.bar.suspend(f)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
