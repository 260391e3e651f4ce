//! Stochastic gradient descent.

use tenon_kernels::optim::{self, Direction};
use tenon_tensor::Array;

use crate::rule::{Rule, Update};

/// Stochastic gradient descent, with momentum or without.
///
/// # Rule
/// With learning rate η, momentum μ and weight decay λ, for a parameter θ of gradient g:
///
/// ```text
/// g ← g + λ θ
/// v ← μ v + g
/// θ ← θ − η v             along the velocity, or
/// θ ← θ − η (g + μ v)     looking ahead (Nesterov)
/// ```
///
/// # State
/// Per parameter, in its shape: the velocity v; nothing if there is no momentum.
///
/// # Defaults
/// No momentum and no weight decay, as in PyTorch's `torch.optim.SGD`.
///
/// # Source
/// Polyak 1964 for momentum; Nesterov 1983 in the form of Sutskever et al. 2013, "On the importance
/// of initialization and momentum in deep learning". As in PyTorch, the learning rate multiplies
/// the velocity instead of entering it, and the velocity starts at the first gradient.
///
/// # Example
/// ```
/// use tenon_optim::{Direction, Sgd};
/// let nesterov = Sgd { momentum: 0.9, direction: Direction::LookAhead, weight_decay: 1e-4 };
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    /// μ: how much of the velocity is kept, in `[0, 1)`.
    pub momentum: f64,
    /// Along the velocity, or ahead of it.
    pub direction: Direction,
    /// λ: how strongly parameters are pulled to zero.
    pub weight_decay: f64,
}

impl Default for Sgd {
    fn default() -> Self {
        Sgd { momentum: 0.0, direction: Direction::Velocity, weight_decay: 0.0 }
    }
}

impl Rule for Sgd {
    fn state_names(&self) -> &'static [&'static str] {
        if self.momentum == 0.0 { &[] } else { &["velocity"] }
    }

    fn update(&self, update: Update, parameter: &mut [f32], gradient: &[f32], state: &mut [Array<f32>]) {
        let Sgd { momentum, direction, weight_decay } = *self;
        let rule = optim::Sgd { learning_rate: update.learning_rate, momentum, weight_decay, direction };
        match state {
            [velocity] => optim::sgd_momentum(&rule, parameter, gradient, velocity.make_mut()),
            _ => optim::sgd(&rule, parameter, gradient),
        }
    }
}

#[cfg(test)]
impl crate::contract::Contract for Sgd {
    const LEARNING_RATE: f64 = 5e-4;

    fn settings() -> Vec<Self> {
        let [velocity, look_ahead] = [Direction::Velocity, Direction::LookAhead];
        vec![
            Sgd::default(),
            Sgd { weight_decay: 0.1, ..Sgd::default() },
            Sgd { momentum: 0.9, direction: velocity, weight_decay: 0.0 },
            Sgd { momentum: 0.9, direction: look_ahead, weight_decay: 0.01 },
        ]
    }

    fn without_decay(self) -> Self {
        Sgd { weight_decay: 0.0, ..self }
    }

    fn recurrence(&self, update: Update, parameter: f64, gradient: f64, state: &mut [f64]) -> f64 {
        let gradient = gradient + self.weight_decay * parameter;
        let Some(velocity) = state.first_mut() else {
            return parameter - update.learning_rate * gradient;
        };
        *velocity = self.momentum * *velocity + gradient;
        let direction = match self.direction {
            Direction::Velocity => *velocity,
            Direction::LookAhead => gradient + self.momentum * *velocity,
        };
        parameter - update.learning_rate * direction
    }
}
