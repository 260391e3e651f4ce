//! How the learning rate changes over the steps of a run.

mod constant;
mod cosine;
mod step_decay;

pub use constant::Constant;
pub use cosine::Cosine;
pub use step_decay::StepDecay;

/// A learning rate for every step: a pure function of the number of the step, from 0, so that a
/// resumed run needs nothing but that number.
pub trait Schedule {
    /// The learning rate of a step.
    fn learning_rate(&self, step: u64) -> f64;
}
