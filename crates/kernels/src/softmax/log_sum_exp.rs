//! The logarithm of a sum of exponentials along any axis.

use super::{BLOCK, Function, LogSumExps, ShiftedExponentials, columns};
use crate::reduce::Axis;
use crate::simd::{Kernel, Simd};
use crate::threads::parallel_chunks_mut;
use crate::{Float, scratch};

/// `y = ln Σ eˣ` along the axis; −∞ where all are that.
///
/// # Panics
/// If the axis is empty.
pub fn log_sum_exp<E: Float>(x: &[E], axis: Axis, y: &mut [E]) {
    axis.check(x.len(), y.len());
    if y.is_empty() {
        return;
    }
    assert!(axis.len > 0, "the logarithm of a sum of nothing");
    if axis.inner > 1 {
        return columns::along_columns(Function::LogSumExp, [x, x], axis, y);
    }
    let len = axis.len;
    let rows = (BLOCK / len).max(1);
    parallel_chunks_mut(y, rows, |i, y| {
        let logits = &x[i * rows * len..][..y.len() * len];
        scratch::with(y.len(), |maxima: &mut [E]| {
            E::log_sum_exps(LogSumExps { logits, classes: len, maxima, log_sum_exp: y });
        });
    });
}

/// The derivative of [`log_sum_exp`] from its argument and its result: `dx = dy · e^(x − y)`.
pub fn log_sum_exp_backward<E: Float>(x: &[E], y: &[E], dy: &[E], axis: Axis, dx: &mut [E]) {
    axis.check(x.len(), y.len());
    axis.check(dx.len(), dy.len());
    if dx.is_empty() {
        return;
    }
    let Axis { len, inner, .. } = axis;
    if inner == 1 {
        let rows = (BLOCK / len).max(1);
        return parallel_chunks_mut(dx, rows * len, |i, dx| {
            let of_rows = i * rows..i * rows + dx.len() / len;
            E::shifted_exponentials(ShiftedExponentials {
                x: &x[i * rows * len..],
                len,
                shifts: &y[of_rows.clone()],
                spread: E::ZERO,
                factors: &dy[of_rows],
                dx,
            });
        });
    }
    let rows = (BLOCK / inner).max(1);
    parallel_chunks_mut(dx, rows * inner, |i, dx| {
        let x = &x[i * rows * inner..][..dx.len()];
        E::column_exponentials(ColumnExponentials { axis, first_row: i * rows, x, y, dy, dx });
    });
}

/// `dx[k, i] = dy[i] · e^(x[k, i] − y[i])` for rows `k`, of which the first is number `first_row` of all.
pub(crate) struct ColumnExponentials<'a, 'y, E> {
    axis: Axis,
    first_row: usize,
    x: &'a [E],
    y: &'a [E],
    dy: &'a [E],
    dx: &'y mut [E],
}

impl<E: Float> Kernel for ColumnExponentials<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let ColumnExponentials { axis: Axis { len, inner, .. }, first_row, x, y, dy, dx } = self;
        for (row, (x, dx)) in x.chunks_exact(inner).zip(dx.chunks_exact_mut(inner)).enumerate() {
            let slab = (first_row + row) / len * inner;
            let (y, dy) = (&y[slab..][..inner], &dy[slab..][..inner]);
            for ((dx, &x), (&y, &dy)) in dx.iter_mut().zip(x).zip(y.iter().zip(dy)) {
                *dx = dy * (x - y).fast_exp::<S>();
            }
        }
    }
}
