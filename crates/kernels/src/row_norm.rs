//! Rows brought to a common scale: layer normalization and its relative without a mean.

use crate::reduce::fold::{Numbers, SquaredDeviations, Terms, sums};
use crate::reduce::{Axis, sum};
use crate::simd::{Kernel, Simd, Vector};
use crate::threads::parallel_chunks_mut2;
use crate::{Float, scratch};

/// About how many elements a task has.
const BLOCK: usize = 8 * 1024;

/// What the deviations of a row are measured from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Center {
    /// Its mean: layer normalization.
    Mean,
    /// Zero: root-mean-square normalization.
    Zero,
}

/// `y[r] = γ · (x[r] − c) / √(mean (x[r] − c)² + ε) + β`, where c is the center of row r.
///
/// A row is as long as `gamma`. For each, `moments` receives c and the inverse of the root, for
/// [`backward`].
pub fn forward<E: Float>(
    center: Center,
    epsilon: f64,
    x: &[E],
    gamma: &[E],
    beta: Option<&[E]>,
    y: &mut [E],
    moments: &mut [E],
) {
    let len = gamma.len();
    assert_eq!(x.len(), y.len(), "elements of the input and of the output");
    assert_eq!(x.len() * 2, moments.len() * len, "two moments for each row");
    assert!(beta.is_none_or(|beta| beta.len() == len), "as many shifts as scales");
    if y.is_empty() {
        return;
    }
    let rows = (BLOCK / len).max(1);
    parallel_chunks_mut2(y, rows * len, moments, rows * 2, |i, y, moments| {
        let x = &x[i * rows * len..][..y.len()];
        E::normalize_rows(NormalizeRows {
            center,
            epsilon: E::from_f64(epsilon),
            x,
            gamma,
            beta,
            y,
            moments,
        });
    });
}

/// The derivatives of [`forward`]: with `x̂ = (x − c) · s`, `dγ = Σ dy·x̂` and `dβ = Σ dy` over all
/// rows, and `dx = s · (g − mean g − x̂ · mean g·x̂)` with `g = γ·dy`, where the mean of g is left
/// out when the center is zero.
pub fn backward<E: Float>(
    center: Center,
    x: &[E],
    gamma: &[E],
    moments: &[E],
    dy: &[E],
    dx: &mut [E],
    dgamma: &mut [E],
    dbeta: &mut [E],
) {
    let len = gamma.len();
    assert_eq!(x.len(), dx.len(), "elements of the input and of its gradient");
    assert_eq!(dy.len(), dx.len(), "elements of the gradients");
    assert_eq!(x.len() * 2, moments.len() * len, "two moments for each row");
    assert!(dgamma.len() == len && dbeta.len() == len, "gradients of {len} scales and shifts");
    if dx.is_empty() {
        dgamma.fill(E::ZERO);
        dbeta.fill(E::ZERO);
        return;
    }
    let rows = (BLOCK / len).max(1);
    let n_tasks = dx.len().div_ceil(rows * len);
    // Each task adds up its own rows; the tasks are then added in their order.
    scratch::with(n_tasks * 2 * len, |partial: &mut [E]| {
        parallel_chunks_mut2(dx, rows * len, partial, 2 * len, |i, dx, partial| {
            let here = i * rows * len..i * rows * len + dx.len();
            let moments = &moments[i * rows * 2..][..dx.len() / len * 2];
            let (dgamma, dbeta) = partial.split_at_mut(len);
            let (x, dy) = (&x[here.clone()], &dy[here]);
            E::normalize_rows_backward(NormalizeRowsBackward {
                center,
                x,
                gamma,
                moments,
                dy,
                dx,
                dgamma,
                dbeta,
            });
        });
        scratch::with(2 * len, |both: &mut [E]| {
            sum(partial, Axis { outer: 1, len: n_tasks, inner: 2 * len }, both);
            dgamma.copy_from_slice(&both[..len]);
            dbeta.copy_from_slice(&both[len..]);
        });
    });
}

pub(crate) struct NormalizeRows<'a, 'y, E> {
    center: Center,
    epsilon: E,
    x: &'a [E],
    gamma: &'a [E],
    beta: Option<&'a [E]>,
    y: &'y mut [E],
    moments: &'y mut [E],
}

impl<E: Float> Kernel for NormalizeRows<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let NormalizeRows { center, epsilon, x, gamma, beta, y, moments } = self;
        let len = gamma.len();
        let inverse_len = E::ONE / E::from_usize(len);
        let rows = x.chunks_exact(len).zip(y.chunks_exact_mut(len)).zip(moments.chunks_exact_mut(2));
        for ((x, y), moments) in rows {
            let middle = match center {
                // SAFETY: kernels run where the machine has the instructions.
                Center::Mean => unsafe { sums::<E, S, 1, 1>(Numbers, [x])[0] * inverse_len },
                Center::Zero => E::ZERO,
            };
            // The deviations are summed anew, because Σx² − (Σx)²/n cancels where the mean is far
            // from zero.
            // SAFETY: as above.
            let [squares] = unsafe { sums::<E, S, 1, 1>(SquaredDeviations(middle), [x]) };
            let scale = E::ONE / (squares * inverse_len + epsilon).sqrt();
            moments.copy_from_slice(&[middle, scale]);
            let elements = y.iter_mut().zip(x).zip(gamma);
            match beta {
                Some(beta) => elements
                    .zip(beta)
                    .for_each(|(((y, &x), &gamma), &beta)| *y = (x - middle) * scale * gamma + beta),
                None => elements.for_each(|((y, &x), &gamma)| *y = (x - middle) * scale * gamma),
            }
        }
    }
}

pub(crate) struct NormalizeRowsBackward<'a, 'y, E> {
    center: Center,
    x: &'a [E],
    gamma: &'a [E],
    moments: &'a [E],
    dy: &'a [E],
    dx: &'y mut [E],
    dgamma: &'y mut [E],
    dbeta: &'y mut [E],
}

impl<E: Float> Kernel for NormalizeRowsBackward<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let NormalizeRowsBackward { center, x, gamma, moments, dy, dx, dgamma, dbeta } = self;
        let len = gamma.len();
        let inverse_len = E::ONE / E::from_usize(len);
        dgamma.fill(E::ZERO);
        dbeta.fill(E::ZERO);
        let rows = x.chunks_exact(len).zip(dy.chunks_exact(len)).zip(dx.chunks_exact_mut(len));
        for (((x, dy), dx), moments) in rows.zip(moments.chunks_exact(2)) {
            let (middle, scale) = (moments[0], moments[1]);
            // SAFETY: kernels run where the machine has the instructions.
            let [sum, product] = unsafe { sums::<E, S, 3, 2>(GradientTerms { middle }, [x, dy, gamma]) };
            let mean = match center {
                Center::Mean => sum * inverse_len,
                Center::Zero => E::ZERO,
            };
            let along = product * scale * inverse_len;
            let inputs = x.iter().zip(dy).zip(gamma);
            let outputs = dx.iter_mut().zip(&mut *dgamma).zip(&mut *dbeta);
            for (((&x, &dy), &gamma), ((dx, dgamma), dbeta)) in inputs.zip(outputs) {
                let normal = (x - middle) * scale;
                *dx = scale * (dy * gamma - mean - normal * along);
                *dgamma += dy * normal;
                *dbeta += dy;
            }
        }
    }
}

/// `g` and `g · (x − middle)` of rows of x, dy and γ, with `g = γ·dy`.
#[derive(Clone, Copy)]
struct GradientTerms<E> {
    middle: E,
}

impl<E: Float> Terms<E, 3, 2> for GradientTerms<E> {
    #[inline(always)]
    unsafe fn of<S: Simd>(self, [x, dy, gamma]: [E::Vector<S>; 3]) -> [E::Vector<S>; 2] {
        // SAFETY: by the caller's promise.
        unsafe {
            let g = dy.mul(gamma);
            [g, g.mul(x.sub(E::Vector::<S>::splat(self.middle)))]
        }
    }
}
