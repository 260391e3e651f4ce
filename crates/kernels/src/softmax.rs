//! Softmax, log-softmax and the cross-entropy of logits, with their derivatives.
//!
//! Each subtracts the maximum first, so that no exponential overflows. Along the last axis a row
//! is read while it is in the cache; other axes go column by column in blocks.

use crate::reduce::{Axis, LANES, Max, Sum, sum_lanes};
use crate::simd::{Kernel, Simd};
use crate::threads::{parallel_chunks_mut, parallel_chunks_mut2};
use crate::{Float, scratch};

/// About how many elements a task has.
const BLOCK: usize = 8 * 1024;

/// `y = eˣ / Σ eˣ` along the axis.
pub fn softmax<E: Float>(x: &[E], axis: Axis, y: &mut [E]) {
    along(axis, [x], y, |[x], y| E::softmax(SoftmaxRow { x, y }));
}

/// `y = x − ln Σ eˣ` along the axis.
pub fn log_softmax<E: Float>(x: &[E], axis: Axis, y: &mut [E]) {
    along(axis, [x], y, |[x], y| E::log_softmax(LogSoftmaxRow { x, y }));
}

/// The derivative of [`softmax`] from its result: `dx = y · (dy − Σ y·dy)`.
pub fn softmax_backward<E: Float>(y: &[E], dy: &[E], axis: Axis, dx: &mut [E]) {
    along(axis, [y, dy], dx, |[y, dy], dx| E::softmax_backward(SoftmaxBackwardRow { y, dy, dx }));
}

/// The derivative of [`log_softmax`] from its result: `dx = dy − e^y · Σ dy`.
pub fn log_softmax_backward<E: Float>(y: &[E], dy: &[E], axis: Axis, dx: &mut [E]) {
    along(axis, [y, dy], dx, |[y, dy], dx| E::log_softmax_backward(LogSoftmaxBackwardRow { y, dy, dx }));
}

/// The cross-entropy of each row of `classes` logits with its label, of whose weight a share
/// `smoothing` = ε is spread over all classes:
/// `loss[r] = ln Σₖ e^x[r, k] − (1 − ε) x[r, label[r]] − ε meanₖ x[r, k]`.
///
/// `log_sum_exp[r]` is the first of the terms, for [`cross_entropy_backward`].
///
/// # Panics
/// If a label is not below `classes`.
pub fn cross_entropy<E: Float>(
    logits: &[E],
    classes: usize,
    labels: &[u32],
    smoothing: f64,
    loss: &mut [E],
    log_sum_exp: &mut [E],
) {
    assert_eq!(logits.len(), labels.len() * classes, "logits of {} rows", labels.len());
    assert_eq!(loss.len(), labels.len(), "losses of {} rows", labels.len());
    assert_eq!(log_sum_exp.len(), labels.len(), "log-sum-exps of {} rows", labels.len());
    let rows = (BLOCK / classes.max(1)).max(1);
    parallel_chunks_mut2(loss, rows, log_sum_exp, rows, |i, loss, log_sum_exp| {
        let logits = &logits[i * rows * classes..][..loss.len() * classes];
        E::log_sum_exps(LogSumExps { logits, classes, log_sum_exp });
        for (row, (loss, lse)) in loss.iter_mut().zip(log_sum_exp).enumerate() {
            let label = labels[i * rows + row] as usize;
            let logits = &logits[row * classes..][..classes];
            *loss = *lse - E::from_f64(1.0 - smoothing) * logits[label];
            if smoothing > 0.0 {
                *loss -= E::from_f64(smoothing / classes as f64) * E::sum_run(Sum(logits));
            }
        }
    });
}

/// The derivative of [`cross_entropy`] with respect to the logits:
/// `dx[r, k] = dloss[r] · (e^(x[r, k] − log_sum_exp[r]) − (1 − ε) [k = label[r]] − ε/classes)`.
pub fn cross_entropy_backward<E: Float>(
    logits: &[E],
    log_sum_exp: &[E],
    classes: usize,
    labels: &[u32],
    smoothing: f64,
    dloss: &[E],
    dx: &mut [E],
) {
    assert_eq!(logits.len(), labels.len() * classes, "logits of {} rows", labels.len());
    assert_eq!(dx.len(), logits.len(), "gradients of {} logits", logits.len());
    assert_eq!(dloss.len(), labels.len(), "loss gradients of {} rows", labels.len());
    assert_eq!(log_sum_exp.len(), labels.len(), "log-sum-exps of {} rows", labels.len());
    if classes == 0 {
        return;
    }
    let rows = (BLOCK / classes).max(1);
    parallel_chunks_mut(dx, rows * classes, |i, dx| {
        let first = i * rows;
        E::cross_entropy_backward(CrossEntropyBackward {
            logits: &logits[first * classes..],
            classes,
            log_sum_exp: &log_sum_exp[first..],
            spread: E::from_f64(smoothing / classes as f64),
            dloss: &dloss[first..],
            dx: &mut *dx,
        });
        let on_label = E::from_f64(1.0 - smoothing);
        for (row, dx) in dx.chunks_exact_mut(classes).enumerate() {
            dx[labels[first + row] as usize] -= on_label * dloss[first + row];
        }
    });
}

/// Calls `row` with each line along the axis of the `N` inputs and of the output.
fn along<E: Float, const N: usize>(
    axis: Axis,
    inputs: [&[E]; N],
    y: &mut [E],
    row: impl Fn([&[E]; N], &mut [E]) + Sync,
) {
    for input in inputs {
        assert_eq!(input.len(), axis.numel(), "elements of {axis:?}");
    }
    assert_eq!(y.len(), axis.numel(), "elements of {axis:?}");
    let Axis { len, inner, .. } = axis;
    if y.is_empty() {
        return;
    }
    if inner == 1 {
        let rows = (BLOCK / len).max(1);
        parallel_chunks_mut(y, rows * len, |i, y| {
            for (line, y) in y.chunks_exact_mut(len).enumerate() {
                let line = (i * rows + line) * len;
                row(inputs.map(|x| &x[line..line + len]), y);
            }
        });
        return;
    }
    // Lines that are not contiguous are gathered, worked on, and put back.
    parallel_chunks_mut(y, len * inner, |i, y| {
        scratch::with((N + 1) * len, |lines: &mut [E]| {
            let (line_y, line_x) = lines.split_at_mut(len);
            for column in 0..inner {
                for (n, x) in inputs.iter().enumerate() {
                    let x = &x[i * len * inner..][..len * inner];
                    for k in 0..len {
                        line_x[n * len + k] = x[k * inner + column];
                    }
                }
                row(std::array::from_fn(|n| &line_x[n * len..][..len]), line_y);
                for k in 0..len {
                    y[k * inner + column] = line_y[k];
                }
            }
        });
    });
}

pub(crate) struct SoftmaxRow<'a, 'y, E> {
    x: &'a [E],
    y: &'y mut [E],
}

impl<E: Float> Kernel for SoftmaxRow<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let SoftmaxRow { x, y } = self;
        let max = Max(x).run::<S>();
        for (y, &x) in y.iter_mut().zip(x) {
            *y = (x - max).fast_exp::<S>();
        }
        let scale = E::ONE / Sum(y).run::<S>();
        for y in y {
            *y *= scale;
        }
    }
}

pub(crate) struct LogSoftmaxRow<'a, 'y, E> {
    x: &'a [E],
    y: &'y mut [E],
}

impl<E: Float> Kernel for LogSoftmaxRow<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let log_sum_exp = LogSumExp(self.x).run::<S>();
        for (y, &x) in self.y.iter_mut().zip(self.x) {
            *y = x - log_sum_exp;
        }
    }
}

/// ln Σ eˣ.
struct LogSumExp<'a, E>(&'a [E]);

impl<E: Float> Kernel for LogSumExp<'_, E> {
    type Output = E;

    #[inline(always)]
    fn run<S: Simd>(self) -> E {
        let max = Max(self.0).run::<S>();
        if max == E::NEG_INFINITY {
            return max;
        }
        let mut lanes = [E::ZERO; LANES];
        let mut blocks = self.0.chunks_exact(LANES);
        for block in &mut blocks {
            for (lane, &x) in lanes.iter_mut().zip(block) {
                *lane += (x - max).fast_exp::<S>();
            }
        }
        for (lane, &x) in lanes.iter_mut().zip(blocks.remainder()) {
            *lane += (x - max).fast_exp::<S>();
        }
        max + sum_lanes(lanes).fast_ln::<S>()
    }
}

/// [`LogSumExp`] of each row.
pub(crate) struct LogSumExps<'a, 'y, E> {
    logits: &'a [E],
    classes: usize,
    log_sum_exp: &'y mut [E],
}

impl<E: Float> Kernel for LogSumExps<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        for (row, lse) in self.log_sum_exp.iter_mut().enumerate() {
            *lse = LogSumExp(&self.logits[row * self.classes..][..self.classes]).run::<S>();
        }
    }
}

pub(crate) struct SoftmaxBackwardRow<'a, 'y, E> {
    y: &'a [E],
    dy: &'a [E],
    dx: &'y mut [E],
}

impl<E: Float> Kernel for SoftmaxBackwardRow<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let SoftmaxBackwardRow { y, dy, dx } = self;
        for ((dx, &y), &dy) in dx.iter_mut().zip(y).zip(dy) {
            *dx = y * dy;
        }
        let inner = Sum(dx).run::<S>();
        for ((dx, &y), &dy) in dx.iter_mut().zip(y).zip(dy) {
            *dx = y * (dy - inner);
        }
    }
}

pub(crate) struct LogSoftmaxBackwardRow<'a, 'y, E> {
    y: &'a [E],
    dy: &'a [E],
    dx: &'y mut [E],
}

impl<E: Float> Kernel for LogSoftmaxBackwardRow<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let LogSoftmaxBackwardRow { y, dy, dx } = self;
        let sum = Sum(dy).run::<S>();
        for ((dx, &y), &dy) in dx.iter_mut().zip(y).zip(dy) {
            *dx = dy - y.fast_exp::<S>() * sum;
        }
    }
}

pub(crate) struct CrossEntropyBackward<'a, 'y, E> {
    logits: &'a [E],
    classes: usize,
    log_sum_exp: &'a [E],
    spread: E,
    dloss: &'a [E],
    dx: &'y mut [E],
}

impl<E: Float> Kernel for CrossEntropyBackward<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let rows = self.dx.chunks_exact_mut(self.classes);
        let rows = rows.zip(self.logits.chunks_exact(self.classes));
        for ((dx, logits), (&lse, &dloss)) in rows.zip(self.log_sum_exp.iter().zip(self.dloss)) {
            for (dx, &x) in dx.iter_mut().zip(logits) {
                *dx = dloss * ((x - lse).fast_exp::<S>() - self.spread);
            }
        }
    }
}
