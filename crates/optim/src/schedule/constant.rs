//! The same learning rate throughout.

use super::Schedule;

/// η(t) = rate.
///
/// # Example
/// ```
/// use tenon_optim::schedule::{Constant, Schedule};
/// assert_eq!(Constant { rate: 0.1 }.learning_rate(1_000_000), 0.1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constant {
    /// The learning rate.
    pub rate: f64,
}

impl Schedule for Constant {
    fn learning_rate(&self, _: u64) -> f64 {
        self.rate
    }
}
