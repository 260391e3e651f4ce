//! Adam and AdamW.

use tenon_kernels::optim::{self, Decay};
use tenon_tensor::Array;

use crate::rule::{Rule, Update};

/// Adam: steps of about the learning rate in every coordinate, whatever the scale of its gradient.
///
/// # Rule
/// With learning rate η and weight decay λ, for the t-th update of a parameter θ of gradient g:
///
/// ```text
/// g ← g + λ θ                       if the decay is part of the gradient (Adam)
/// θ ← θ − η λ θ                     if it is decoupled from it (AdamW)
/// m ← β₁ m + (1 − β₁) g
/// v ← β₂ v + (1 − β₂) g²
/// m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)
/// θ ← θ − η m̂ / (√v̂ + ε)
/// ```
///
/// # State
/// Per parameter, in its shape: the mean m of gradients and the mean v of their squares.
///
/// # Defaults
/// β = (0.9, 0.999) and ε = 10⁻⁸ from the paper (section 2, algorithm 1); no weight decay, part of
/// the gradient, as in PyTorch's `torch.optim.Adam`.
///
/// # Source
/// Kingma and Ba 2015, "Adam: a method for stochastic optimization", algorithm 1; Loshchilov and
/// Hutter 2019, "Decoupled weight decay regularization", algorithm 2, with the decay scaled by the
/// learning rate as in PyTorch's `torch.optim.AdamW`.
///
/// # Example
/// ```
/// use tenon_optim::{Adam, Decay};
/// let rule = Adam { weight_decay: 0.01, decay: Decay::Decoupled, ..Adam::default() };
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// β₁ and β₂: how much of each mean is kept, in `[0, 1)`.
    pub betas: (f64, f64),
    /// ε: keeps the division finite.
    pub epsilon: f64,
    /// λ: how strongly parameters are pulled to zero.
    pub weight_decay: f64,
    /// Whether the pull is part of the gradient.
    pub decay: Decay,
}

impl Default for Adam {
    fn default() -> Self {
        Adam { betas: (0.9, 0.999), epsilon: 1e-8, weight_decay: 0.0, decay: Decay::Gradient }
    }
}

impl Rule for Adam {
    fn state_names(&self) -> &'static [&'static str] {
        &["mean", "mean_square"]
    }

    fn update(&self, update: Update, parameter: &mut [f32], gradient: &[f32], state: &mut [Array<f32>]) {
        let [mean, mean_square] = state else { panic!("Adam keeps 2 buffers, found {}", state.len()) };
        let Adam { betas: (beta1, beta2), epsilon, weight_decay, decay } = *self;
        let (learning_rate, step) = (update.learning_rate, update.number);
        let rule = optim::Adam { learning_rate, beta1, beta2, epsilon, weight_decay, decay, step };
        optim::adam(&rule, parameter, gradient, mean.make_mut(), mean_square.make_mut());
    }
}

#[cfg(test)]
impl crate::contract::Contract for Adam {
    const LEARNING_RATE: f64 = 0.02;

    fn settings() -> Vec<Self> {
        vec![
            Adam::default(),
            Adam { weight_decay: 0.1, ..Adam::default() },
            Adam { weight_decay: 0.1, decay: Decay::Decoupled, ..Adam::default() },
            Adam { betas: (0.8, 0.95), epsilon: 1e-3, ..Adam::default() },
        ]
    }

    fn without_decay(self) -> Self {
        Adam { weight_decay: 0.0, ..self }
    }

    fn recurrence(&self, update: Update, parameter: f64, gradient: f64, state: &mut [f64]) -> f64 {
        let ((beta1, beta2), t) = (self.betas, update.number as i32);
        let (pull, parameter) = match self.decay {
            Decay::Gradient => (self.weight_decay * parameter, parameter),
            Decay::Decoupled => {
                (0.0, parameter - update.learning_rate * self.weight_decay * parameter)
            }
        };
        let gradient = gradient + pull;
        state[0] = beta1 * state[0] + (1.0 - beta1) * gradient;
        state[1] = beta2 * state[1] + (1.0 - beta2) * gradient * gradient;
        let mean = state[0] / (1.0 - beta1.powi(t));
        let mean_square = state[1] / (1.0 - beta2.powi(t));
        parameter - update.learning_rate * mean / (mean_square.sqrt() + self.epsilon)
    }
}
