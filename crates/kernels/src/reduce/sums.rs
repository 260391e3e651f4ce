//! Sums of rows and of columns.

use super::LANES;
use super::columns::{Rows, column_sums};
use super::fold::{Numbers, sums};
use crate::Float;
use crate::simd::{Kernel, Simd};

/// The length of a contiguous run.
const RUN: usize = 4096;
/// From so many elements on, they are read from several places at a time: of memory, that is faster.
const LONG: usize = 4 * RUN;

/// The sum of a slice, by runs.
pub(crate) struct Sum<'a, E>(pub(crate) &'a [E]);

impl<E: Float> Kernel for Sum<'_, E> {
    type Output = E;

    #[inline(always)]
    fn run<S: Simd>(self) -> E {
        let Sum(x) = self;
        let apart = if x.len() < LONG { 0 } else { x.len() / RUN * (RUN / PLACES) };
        let ([a, b, c, d], rest) = places(x, apart);
        let mut total = E::ZERO;
        let runs = |x| <[E]>::chunks_exact(x, RUN / PLACES);
        for ((a, b), (c, d)) in runs(a).zip(runs(b)).zip(runs(c).zip(runs(d))) {
            // SAFETY: kernels run where the machine has the instructions.
            let [sum] = unsafe { sums::<E, S, PLACES, 1>(Numbers, [a, b, c, d]) };
            total += sum;
        }
        for run in rest.chunks(RUN) {
            // SAFETY: kernels run where the machine has the instructions.
            let [sum] = unsafe { sums::<E, S, 1, 1>(Numbers, [run]) };
            total += sum;
        }
        total
    }
}

/// From how many places elements are read at a time, each in its order: the machine foresees that.
const PLACES: usize = 4;

/// As many parts of `len` elements, and what is left.
#[inline(always)]
fn places<E>(x: &[E], len: usize) -> ([&[E]; PLACES], &[E]) {
    let (a, rest) = x.split_at(len);
    let (b, rest) = rest.split_at(len);
    let (c, rest) = rest.split_at(len);
    let (d, rest) = rest.split_at(len);
    ([a, b, c, d], rest)
}

/// Σ x² in double precision, whatever the elements are.
pub(crate) struct SumSquares<'a, E>(pub(crate) &'a [E]);

impl<E: Float> Kernel for SumSquares<'_, E> {
    type Output = f64;

    #[inline(always)]
    fn run<S: Simd>(self) -> f64 {
        let SumSquares(x) = self;
        let (blocks, rest) = x.as_chunks::<LANES>();
        let mut sums = [0.0; LANES];
        for block in blocks {
            for (sum, x) in sums.iter_mut().zip(block) {
                *sum += x.to_f64() * x.to_f64();
            }
        }
        let rest: f64 = rest.iter().map(|x| x.to_f64() * x.to_f64()).sum();
        sums.iter().sum::<f64>() + rest
    }
}

/// `y[r] = Σₖ x[r, k]` for short rows of `len` elements.
pub(crate) struct SumEach<'a, 'y, E> {
    pub(super) x: &'a [E],
    pub(super) len: usize,
    pub(super) y: &'y mut [E],
}

impl<E: Float> Kernel for SumEach<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let SumEach { x, len, y } = self;
        for (row, y) in y.iter_mut().enumerate() {
            // SAFETY: kernels run where the machine has the instructions.
            [*y] = unsafe { sums::<E, S, 1, 1>(Numbers, [&x[row * len..][..len]]) };
        }
    }
}

/// `y[i] = Σₖ x[k, i]` for the rows `k` of `x`, each as long as `y`.
pub(crate) struct SumRows<'a, 'y, E> {
    pub(super) x: &'a [E],
    pub(super) y: &'y mut [E],
}

impl<E: Float> Kernel for SumRows<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let SumRows { x, y } = self;
        if y.len() < 2 * LANES {
            // Each column of vectors stays in a register.
            let rows = Rows::of(x, y.len());
            // SAFETY: kernels run where the machine has the instructions.
            unsafe { column_sums::<E, S, 1, 1>(Numbers, x.len() / y.len(), [rows], [y]) }
        } else {
            sum_wide_rows(x, y);
        }
    }
}

/// Rows of many vectors.
#[inline(always)]
fn sum_wide_rows<E: Float>(x: &[E], y: &mut [E]) {
    let inner = y.len();
    let ([a, b, c, d], rest) = places(x, x.len() / inner / PLACES * inner);
    y.fill(E::ZERO);
    let rows = |x| <[E]>::chunks_exact(x, inner);
    for ((a, b), (c, d)) in rows(a).zip(rows(b)).zip(rows(c).zip(rows(d))) {
        for (y, ((&a, &b), (&c, &d))) in y.iter_mut().zip(a.iter().zip(b).zip(c.iter().zip(d))) {
            *y += (a + b) + (c + d);
        }
    }
    for row in rest.chunks_exact(inner) {
        for (y, &x) in y.iter_mut().zip(row) {
            *y += x;
        }
    }
}
