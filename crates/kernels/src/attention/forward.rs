//! The output of an attention.

use super::rows::Soften;
use super::{Attention, BLOCK, head};
use crate::gemm::{Epilogue, MatMut, MatRef, gemm};
use crate::layout::View;
use crate::threads::{Disjoint, parallel_for};
use crate::{Float, scratch};

/// `out[i] = Σⱼ softmaxⱼ(scale · qᵢ·kⱼ) vⱼ` for each head.
///
/// The output is `(N, T, H, D)` row by row, so that the heads of one place lie side by side. For
/// each query, `log_sum_exp`, `(N, H, T)`, receives what [`backward`](super::backward) needs.
///
/// # Panics
/// If the sizes do not fit.
pub fn forward<E: Float>(
    attention: &Attention<'_>,
    q: View<'_, E>,
    k: View<'_, E>,
    v: View<'_, E>,
    out: &mut [E],
    log_sum_exp: &mut [E],
) {
    attention.check(q, k, v);
    let Attention { batch, heads, groups, queries, size, .. } = *attention;
    assert_eq!(out.len(), batch * heads * queries * size, "elements of the output");
    assert_eq!(log_sum_exp.len(), batch * heads * queries, "a number for each query");
    if out.is_empty() {
        return;
    }
    let blocks = queries.div_ceil(BLOCK);
    let (out, log_sum_exp) = (Disjoint::new(out), Disjoint::new(log_sum_exp));
    parallel_for(batch * heads * blocks, |task| {
        let (example, h, first) = (task / blocks / heads, task / blocks % heads, task % blocks * BLOCK);
        let rows = BLOCK.min(queries - first);
        let n_keys = attention.n_keys(first + rows - 1);
        let row = (example * heads + h) * queries + first;
        // SAFETY: the queries of a task are its own.
        let log_sum_exp = unsafe { log_sum_exp.slice(row, rows) };
        scratch::with(rows * size, |result: &mut [E]| {
            weighted_sums(
                attention,
                [example, h, h / (heads / groups)],
                first,
                n_keys,
                [q, k, v],
                result,
                log_sum_exp,
            );
            for (i, result) in result.chunks_exact(size).enumerate() {
                let place = ((example * queries + first + i) * heads + h) * size;
                // SAFETY: as above.
                unsafe { out.slice(place, size) }.copy_from_slice(result);
            }
        });
    });
}

/// The outputs of one block of queries, row by row.
fn weighted_sums<E: Float>(
    attention: &Attention<'_>,
    [example, h, group]: [usize; 3],
    first: usize,
    n_keys: usize,
    [q, k, v]: [View<'_, E>; 3],
    result: &mut [E],
    log_sum_exp: &mut [E],
) {
    let (rows, size) = (log_sum_exp.len(), attention.size);
    if n_keys == 0 {
        result.fill(E::ZERO);
        log_sum_exp.fill(E::ZERO);
        return;
    }
    scratch::with(rows * n_keys, |scores: &mut [E]| {
        let queries = head(q, example, h, first, rows);
        let keys = head(k, example, group, 0, n_keys).transposed();
        let scale = E::from_f64(attention.scale);
        gemm(scale, queries, keys, E::ZERO, MatMut::row_major(scores, rows, n_keys), Epilogue::default());
        let visible = attention.visible_from(first);
        let present = attention.present(example, n_keys);
        E::soften(Soften { n_keys, visible, present, scores, log_sum_exp });
        if let Some(dropout) = attention.dropout {
            let row = (example * attention.heads + h) * attention.queries + first;
            scratch::with(rows * n_keys, |kept: &mut [E]| {
                attention.draw_kept(dropout, row, n_keys, kept);
                scores.iter_mut().zip(kept).for_each(|(weight, kept)| *weight *= *kept);
            });
        }
        let weights = MatRef::row_major(scores, rows, n_keys);
        let values = head(v, example, group, 0, n_keys);
        gemm(E::ONE, weights, values, E::ZERO, MatMut::row_major(result, rows, size), Epilogue::default());
    });
}
