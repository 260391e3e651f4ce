//! The output of an attention.

use std::ops::Range;

use super::rows::{ScaleRows, Soften};
use super::{Attention, BLOCK, head};
use crate::gemm::{Epilogue, MatMut, MatRef, Packed};
use crate::layout::View;
use crate::threads::{Disjoint, parallel_for};
use crate::{Float, scratch};

/// How many blocks of queries a task works on, which share packed keys and values.
const RUN: usize = 4;

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
    let runs = queries.div_ceil(RUN * BLOCK);
    let (out, log_sum_exp) = (Disjoint::new(out), Disjoint::new(log_sum_exp));
    parallel_for(batch * heads * runs, |task| {
        let (example, h, first) = (task / runs / heads, task / runs % heads, task % runs * RUN * BLOCK);
        let end = queries.min(first + RUN * BLOCK);
        with_keys(attention, [example, h / (heads / groups)], first..end, [k, v], |keys| {
            for first in (first..end).step_by(BLOCK) {
                let rows = BLOCK.min(end - first);
                let queries_here = head(q, example, h, first, rows);
                let row = (example * heads + h) * queries + first;
                // SAFETY: the queries of a task are its own.
                let log_sum_exp = unsafe { log_sum_exp.slice(row, rows) };
                scratch::with(rows * (size + 1), |buffer: &mut [E]| {
                    let (result, scales) = buffer.split_at_mut(rows * size);
                    let row = [example, row];
                    weighted_sums(attention, row, first, queries_here, keys, result, scales, log_sum_exp);
                    let start = ((example * queries + first) * heads + h) * size;
                    // The queries of a task are its own.
                    E::scale_rows(ScaleRows { from: result, scales, to: &out, start, apart: heads * size });
                });
            }
        });
    });
}

/// Calls `f` with the keys, transposed, and the values of one head that these queries may look at, if
/// there are any.
fn with_keys<E: Float>(
    attention: &Attention<'_>,
    [example, group]: [usize; 2],
    queries: Range<usize>,
    [k, v]: [View<'_, E>; 2],
    f: impl FnOnce(Option<[Packed<'_, E>; 2]>),
) {
    let n_keys = attention.n_keys(queries.end - 1);
    if n_keys == 0 {
        return f(None);
    }
    let [keys, values] = [k, v].map(|x| head(x, example, group, 0, n_keys));
    let rows = queries.len().min(BLOCK);
    Packed::with(keys.transposed(), rows, |keys| {
        Packed::with(values, rows, |values| f(Some([keys, values])))
    });
}

/// The outputs of one block of queries, row by row, the first of which is `row` of all, and what they
/// have to be multiplied by.
fn weighted_sums<E: Float>(
    attention: &Attention<'_>,
    [example, row]: [usize; 2],
    first: usize,
    queries: MatRef<'_, E>,
    keys: Option<[Packed<'_, E>; 2]>,
    result: &mut [E],
    scales: &mut [E],
    log_sum_exp: &mut [E],
) {
    let (rows, size) = (log_sum_exp.len(), attention.size);
    let n_keys = attention.n_keys(first + rows - 1);
    let Some([keys, values]) = keys.filter(|_| n_keys > 0) else {
        result.fill(E::ZERO);
        scales.fill(E::ZERO);
        log_sum_exp.fill(E::ZERO);
        return;
    };
    let (keys, values) = (keys.first(size, n_keys), values.first(n_keys, size));
    scratch::with(rows * n_keys, |scores: &mut [E]| {
        let scale = E::from_f64(attention.scale);
        keys.gemm(scale, queries, E::ZERO, MatMut::row_major(scores, rows, n_keys), Epilogue::default());
        let visible = attention.visible_from(first);
        let present = attention.present(example, n_keys);
        E::soften(Soften { n_keys, visible, present, scores, scales, log_sum_exp });
        if let Some(dropout) = attention.dropout {
            scratch::with(rows * n_keys, |kept: &mut [E]| {
                attention.draw_kept(dropout, row, n_keys, kept);
                scores.iter_mut().zip(kept).for_each(|(weight, kept)| *weight *= *kept);
            });
        }
        let weights = MatRef::row_major(scores, rows, n_keys);
        values.gemm(E::ONE, weights, E::ZERO, MatMut::row_major(result, rows, size), Epilogue::default());
    });
}
