//! The derivatives of an attention.

use super::rows::SoftenBackward;
use super::{Attention, BLOCK, head};
use crate::gemm::{Epilogue, MatMut, MatRef, gemm};
use crate::layout::View;
use crate::threads::{Disjoint, parallel_for};
use crate::{Float, scratch};

/// What the derivatives of an attention are computed from.
#[derive(Clone, Copy, Debug)]
pub struct Point<'a, E> {
    /// The queries, keys and values.
    pub inputs: [View<'a, E>; 3],
    /// The output, `(N, H, T, D)` by its view.
    pub out: View<'a, E>,
    /// Its gradient, likewise.
    pub dout: View<'a, E>,
    /// What the forward pass kept.
    pub log_sum_exp: &'a [E],
}

/// The gradients of queries, keys and values, `(N, T, H, D)` and twice `(N, S, G, D)` row by row.
///
/// With weights W and output O of a head: `dV = Wᵀ dO`, `dW = dO Vᵀ`,
/// `dS = W ∘ (dW − rowsum(O ∘ dO))`, `dQ = scale · dS K`, `dK = scale · dSᵀ Q`.
///
/// # Panics
/// If the sizes do not fit.
pub fn backward<E: Float>(
    attention: &Attention<'_>,
    at: Point<'_, E>,
    dq: &mut [E],
    dk: &mut [E],
    dv: &mut [E],
) {
    let [q, k, v] = at.inputs;
    attention.check(q, k, v);
    let Attention { batch, heads, groups, queries, keys, size, .. } = *attention;
    assert_eq!(dq.len(), batch * heads * queries * size, "elements of the gradient of the queries");
    assert_eq!(dk.len(), batch * groups * keys * size, "elements of the gradient of the keys");
    assert_eq!(dv.len(), dk.len(), "elements of the gradient of the values");
    if dk.is_empty() {
        dq.fill(E::ZERO);
        return;
    }
    let (dq, dk, dv) = (Disjoint::new(dq), Disjoint::new(dk), Disjoint::new(dv));
    // The heads that share keys are one task, so that the gradients of keys have one writer.
    parallel_for(batch * groups, |task| {
        let (example, group) = (task / groups, task % groups);
        scratch::with(2 * keys * size, |sums: &mut [E]| {
            sums.fill(E::ZERO);
            let (k_sums, v_sums) = sums.split_at_mut(keys * size);
            let per_group = heads / groups;
            for h in group * per_group..(group + 1) * per_group {
                for first in (0..queries).step_by(BLOCK) {
                    let rows = BLOCK.min(queries - first);
                    scratch::with(rows * size, |q_rows: &mut [E]| {
                        block(attention, &at, [example, h, group], first, q_rows, k_sums, v_sums);
                        for (i, row) in q_rows.chunks_exact(size).enumerate() {
                            let place = ((example * queries + first + i) * heads + h) * size;
                            // SAFETY: the head of this place belongs to this task.
                            unsafe { dq.slice(place, size) }.copy_from_slice(row);
                        }
                    });
                }
            }
            for (sums, gradient) in [(k_sums, &dk), (v_sums, &dv)] {
                for (j, row) in sums.chunks_exact(size).enumerate() {
                    let place = ((example * keys + j) * groups + group) * size;
                    // SAFETY: the head of keys of this place belongs to this task.
                    unsafe { gradient.slice(place, size) }.copy_from_slice(row);
                }
            }
        });
    });
}

/// One block of queries: writes their gradients and adds to those of keys and values.
fn block<E: Float>(
    attention: &Attention<'_>,
    at: &Point<'_, E>,
    [example, h, group]: [usize; 3],
    first: usize,
    q_rows: &mut [E],
    k_sums: &mut [E],
    v_sums: &mut [E],
) {
    let size = attention.size;
    let rows = q_rows.len() / size;
    let n_keys = attention.n_keys(first + rows - 1);
    if n_keys == 0 {
        q_rows.fill(E::ZERO);
        return;
    }
    let [q, k, v] = at.inputs;
    let queries = head(q, example, h, first, rows);
    let (keys, values) = (head(k, example, group, 0, n_keys), head(v, example, group, 0, n_keys));
    let (out, dout) = (head(at.out, example, h, first, rows), head(at.dout, example, h, first, rows));
    let row = (example * attention.heads + h) * attention.queries + first;
    let scale = E::from_f64(attention.scale);
    let n_kept = if attention.dropout.is_some() { rows * n_keys } else { 0 };
    scratch::with(2 * rows * n_keys + n_kept, |buffer: &mut [E]| {
        let (scores, buffer) = buffer.split_at_mut(rows * n_keys);
        let (gradients, kept) = buffer.split_at_mut(rows * n_keys);
        let product = |alpha, a, b, beta, c: &mut [E], rows, cols| {
            gemm(alpha, a, b, beta, MatMut::row_major(c, rows, cols), Epilogue::default());
        };
        product(scale, queries, keys.transposed(), E::ZERO, scores, rows, n_keys);
        product(E::ONE, dout, values.transposed(), E::ZERO, gradients, rows, n_keys);
        let kept = attention.dropout.map(|dropout| {
            attention.draw_kept(dropout, row, n_keys, kept);
            &*kept
        });
        E::soften_backward(SoftenBackward {
            n_keys,
            visible: attention.visible_from(first),
            present: attention.present(example, n_keys),
            log_sum_exp: &at.log_sum_exp[row..][..rows],
            out,
            dout,
            kept,
            scores: &mut *scores,
            gradients: &mut *gradients,
        });
        let weights = MatRef::row_major(scores, rows, n_keys);
        let gradients = MatRef::row_major(gradients, rows, n_keys);
        product(scale, gradients, keys, E::ZERO, q_rows, rows, size);
        let (k_sums, v_sums) = (&mut k_sums[..n_keys * size], &mut v_sums[..n_keys * size]);
        product(scale, gradients.transposed(), queries, E::ONE, k_sums, n_keys, size);
        product(E::ONE, weights.transposed(), dout, E::ONE, v_sums, n_keys, size);
    });
}
