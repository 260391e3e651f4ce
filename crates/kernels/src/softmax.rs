//! Softmax, log-softmax and the cross-entropy of logits, with their derivatives.
//!
//! Each subtracts the maximum first, so that no exponential overflows. Along the last axis a row
//! is read while it is in the cache; of other axes so is a block of neighboring lines.

use crate::Float;
use crate::reduce::fold::{Products, sums};
use crate::reduce::{Axis, LANES, Max, Sum};
use crate::simd::{Kernel, Simd, Vector};
use crate::threads::{parallel_chunks_mut, parallel_chunks_mut2};

mod columns;
mod log_sum_exp;
mod tile;

pub(crate) use columns::Columns;
pub(crate) use log_sum_exp::ColumnExponentials;
pub use log_sum_exp::{log_sum_exp, log_sum_exp_backward};
pub(crate) use tile::{Gather, Scatter};

/// About how many elements a task has.
const BLOCK: usize = 8 * 1024;

/// `y = eˣ / Σ eˣ` along the axis.
pub fn softmax<E: Float>(x: &[E], axis: Axis, y: &mut [E]) {
    along(Function::Softmax, [x, x], axis, y);
}

/// `y = x − ln Σ eˣ` along the axis.
pub fn log_softmax<E: Float>(x: &[E], axis: Axis, y: &mut [E]) {
    along(Function::LogSoftmax, [x, x], axis, y);
}

/// The derivative of [`softmax`] from its result: `dx = y · (dy − Σ y·dy)`.
pub fn softmax_backward<E: Float>(y: &[E], dy: &[E], axis: Axis, dx: &mut [E]) {
    along(Function::SoftmaxBackward, [y, dy], axis, dx);
}

/// The derivative of [`log_softmax`] from its result: `dx = dy − e^y · Σ dy`.
pub fn log_softmax_backward<E: Float>(y: &[E], dy: &[E], axis: Axis, dx: &mut [E]) {
    along(Function::LogSoftmaxBackward, [y, dy], axis, dx);
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
        E::log_sum_exps(LogSumExps { logits, classes, maxima: &mut *loss, log_sum_exp: &mut *log_sum_exp });
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
        E::shifted_exponentials(ShiftedExponentials {
            x: &logits[first * classes..],
            len: classes,
            shifts: &log_sum_exp[first..],
            spread: E::from_f64(smoothing / classes as f64),
            factors: &dloss[first..],
            dx: &mut *dx,
        });
        let on_label = E::from_f64(1.0 - smoothing);
        for (row, dx) in dx.chunks_exact_mut(classes).enumerate() {
            dx[labels[first + row] as usize] -= on_label * dloss[first + row];
        }
    });
}

/// What is done to each line along an axis.
#[derive(Clone, Copy, PartialEq)]
enum Function {
    Softmax,
    LogSoftmax,
    /// Of each line, one number is left.
    LogSumExp,
    SoftmaxBackward,
    LogSoftmaxBackward,
}

impl Function {
    fn is_backward(self) -> bool {
        matches!(self, Function::SoftmaxBackward | Function::LogSoftmaxBackward)
    }
}

/// Calls `function` with each line along the axis of the inputs, which are twice the same where the
/// function has one, and of the output.
fn along<E: Float>(function: Function, inputs: [&[E]; 2], axis: Axis, y: &mut [E]) {
    for input in inputs {
        assert_eq!(input.len(), axis.numel(), "elements of {axis:?}");
    }
    assert_eq!(y.len(), axis.numel(), "elements of {axis:?}");
    if y.is_empty() {
        return;
    }
    if axis.inner > 1 {
        return columns::along_columns(function, inputs, axis, y);
    }
    let len = axis.len;
    let rows = (BLOCK / len).max(1);
    parallel_chunks_mut(y, rows * len, |i, y| {
        let here = i * rows * len..i * rows * len + y.len();
        E::softmax_rows(Rows { function, inputs: inputs.map(|x| &x[here.clone()]), len, y });
    });
}

/// A function of each of some rows of `len` elements.
pub(crate) struct Rows<'a, 'y, E> {
    function: Function,
    inputs: [&'a [E]; 2],
    len: usize,
    y: &'y mut [E],
}

impl<E: Float> Kernel for Rows<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Rows { function, inputs: [x, dy], len, y } = self;
        // Rows that stay in the nearest cache are worked on together, step by step: what a short row
        // waits for, its maximum or its sum, is found while others are read.
        let together = (TOGETHER / len).clamp(1, MOST_ROWS) * len;
        let mut kept = [E::ZERO; MOST_ROWS];
        for ((x, dy), y) in x.chunks(together).zip(dy.chunks(together)).zip(y.chunks_mut(together)) {
            let kept = &mut kept[..y.len() / len];
            match function {
                Function::Softmax => softmax_rows::<E, S>(x, len, kept, y),
                Function::LogSoftmax => log_softmax_rows::<E, S>(x, len, kept, y),
                // Rows of the result would differ in their length.
                Function::LogSumExp => unreachable!("rows have a kernel of their own"),
                Function::SoftmaxBackward => softmax_backward_rows::<E, S>(x, dy, len, kept, y),
                Function::LogSoftmaxBackward => log_softmax_backward_rows::<E, S>(x, dy, len, kept, y),
            }
        }
    }
}

/// About how many elements the rows have that are worked on together.
pub(crate) const TOGETHER: usize = 1024;
/// How many rows these are at the most.
const MOST_ROWS: usize = 32;

/// Each of the functions takes the rows' `len` and as many numbers as there are rows, to be overwritten.
#[inline(always)]
fn softmax_rows<E: Float, S: Simd>(x: &[E], len: usize, kept: &mut [E], y: &mut [E]) {
    exponentials_of_rows::<E, S>(x, len, kept, y);
    for (sum, y) in kept.iter_mut().zip(y.chunks_exact(len)) {
        *sum = Sum(y).run::<S>();
    }
    for (y, &sum) in y.chunks_exact_mut(len).zip(&*kept) {
        let scale = E::ONE / sum;
        for y in y {
            *y *= scale;
        }
    }
}

#[inline(always)]
fn log_softmax_rows<E: Float, S: Simd>(x: &[E], len: usize, kept: &mut [E], y: &mut [E]) {
    exponentials_of_rows::<E, S>(x, len, kept, y);
    let mut sums = [E::ZERO; MOST_ROWS];
    for (sum, y) in sums.iter_mut().zip(y.chunks_exact(len)) {
        *sum = Sum(y).run::<S>();
    }
    for (shift, &sum) in kept.iter_mut().zip(&sums) {
        *shift = log_of_sum::<E, S>(*shift, sum);
    }
    for ((x, y), &shift) in x.chunks_exact(len).zip(y.chunks_exact_mut(len)).zip(&*kept) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = x - shift;
        }
    }
}

/// `y = e^(x − max)` of each row, and its largest number.
#[inline(always)]
fn exponentials_of_rows<E: Float, S: Simd>(x: &[E], len: usize, maxima: &mut [E], y: &mut [E]) {
    for (max, x) in maxima.iter_mut().zip(x.chunks_exact(len)) {
        *max = Max(x).run::<S>();
    }
    for ((x, y), &max) in x.chunks_exact(len).zip(y.chunks_exact_mut(len)).zip(&*maxima) {
        exponentials::<E, S>(x, max, y);
    }
}

#[inline(always)]
fn softmax_backward_rows<E: Float, S: Simd>(y: &[E], dy: &[E], len: usize, kept: &mut [E], dx: &mut [E]) {
    let rows = || y.chunks_exact(len).zip(dy.chunks_exact(len));
    for (inner, (y, dy)) in kept.iter_mut().zip(rows()) {
        // SAFETY: kernels run where the machine has the instructions.
        [*inner] = unsafe { sums::<E, S, 2, 1>(Products, [y, dy]) };
    }
    for ((dx, (y, dy)), &inner) in dx.chunks_exact_mut(len).zip(rows()).zip(&*kept) {
        for ((dx, &y), &dy) in dx.iter_mut().zip(y).zip(dy) {
            *dx = y * (dy - inner);
        }
    }
}

#[inline(always)]
fn log_softmax_backward_rows<E: Float, S: Simd>(y: &[E], dy: &[E], len: usize, kept: &mut [E], dx: &mut [E]) {
    for (sum, dy) in kept.iter_mut().zip(dy.chunks_exact(len)) {
        *sum = Sum(dy).run::<S>();
    }
    let rows = y.chunks_exact(len).zip(dy.chunks_exact(len));
    for ((dx, (y, dy)), &sum) in dx.chunks_exact_mut(len).zip(rows).zip(&*kept) {
        for ((dx, &y), &dy) in dx.iter_mut().zip(y).zip(dy) {
            *dx = dy - y.fast_exp::<S>() * sum;
        }
    }
}

/// ln Σ eˣ, from the largest x and Σ e^(x − max).
#[inline(always)]
fn log_of_sum<E: Float, S: Simd>(max: E, sum: E) -> E {
    if max == E::NEG_INFINITY { max } else { max + sum.fast_ln::<S>() }
}

/// `y = e^(x − max)`, NaN where the maximum is no number or infinite, in whole blocks: what is left over
/// behind them would take as long number by number.
#[inline(always)]
fn exponentials<E: Float, S: Simd>(x: &[E], max: E, y: &mut [E]) {
    if !max.is_finite() {
        return y.fill(E::NAN);
    }
    let ((x, x_rest), (y, y_rest)) = (x.as_chunks::<LANES>(), y.as_chunks_mut::<LANES>());
    for (x, y) in x.iter().zip(y) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = (x - max).fast_exp_nonpositive::<S>();
        }
    }
    if x_rest.is_empty() {
        return;
    }
    let lanes = <E::Vector<S> as Vector<E>>::LANES;
    let mut block = [E::ZERO; LANES];
    let n = |first: usize| x_rest.len().saturating_sub(first).min(lanes);
    for first in (0..LANES).step_by(lanes) {
        // SAFETY: kernels run where the machine has the instructions; so many numbers are left.
        unsafe {
            let numbers = E::Vector::<S>::load_first(x_rest.as_ptr().wrapping_add(first), n(first));
            numbers.store(block.as_mut_ptr().add(first));
        }
    }
    for number in &mut block {
        *number = (*number - max).fast_exp_nonpositive::<S>();
    }
    for first in (0..LANES).step_by(lanes) {
        // SAFETY: as above.
        unsafe {
            let numbers = E::Vector::<S>::load(block.as_ptr().add(first));
            numbers.store_first(y_rest.as_mut_ptr().wrapping_add(first), n(first));
        }
    }
}

/// ln Σ eˣ of each row, of which `maxima` receives the largest x.
pub(crate) struct LogSumExps<'a, 'y, E> {
    logits: &'a [E],
    classes: usize,
    maxima: &'y mut [E],
    log_sum_exp: &'y mut [E],
}

impl<E: Float> Kernel for LogSumExps<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let LogSumExps { logits, classes, maxima, log_sum_exp: sums } = self;
        let mut buffer = [E::ZERO; TOGETHER];
        for (max, x) in maxima.iter_mut().zip(logits.chunks_exact(classes)) {
            *max = Max(x).run::<S>();
        }
        for ((sum, &max), x) in sums.iter_mut().zip(&*maxima).zip(logits.chunks_exact(classes)) {
            *sum = E::ZERO;
            for x in x.chunks(TOGETHER) {
                let buffer = &mut buffer[..x.len()];
                exponentials::<E, S>(x, max, buffer);
                *sum += Sum(buffer).run::<S>();
            }
        }
        // The logarithms of all rows together, as vectors.
        for (sum, &max) in sums.iter_mut().zip(&*maxima) {
            *sum = log_of_sum::<E, S>(max, *sum);
        }
    }
}

/// `dx = factor · (e^(x − shift) − spread)` for rows of `len` numbers, of which each has its shift and its
/// factor.
pub(crate) struct ShiftedExponentials<'a, 'y, E> {
    x: &'a [E],
    len: usize,
    shifts: &'a [E],
    spread: E,
    factors: &'a [E],
    dx: &'y mut [E],
}

impl<E: Float> Kernel for ShiftedExponentials<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let ShiftedExponentials { x, len, shifts, spread, factors, dx } = self;
        let rows = dx.chunks_exact_mut(len).zip(x.chunks_exact(len));
        for ((dx, x), (&shift, &factor)) in rows.zip(shifts.iter().zip(factors)) {
            for (dx, &x) in dx.iter_mut().zip(x) {
                *dx = factor * ((x - shift).fast_exp::<S>() - spread);
            }
        }
    }
}
