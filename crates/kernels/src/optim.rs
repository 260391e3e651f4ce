//! Updates of parameters in one pass over memory.
//!
//! The formulas are those of PyTorch, in its order of operations; where it divides by a number that is the
//! same for all parameters, they are multiplied by its inverse.

use crate::Float;
use crate::simd::{Kernel, Simd};
use crate::threads::{parallel_chunks_mut, parallel_chunks_mut2};

/// How many elements a task has.
const BLOCK: usize = 16 * 1024;

/// The numbers of a step of stochastic gradient descent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    /// The length of the step (η).
    pub learning_rate: f64,
    /// How much of the last direction is kept (μ).
    pub momentum: f64,
    /// How strongly parameters are pulled to 0 (λ), as a term of the gradient.
    pub weight_decay: f64,
    /// Which direction is taken.
    pub direction: Direction,
}

/// The direction of a step with momentum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Along the velocity.
    Velocity,
    /// Nesterov's: along the gradient plus the velocity that follows.
    LookAhead,
}

/// `g = grad + λ·param`, then `param -= η·g`.
pub fn sgd<E: Float>(rule: &Sgd, param: &mut [E], grad: &[E]) {
    assert_eq!(param.len(), grad.len(), "a gradient for each parameter");
    parallel_chunks_mut(param, BLOCK, |i, param| {
        let grad = &grad[i * BLOCK..][..param.len()];
        E::sgd_step(SgdStep { rule, param, grad });
    });
}

/// `g = grad + λ·param`, `v = μ·v + g`, then `param -= η·v`, or `η·(g + μ·v)` with
/// [`Direction::LookAhead`]. `velocity` starts as zeros.
pub fn sgd_momentum<E: Float>(rule: &Sgd, param: &mut [E], grad: &[E], velocity: &mut [E]) {
    assert_eq!(param.len(), grad.len(), "a gradient for each parameter");
    assert_eq!(param.len(), velocity.len(), "a velocity for each parameter");
    parallel_chunks_mut2(param, BLOCK, velocity, BLOCK, |i, param, velocity| {
        let grad = &grad[i * BLOCK..][..param.len()];
        E::momentum_step(MomentumStep { rule, param, grad, velocity });
    });
}

/// The numbers of a step of Adam.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// The length of the step (η).
    pub learning_rate: f64,
    /// How much of the mean gradient is kept (β₁).
    pub beta1: f64,
    /// How much of the mean square is kept (β₂).
    pub beta2: f64,
    /// Keeps the division finite (ε).
    pub epsilon: f64,
    /// How strongly parameters are pulled to 0 (λ).
    pub weight_decay: f64,
    /// What the pull does.
    pub decay: Decay,
    /// The number of the step (t), from 1.
    pub step: u64,
}

/// How weight decay enters a step of Adam.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decay {
    /// As a term of the gradient: `g += λ·param` (Adam).
    Gradient,
    /// Beside the gradient: `param -= η·λ·param` (AdamW).
    Decoupled,
}

/// `m = β₁·m + (1 − β₁)·g`, `v = β₂·v + (1 − β₂)·g²`, then
/// `param -= η/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε)`. `mean` and `square` start as zeros.
pub fn adam<E: Float>(rule: &Adam, param: &mut [E], grad: &[E], mean: &mut [E], square: &mut [E]) {
    assert_eq!(param.len(), grad.len(), "a gradient for each parameter");
    assert_eq!(param.len(), mean.len(), "a mean for each parameter");
    assert_eq!(param.len(), square.len(), "a mean square for each parameter");
    let factors = &AdamFactors::of(rule);
    let square = crate::threads::Disjoint::new(square);
    parallel_chunks_mut2(param, BLOCK, mean, BLOCK, |i, param, mean| {
        let grad = &grad[i * BLOCK..][..param.len()];
        // SAFETY: chunk i is only touched by task i.
        let square = unsafe { square.slice(i * BLOCK, param.len()) };
        E::adam_step(AdamStep { factors, param, grad, mean, square });
    });
}

pub(crate) struct SgdStep<'a, 'y, E> {
    rule: &'a Sgd,
    param: &'y mut [E],
    grad: &'a [E],
}

impl<E: Float> Kernel for SgdStep<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let rate = E::from_f64(self.rule.learning_rate);
        let decay = E::from_f64(self.rule.weight_decay);
        for (param, &grad) in self.param.iter_mut().zip(self.grad) {
            let grad = grad + decay * *param;
            *param -= rate * grad;
        }
    }
}

pub(crate) struct MomentumStep<'a, 'y, E> {
    rule: &'a Sgd,
    param: &'y mut [E],
    grad: &'a [E],
    velocity: &'y mut [E],
}

impl<E: Float> Kernel for MomentumStep<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let rate = E::from_f64(self.rule.learning_rate);
        let decay = E::from_f64(self.rule.weight_decay);
        let momentum = E::from_f64(self.rule.momentum);
        let look_ahead = self.rule.direction == Direction::LookAhead;
        for ((param, &grad), velocity) in self.param.iter_mut().zip(self.grad).zip(self.velocity.iter_mut()) {
            let grad = grad + decay * *param;
            *velocity = momentum * *velocity + grad;
            let direction = if look_ahead { grad + momentum * *velocity } else { *velocity };
            *param -= rate * direction;
        }
    }
}

/// What the numbers of a step of Adam are multiplied by.
struct AdamFactors<E> {
    coupled: E,
    keep: E,
    betas: [E; 2],
    rests: [E; 2],
    rate: E,
    inverse_root: E,
    epsilon: E,
}

impl<E: Float> AdamFactors<E> {
    fn of(rule: &Adam) -> Self {
        let t = rule.step as f64;
        let (coupled, decoupled) = match rule.decay {
            Decay::Gradient => (rule.weight_decay, 0.0),
            Decay::Decoupled => (0.0, rule.weight_decay),
        };
        let betas = [rule.beta1, rule.beta2];
        AdamFactors {
            coupled: E::from_f64(coupled),
            keep: E::from_f64(1.0 - rule.learning_rate * decoupled),
            betas: betas.map(E::from_f64),
            rests: betas.map(|beta| E::from_f64(1.0 - beta)),
            rate: E::from_f64(rule.learning_rate / (1.0 - rule.beta1.powf(t))),
            inverse_root: E::from_f64(1.0 / (1.0 - rule.beta2.powf(t)).sqrt()),
            epsilon: E::from_f64(rule.epsilon),
        }
    }
}

pub(crate) struct AdamStep<'a, 'y, E> {
    factors: &'a AdamFactors<E>,
    param: &'y mut [E],
    grad: &'a [E],
    mean: &'y mut [E],
    square: &'y mut [E],
}

impl<E: Float> Kernel for AdamStep<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let &AdamFactors { coupled, keep, betas, rests, rate, inverse_root, epsilon } = self.factors;
        let ([beta1, beta2], [rest1, rest2]) = (betas, rests);
        for (((param, &grad), mean), square) in
            self.param.iter_mut().zip(self.grad).zip(self.mean.iter_mut()).zip(self.square.iter_mut())
        {
            let grad = grad + coupled * *param;
            *mean = beta1 * *mean + rest1 * grad;
            *square = beta2 * *square + rest2 * (grad * grad);
            let denominator = square.sqrt() * inverse_root + epsilon;
            *param = keep * *param - rate * (*mean / denominator);
        }
    }
}
