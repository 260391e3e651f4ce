//! Smooth relatives of ReLU: a number times a soft step, `y = x · s(x)`.

use crate::Float;
use crate::simd::{Kernel, Simd};
use crate::threads::parallel_chunks_mut;

/// How many elements a task has; a step takes some nanoseconds.
const BLOCK: usize = 4 * 1024;

/// A function that goes from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoftStep {
    /// The distribution function of the normal distribution, `½ (1 + erf(x/√2))`: x times it is
    /// GELU.
    Normal,
    /// Its approximation `½ (1 + tanh u)` with `u = √(2/π) (x + 0.044715 x³)`.
    NormalByTanh,
    /// `1/(1 + e⁻ˣ)`: x times it is SiLU.
    Logistic,
}

/// `y[i] = x[i] · s(x[i])`.
///
/// For `f32`, the normal steps are off by at most 2 ε, the logistic one by 4, and the result by 5 ε |x|: far
/// below zero, where the normal steps cancel to nothing, that is an absolute error and no relative one.
pub fn times_step<E: Float>(step: SoftStep, x: &[E], y: &mut [E]) {
    assert_eq!(x.len(), y.len(), "elements of the input and of the output");
    parallel_chunks_mut(y, BLOCK, |i, y| {
        let x = &x[i * BLOCK..][..y.len()];
        E::times_step(TimesStep { step, x, y });
    });
}

/// The derivative of [`times_step`]: `dx[i] = dy[i] · (s(x[i]) + x[i] · s′(x[i]))`.
pub fn times_step_backward<E: Float>(step: SoftStep, x: &[E], dy: &[E], dx: &mut [E]) {
    assert_eq!(x.len(), dx.len(), "elements of the input and of its gradient");
    assert_eq!(dy.len(), dx.len(), "elements of the gradients");
    parallel_chunks_mut(dx, BLOCK, |i, dx| {
        let here = i * BLOCK..i * BLOCK + dx.len();
        E::times_step_backward(TimesStepBackward { step, x: &x[here.clone()], dy: &dy[here], dx });
    });
}

pub(crate) struct TimesStep<'a, 'y, E> {
    step: SoftStep,
    x: &'a [E],
    y: &'y mut [E],
}

pub(crate) struct TimesStepBackward<'a, 'y, E> {
    step: SoftStep,
    x: &'a [E],
    dy: &'a [E],
    dx: &'y mut [E],
}

impl<E: Float> Kernel for TimesStep<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        // One loop for each step, so that none of them branches inside.
        let TimesStep { step, x, y } = self;
        let pairs = y.iter_mut().zip(x);
        let half = E::from_f64(0.5);
        match step {
            SoftStep::Normal => pairs.for_each(|(y, &x)| *y = x * (half + x.fast_normal::<S>())),
            SoftStep::NormalByTanh => {
                pairs.for_each(|(y, &x)| *y = x * (half + x.fast_normal_by_tanh::<S>()));
            }
            SoftStep::Logistic => pairs.for_each(|(y, &x)| *y = x * x.fast_sigmoid::<S>()),
        }
    }
}

impl<E: Float> Kernel for TimesStepBackward<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let TimesStepBackward { step, x, dy, dx } = self;
        let triples = dx.iter_mut().zip(x).zip(dy);
        let half = E::from_f64(0.5);
        match step {
            SoftStep::Normal => {
                triples.for_each(|((dx, &x), &dy)| *dx = dy * (half + x.fast_normal_slope::<S>()));
            }
            SoftStep::NormalByTanh => {
                triples.for_each(|((dx, &x), &dy)| *dx = dy * (half + x.fast_normal_by_tanh_slope::<S>()));
            }
            SoftStep::Logistic => triples.for_each(|((dx, &x), &dy)| {
                let step = x.fast_sigmoid::<S>();
                *dx = dy * step * (E::ONE + x * (E::ONE - step));
            }),
        }
    }
}
