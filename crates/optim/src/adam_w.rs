//! Adam with decoupled weight decay.

use tenon_kernels::optim::Decay;
use tenon_tensor::Array;

use crate::adam::Adam;
use crate::rule::{Rule, Update};

/// Adam whose weight decay is not part of the gradient: parameters shrink at the same rate whatever
/// the scale of their gradients.
///
/// # Rule
/// With learning rate η and weight decay λ, for the t-th update of a parameter θ of gradient g:
///
/// ```text
/// θ ← θ − η λ θ
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
/// β = (0.9, 0.999), ε = 10⁻⁸ and λ = 10⁻², as in PyTorch's `torch.optim.AdamW`.
///
/// # Source
/// Loshchilov and Hutter 2019, "Decoupled weight decay regularization", algorithm 2, with the decay
/// scaled by the learning rate as in PyTorch.
///
/// # Example
/// ```
/// use tenon_optim::AdamW;
/// let rule = AdamW { weight_decay: 0.1, ..AdamW::default() };
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamW {
    /// β₁ and β₂: how much of each mean is kept, in `[0, 1)`.
    pub betas: (f64, f64),
    /// ε: keeps the division finite.
    pub epsilon: f64,
    /// λ: how fast parameters shrink.
    pub weight_decay: f64,
}

impl Default for AdamW {
    fn default() -> Self {
        let Adam { betas, epsilon, .. } = Adam::default();
        AdamW { betas, epsilon, weight_decay: 1e-2 }
    }
}

impl AdamW {
    fn adam(self) -> Adam {
        let AdamW { betas, epsilon, weight_decay } = self;
        Adam { betas, epsilon, weight_decay, decay: Decay::Decoupled }
    }
}

impl Rule for AdamW {
    fn state_names(&self) -> &'static [&'static str] {
        self.adam().state_names()
    }

    fn update(&self, update: Update, parameter: &mut [f32], gradient: &[f32], state: &mut [Array<f32>]) {
        self.adam().update(update, parameter, gradient, state);
    }
}

#[cfg(test)]
impl crate::contract::Contract for AdamW {
    const LEARNING_RATE: f64 = Adam::LEARNING_RATE;

    fn settings() -> Vec<Self> {
        vec![
            AdamW::default(),
            AdamW { weight_decay: 0.1, ..AdamW::default() },
            AdamW { betas: (0.8, 0.95), epsilon: 1e-3, ..AdamW::default() },
        ]
    }

    fn without_decay(self) -> Self {
        AdamW { weight_decay: 0.0, ..self }
    }

    fn recurrence(&self, update: Update, parameter: f64, gradient: f64, state: &mut [f64]) -> f64 {
        let ((beta1, beta2), t) = (self.betas, update.number as i32);
        state[0] = beta1 * state[0] + (1.0 - beta1) * gradient;
        state[1] = beta2 * state[1] + (1.0 - beta2) * gradient * gradient;
        let mean = state[0] / (1.0 - beta1.powi(t));
        let mean_square = state[1] / (1.0 - beta2.powi(t));
        let shrunk = parameter - update.learning_rate * self.weight_decay * parameter;
        shrunk - update.learning_rate * mean / (mean_square.sqrt() + self.epsilon)
    }
}
