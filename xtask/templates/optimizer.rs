//! FILL IN: the name of the rule.

use crate::rule::{Rule, Update};

/// FILL IN: what the rule does, in a sentence.
///
/// # Rule
/// With learning rate η and momentum μ, for a parameter θ of gradient g:
///
/// ```text
/// v ← μ v + g
/// θ ← θ − η v
/// ```
///
/// # State
/// Per parameter, in its shape: FILL IN.
///
/// # Defaults
/// FILL IN: each value and where it comes from.
///
/// # Source
/// FILL IN: author, year, title, algorithm or section.
///
/// # Example
/// ```
/// let rule = tenon_optim::ExampleName::default();
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExampleName {
    /// μ: how much of the velocity is kept, in `[0, 1)`.
    pub momentum: f64,
}

impl Default for ExampleName {
    fn default() -> Self {
        ExampleName { momentum: 0.9 }
    }
}

impl Rule for ExampleName {
    fn state_names(&self) -> &'static [&'static str] {
        &["velocity"]
    }

    fn update(&self, update: Update, parameter: &mut [f32], gradient: &[f32], state: &mut [Vec<f32>]) {
        // FILL IN: in one pass over memory; a kernel of `tenon_kernels::optim` is vectorized.
        let (momentum, learning_rate) = (self.momentum as f32, update.learning_rate as f32);
        for ((x, &g), v) in parameter.iter_mut().zip(gradient).zip(&mut state[0]) {
            *v = momentum * *v + g;
            *x -= learning_rate * *v;
        }
    }
}

#[cfg(test)]
impl crate::contract::Contract for ExampleName {
    const LEARNING_RATE: f64 = 5e-4;

    fn settings() -> Vec<Self> {
        // FILL IN: settings that together use every term.
        vec![ExampleName::default()]
    }

    fn without_decay(self) -> Self {
        self
    }

    fn recurrence(&self, update: Update, parameter: f64, gradient: f64, state: &mut [f64]) -> f64 {
        // FILL IN: the rule as its source states it, for one number. Nothing agrees with NaN.
        state[0] = self.momentum * state[0] + gradient;
        parameter - update.learning_rate * state[0] * f64::NAN
    }
}
