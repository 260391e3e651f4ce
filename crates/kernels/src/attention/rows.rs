//! What happens to the scores of a block of queries between the products.

use crate::Float;
use crate::gemm::MatRef;
use crate::reduce::fold::{Products, sums};
use crate::reduce::{LANES, Max, Sum};
use crate::simd::{Kernel, Simd};
use crate::softmax::TOGETHER;
use crate::threads::Disjoint;

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
        // As the rows of a softmax, those that stay in the nearest cache are worked on together.
        let together = (TOGETHER / n_keys).max(1);
        for (group, scores) in scores.chunks_mut(together * n_keys).enumerate() {
            let first = group * together;
            let here = first..first + scores.len() / n_keys;
            // At first, sums and maxima stand where scales and logarithms will: those are taken of all
            // rows together, as vectors.
            let (sums, maxima) = (&mut scales[here.clone()], &mut log_sum_exp[here.clone()]);
            for ((row, scores), max) in here.clone().zip(scores.chunks_exact_mut(n_keys)).zip(&mut *maxima) {
                let n_visible = visible.of_row(row, n_keys);
                let (scores, unseen) = scores.split_at_mut(whole_blocks(n_visible, n_keys));
                unseen.fill(E::ZERO);
                scores[n_visible..].fill(E::NEG_INFINITY);
                if let Some(present) = present {
                    for (score, &present) in scores.iter_mut().zip(present) {
                        *score = if present { *score } else { E::NEG_INFINITY };
                    }
                }
                *max = Max(scores).run::<S>();
            }
            for ((row, scores), &max) in here.clone().zip(scores.chunks_exact_mut(n_keys)).zip(&*maxima) {
                let scores = &mut scores[..whole_blocks(visible.of_row(row, n_keys), n_keys)];
                soften_row::<E, S>(scores, max);
            }
            for ((row, scores), sum) in here.zip(scores.chunks_exact(n_keys)).zip(sums) {
                *sum = Sum(&scores[..whole_blocks(visible.of_row(row, n_keys), n_keys)]).run::<S>();
            }
        }
        for (scale, lse) in scales.iter_mut().zip(log_sum_exp) {
            let (sum, max) = (*scale, *lse);
            let seen = max != E::NEG_INFINITY;
            *lse = if seen { max + sum.fast_ln::<S>() } else { E::ZERO };
            *scale = if seen { E::ONE / sum } else { E::ZERO };
        }
    }
}

/// The end of the block of scores in which the last visible one is. Up to there exponentials are taken
/// as vectors, of what is not visible as of −∞.
#[inline(always)]
fn whole_blocks(n_visible: usize, n_keys: usize) -> usize {
    n_visible.next_multiple_of(LANES).min(n_keys)
}

/// Takes the exponentials of the scores over the largest of them, in whole blocks. All are 0 if there is
/// none, and NaN if it is not a number or infinite.
#[inline(always)]
fn soften_row<E: Float, S: Simd>(scores: &mut [E], max: E) {
    if !max.is_finite() {
        return scores.fill(if max == E::NEG_INFINITY { E::ZERO } else { E::NAN });
    }
    let (blocks, rest) = scores.as_chunks_mut::<LANES>();
    for block in blocks {
        soften_block::<E, S>(block, max);
    }
    if !rest.is_empty() {
        let mut block = [E::NEG_INFINITY; LANES];
        block[..rest.len()].copy_from_slice(rest);
        soften_block::<E, S>(&mut block, max);
        rest.copy_from_slice(&block[..rest.len()]);
    }
}

/// Takes the exponentials of a block.
#[inline(always)]
fn soften_block<E: Float, S: Simd>(block: &mut [E; LANES], max: E) {
    for score in block {
        *score = (*score - max).fast_exp_nonpositive::<S>();
    }
}

/// Scores become weights again, from what [`Soften`] kept, and the gradients of weights become
/// those of scores: `ds = w · (dw − Σ w·dw)`, where the sum is that of `out · dout`.
pub(crate) struct SoftenBackward<'a, 'y, E> {
    pub(super) n_keys: usize,
    pub(super) visible: Visible,
    pub(super) present: Option<&'a [bool]>,
    pub(super) log_sum_exp: &'a [E],
    /// The outputs of the queries, and their gradients.
    pub(super) out: MatRef<'a, E>,
    pub(super) dout: MatRef<'a, E>,
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
        let SoftenBackward { n_keys, visible, present, log_sum_exp, out, dout, kept, .. } = self;
        let rows = self.scores.chunks_exact_mut(n_keys).zip(self.gradients.chunks_exact_mut(n_keys));
        for (row, (scores, gradients)) in rows.enumerate() {
            let (lse, inner) = (log_sum_exp[row], row_product::<E, S>(out, dout, row));
            let n_visible = visible.of_row(row, n_keys);
            let whole = whole_blocks(n_visible, n_keys);
            scores[whole..].fill(E::ZERO);
            gradients[n_visible..].fill(E::ZERO);
            scores[n_visible..whole].fill(E::NEG_INFINITY);
            let (scores, gradients) = (&mut scores[..whole], &mut gradients[..n_visible]);
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

/// The scalar product of row `row` of two matrices.
#[inline(always)]
fn row_product<E: Float, S: Simd>(x: MatRef<'_, E>, y: MatRef<'_, E>, row: usize) -> E {
    match (x.row(row), y.row(row)) {
        // SAFETY: kernels run where the machine has the instructions.
        (Some(x), Some(y)) => unsafe { sums::<E, S, 2, 1>(Products, [x, y])[0] },
        _ => (0..x.cols()).map(|col| *x.at(row, col) * *y.at(row, col)).sum(),
    }
}

/// Rows multiplied by a number each, `to[start + i · apart ..] = scales[i] · from[i]`, to places that
/// nobody else touches.
pub(crate) struct ScaleRows<'a, 'y, E> {
    pub(super) from: &'a [E],
    pub(super) scales: &'a [E],
    pub(super) to: &'a Disjoint<'y, E>,
    pub(super) start: usize,
    pub(super) apart: usize,
}

impl<E: Float> Kernel for ScaleRows<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let ScaleRows { from, scales, to, start, apart } = self;
        let size = from.len() / scales.len();
        for (row, (from, &scale)) in from.chunks_exact(size).zip(scales).enumerate() {
            // SAFETY: nobody else touches these places, and one row is held at a time.
            let to = unsafe { to.slice(start + row * apart, size) };
            to.iter_mut().zip(from).for_each(|(to, &from)| *to = from * scale);
        }
    }
}
