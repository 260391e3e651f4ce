//! Softmax and its relatives along an axis that is not the last.

use super::{Function, log_of_sum};
use crate::reduce::{Axis, max_or_nan};
use crate::simd::{Kernel, Simd};
use crate::softmax::tile::{Gather, Scatter};
use crate::threads::{Disjoint, parallel_for};
use crate::{Float, scratch};

/// About how many elements a task has.
const BLOCK: usize = 16 * 1024;
/// How many columns are worked on at a time at the most.
const COLUMNS: usize = 1024;
/// How many columns they are at least, however many rows there are: shorter pieces of rows would
/// be read slower than the cache can save.
const FEWEST: usize = 256;
/// Shorter rows are copied next to each other first, at least as many columns at a time.
const NARROW: usize = 64;
/// How many rows are added up before their sum is added to the total, so that rounding errors grow
/// less than linearly.
const RUN: usize = 64;

/// Calls `function` with each line along the axis, of which one number is left if it is that of a sum.
pub(super) fn along_columns<E: Float>(function: Function, inputs: [&[E]; 2], axis: Axis, y: &mut [E]) {
    let Axis { outer, len, inner } = axis;
    let y = &Disjoint::new(y);
    if inner < NARROW {
        return along_narrow(function, inputs, axis, y);
    }
    let columns = (BLOCK / len).clamp(FEWEST, COLUMNS);
    let n_chunks = inner.div_ceil(columns);
    parallel_for(outer * n_chunks, |task| {
        let (slab, first) = (task / n_chunks, task % n_chunks * columns);
        let start = slab * len * inner + first;
        let inputs = inputs.map(|x| &x[start..]);
        let width = columns.min(inner - first);
        let start = if function == Function::LogSumExp { slab * inner + first } else { start };
        E::softmax_columns(Columns { function, inputs, len, stride: inner, width, y, start });
    });
}

/// As [`along_columns`], with lines that are copied next to each other first.
fn along_narrow<E: Float>(function: Function, inputs: [&[E]; 2], axis: Axis, y: &Disjoint<'_, E>) {
    let (len, n_lines) = (axis.len, axis.reduced());
    let columns = (BLOCK / len).clamp(NARROW, COLUMNS);
    parallel_for(n_lines.div_ceil(columns), |task| {
        let first = task * columns;
        let width = columns.min(n_lines - first);
        let lines = || first..first + width;
        scratch::with(3 * len * width, |tiles: &mut [E]| {
            let (x, rest) = tiles.split_at_mut(len * width);
            let (dy, y_tile) = rest.split_at_mut(len * width);
            E::gather(Gather { x: inputs[0], axis, lines: lines(), tile: &mut *x });
            if function.is_backward() {
                E::gather(Gather { x: inputs[1], axis, lines: lines(), tile: &mut *dy });
            }
            let (inputs, y_columns) = ([&*x, &*dy], &Disjoint::new(&mut *y_tile));
            let columns = Columns { function, inputs, len, stride: width, width, y: y_columns, start: 0 };
            if function == Function::LogSumExp {
                return E::softmax_columns(Columns { y, start: first, ..columns });
            }
            E::softmax_columns(columns);
            E::scatter(Scatter { tile: &*y_tile, axis, lines: lines(), y });
        });
    });
}

/// `width` columns of `len` rows, which are `stride` elements apart.
///
/// Of the output, they start at `start`, and nobody else touches them.
pub(crate) struct Columns<'a, 'y, E> {
    function: Function,
    inputs: [&'a [E]; 2],
    len: usize,
    stride: usize,
    width: usize,
    y: &'a Disjoint<'y, E>,
    start: usize,
}

impl<E: Float> Kernel for Columns<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        match self.function {
            Function::Softmax => softmax::<E, S>(self),
            Function::LogSoftmax => log_softmax::<E, S>(self),
            Function::LogSumExp => log_sum_exp::<E, S>(self),
            Function::SoftmaxBackward => softmax_backward(self),
            Function::LogSoftmaxBackward => log_softmax_backward::<E, S>(self),
        }
    }
}

impl<E: Float> Columns<'_, '_, E> {
    /// Row `k` of input `n`.
    #[inline(always)]
    fn input(&self, n: usize, k: usize) -> &[E] {
        &self.inputs[n][k * self.stride..][..self.width]
    }

    /// Row `k` of the output.
    #[inline(always)]
    #[expect(clippy::mut_from_ref, reason = "one row is asked for at a time")]
    fn output(&self, k: usize) -> &mut [E] {
        // SAFETY: nobody else touches these columns, and no caller keeps a row.
        unsafe { self.y.slice(self.start + k * self.stride, self.width) }
    }

    #[inline(always)]
    fn maxima(&self) -> [E; COLUMNS] {
        let mut maxima = [E::NEG_INFINITY; COLUMNS];
        for k in 0..self.len {
            for (max, &x) in maxima.iter_mut().zip(self.input(0, k)) {
                *max = max_or_nan(*max, x);
            }
        }
        maxima
    }
}

/// Adds up columns: `add` is called with each row and the accumulators that it goes to.
macro_rules! sum_columns {
    ($columns:ident, |$k:ident, $sums:ident| $add:expr) => {{
        let mut totals = [E::ZERO; COLUMNS];
        for first in (0..$columns.len).step_by(RUN) {
            let mut $sums = [E::ZERO; COLUMNS];
            for $k in first..$columns.len.min(first + RUN) {
                $add
            }
            for (total, &sum) in totals[..$columns.width].iter_mut().zip(&$sums) {
                *total += sum;
            }
        }
        totals
    }};
}

#[inline(always)]
fn softmax<E: Float, S: Simd>(columns: Columns<'_, '_, E>) {
    let maxima = columns.maxima();
    let mut factors = sum_columns!(columns, |k, sums| {
        let rows = columns.output(k).iter_mut().zip(columns.input(0, k));
        for ((y, &x), (sum, &max)) in rows.zip(sums.iter_mut().zip(&maxima)) {
            *y = (x - max).fast_exp::<S>();
            *sum += *y;
        }
    });
    for factor in &mut factors[..columns.width] {
        *factor = E::ONE / *factor;
    }
    for k in 0..columns.len {
        for (y, &factor) in columns.output(k).iter_mut().zip(&factors) {
            *y *= factor;
        }
    }
}

/// The logarithm of the sum of exponentials of each column.
#[inline(always)]
fn logarithms<E: Float, S: Simd>(columns: &Columns<'_, '_, E>) -> [E; COLUMNS] {
    let maxima = columns.maxima();
    let mut sums = sum_columns!(columns, |k, sums| {
        for ((sum, &max), &x) in sums.iter_mut().zip(&maxima).zip(columns.input(0, k)) {
            *sum += (x - max).fast_exp::<S>();
        }
    });
    for (sum, max) in sums[..columns.width].iter_mut().zip(maxima) {
        *sum = log_of_sum::<E, S>(max, *sum);
    }
    sums
}

#[inline(always)]
fn log_sum_exp<E: Float, S: Simd>(columns: Columns<'_, '_, E>) {
    columns.output(0).iter_mut().zip(logarithms::<E, S>(&columns)).for_each(|(y, logarithm)| *y = logarithm);
}

#[inline(always)]
fn log_softmax<E: Float, S: Simd>(columns: Columns<'_, '_, E>) {
    let shifts = logarithms::<E, S>(&columns);
    for k in 0..columns.len {
        let rows = columns.output(k).iter_mut().zip(columns.input(0, k));
        for ((y, &x), &shift) in rows.zip(&shifts) {
            *y = x - shift;
        }
    }
}

#[inline(always)]
fn softmax_backward<E: Float>(columns: Columns<'_, '_, E>) {
    let products = sum_columns!(columns, |k, sums| {
        let rows = columns.input(0, k).iter().zip(columns.input(1, k));
        for (sum, (&y, &dy)) in sums.iter_mut().zip(rows) {
            *sum += y * dy;
        }
    });
    for k in 0..columns.len {
        let rows = columns.input(0, k).iter().zip(columns.input(1, k));
        for ((dx, (&y, &dy)), &product) in columns.output(k).iter_mut().zip(rows).zip(&products) {
            *dx = y * (dy - product);
        }
    }
}

#[inline(always)]
fn log_softmax_backward<E: Float, S: Simd>(columns: Columns<'_, '_, E>) {
    let totals = sum_columns!(columns, |k, sums| {
        for (sum, &dy) in sums.iter_mut().zip(columns.input(1, k)) {
            *sum += dy;
        }
    });
    for k in 0..columns.len {
        let rows = columns.input(0, k).iter().zip(columns.input(1, k));
        for ((dx, (&y, &dy)), &total) in columns.output(k).iter_mut().zip(rows).zip(&totals) {
            *dx = dy - y.fast_exp::<S>() * total;
        }
    }
}
