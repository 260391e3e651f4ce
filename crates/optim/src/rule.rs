//! What an update rule is.

use std::fmt::Debug;

use tenon_tensor::Array;

/// The arithmetic by which a gradient moves a parameter.
///
/// A rule is plain settings, without state and without a learning rate: the state lies with the
/// [`Optimizer`](crate::Optimizer), the learning rate comes with every step.
///
/// To add one, write a file beside `sgd.rs` and name it in `lib.rs`; its contract, required by the
/// tests, states the recurrence once more for a single number.
pub trait Rule: Clone + Debug + Send + 'static {
    /// The names of the buffers it keeps of each parameter, each as long as the parameter and zero
    /// at first.
    fn state_names(&self) -> &'static [&'static str];

    /// Moves a parameter by its gradient, in one pass over memory.
    ///
    /// `state` holds one buffer for each of [`state_names`](Rule::state_names), in this order.
    fn update(&self, update: Update, parameter: &mut [f32], gradient: &[f32], state: &mut [Array<f32>]);
}

/// The numbers of one update that are not settings of the rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Update {
    /// How many times this parameter has been updated, this time included.
    pub number: u64,
    /// The length of the step.
    pub learning_rate: f64,
}
