//! What happens to the scores of a block of queries between the products.

use crate::Float;
use crate::reduce::{LANES, Max, sum_lanes};
use crate::simd::{Kernel, Simd};

/// How many of the keys a query may look at: so many the first query of a block, which are none if
/// the number is negative, and so many more each next one.
#[derive(Clone, Copy)]
pub(crate) struct Visible {
    pub(super) first: isize,
    pub(super) step: isize,
}

impl Visible {
    #[inline(always)]
    pub(super) fn of_row(self, row: usize, n_keys: usize) -> usize {
        (self.first + row as isize * self.step).clamp(0, n_keys as isize) as usize
    }
}

/// Scores become weights, up to a scale for each query: `w = e^(s − max s)` over the keys that it sees,
/// and 0 elsewhere, where `1 / Σ w` is the scale and `ln Σ e^s` is kept. A query that sees no key has
/// weights of 0.
pub(crate) struct Soften<'a, 'y, E> {
    pub(super) n_keys: usize,
    pub(super) visible: Visible,
    pub(super) present: Option<&'a [bool]>,
    pub(super) scores: &'y mut [E],
    pub(super) scales: &'y mut [E],
    pub(super) log_sum_exp: &'y mut [E],
}

impl<E: Float> Kernel for Soften<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Soften { n_keys, visible, present, scores, scales, log_sum_exp } = self;
        let kept = scales.iter_mut().zip(log_sum_exp);
        for (row, (scores, (scale, lse))) in scores.chunks_exact_mut(n_keys).zip(kept).enumerate() {
            let (seen, unseen) = scores.split_at_mut(visible.of_row(row, n_keys));
            unseen.fill(E::ZERO);
            if let Some(present) = present {
                for (score, &present) in seen.iter_mut().zip(present) {
                    *score = if present { *score } else { E::NEG_INFINITY };
                }
            }
            let max = if seen.is_empty() { E::NEG_INFINITY } else { Max(seen).run::<S>() };
            if max == E::NEG_INFINITY {
                seen.fill(E::ZERO);
                (*scale, *lse) = (E::ZERO, E::ZERO);
                continue;
            }
            let mut lanes = [E::ZERO; LANES];
            let (blocks, rest) = seen.as_chunks_mut::<LANES>();
            for block in blocks {
                for (lane, score) in lanes.iter_mut().zip(block) {
                    *score = (*score - max).fast_exp::<S>();
                    *lane += *score;
                }
            }
            for (lane, score) in lanes.iter_mut().zip(rest) {
                *score = (*score - max).fast_exp::<S>();
                *lane += *score;
            }
            let sum = sum_lanes(lanes);
            *lse = max + sum.fast_ln::<S>();
            *scale = E::ONE / sum;
        }
    }
}

/// Scores become weights again, from what [`Soften`] kept, and the gradients of weights become
/// those of scores: `ds = w · (dw − Σ w·dw)`, where the sum is given.
pub(crate) struct SoftenBackward<'a, 'y, E> {
    pub(super) n_keys: usize,
    pub(super) visible: Visible,
    pub(super) present: Option<&'a [bool]>,
    pub(super) log_sum_exp: &'a [E],
    /// Σ w·dw of each query.
    pub(super) inner: &'a [E],
    /// The factors by which dropout multiplied the weights, into which it multiplies the new ones.
    pub(super) kept: Option<&'a [E]>,
    /// Scores before, weights after dropout behind.
    pub(super) scores: &'y mut [E],
    /// Gradients of weights after dropout before, of scores behind.
    pub(super) gradients: &'y mut [E],
}

impl<E: Float> Kernel for SoftenBackward<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let SoftenBackward { n_keys, visible, present, log_sum_exp, inner, kept, .. } = self;
        let rows = self.scores.chunks_exact_mut(n_keys).zip(self.gradients.chunks_exact_mut(n_keys));
        for (row, (scores, gradients)) in rows.enumerate() {
            let (lse, inner) = (log_sum_exp[row], inner[row]);
            let n_visible = visible.of_row(row, n_keys);
            scores[n_visible..].fill(E::ZERO);
            gradients[n_visible..].fill(E::ZERO);
            let (scores, gradients) = (&mut scores[..n_visible], &mut gradients[..n_visible]);
            for score in scores.iter_mut() {
                *score = (*score - lse).fast_exp::<S>();
            }
            if let Some(present) = present {
                for (weight, &present) in scores.iter_mut().zip(present) {
                    *weight = if present { *weight } else { E::ZERO };
                }
            }
            match kept {
                None => {
                    for (gradient, &weight) in gradients.iter_mut().zip(&*scores) {
                        *gradient = weight * (*gradient - inner);
                    }
                }
                Some(kept) => {
                    let kept = &kept[row * n_keys..][..n_visible];
                    for ((gradient, weight), &kept) in gradients.iter_mut().zip(scores).zip(kept) {
                        *gradient = *weight * (*gradient * kept - inner);
                        *weight *= kept;
                    }
                }
            }
        }
    }
}
