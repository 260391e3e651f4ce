//! A learning rate that falls in steps.

use super::Schedule;

/// η(t) = rate · factor^⌊t / every⌋.
///
/// # Source
/// PyTorch's `StepLR`.
///
/// # Example
/// ```
/// use tenon_optim::schedule::{Schedule, StepDecay};
/// let schedule = StepDecay { rate: 1.0, factor: 0.5, every: 100 };
/// assert_eq!(schedule.learning_rate(99), 1.0);
/// assert_eq!(schedule.learning_rate(250), 0.25);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepDecay {
    /// The learning rate at first.
    pub rate: f64,
    /// What it is multiplied by.
    pub factor: f64,
    /// After this many steps, and again.
    pub every: u64,
}

impl Schedule for StepDecay {
    fn learning_rate(&self, step: u64) -> f64 {
        let n_falls = step / self.every.max(1);
        self.rate * self.factor.powf(n_falls as f64)
    }
}
