//! Sums of rows and of columns.

use super::LANES;
use super::fold::{Numbers, sums};
use crate::Float;
use crate::simd::{Kernel, Simd, Vector};

/// The length of a contiguous run.
const RUN: usize = 4096;

/// The sum of a slice, by runs.
pub(crate) struct Sum<'a, E>(pub(crate) &'a [E]);

impl<E: Float> Kernel for Sum<'_, E> {
    type Output = E;

    #[inline(always)]
    fn run<S: Simd>(self) -> E {
        let mut total = E::ZERO;
        for run in self.0.chunks(RUN) {
            // SAFETY: kernels run where the machine has the instructions.
            let [sum] = unsafe { sums::<E, S, 1, 1>(Numbers, [run]) };
            total += sum;
        }
        total
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
            sum_narrow_rows::<E, S>(x, y);
        } else {
            sum_wide_rows(x, y);
        }
    }
}

/// Rows of a few vectors: each column of vectors stays in a register.
#[inline(always)]
fn sum_narrow_rows<E: Float, S: Simd>(x: &[E], y: &mut [E]) {
    /// Rows added to one accumulator before it is added to the result.
    const ROWS: usize = 64;
    let lanes = <E::Vector<S> as Vector<E>>::LANES;
    let inner = y.len();
    for first in (0..inner).step_by(lanes) {
        let y = &mut y[first..inner.min(first + lanes)];
        // SAFETY: the kernel runs with the instructions of `S`; what is read are elements of a row
        // of `x`, as many as there are of `y`.
        unsafe {
            let mut total = E::Vector::<S>::splat(E::ZERO);
            for rows in x.chunks(ROWS * inner) {
                let mut sums = E::Vector::<S>::splat(E::ZERO);
                for row in rows.chunks_exact(inner) {
                    let row = row.as_ptr().add(first);
                    sums = sums.add(if y.len() == lanes {
                        E::Vector::<S>::load(row)
                    } else {
                        E::Vector::<S>::load_first(row, y.len())
                    });
                }
                total = total.add(sums);
            }
            total.store_first(y.as_mut_ptr(), y.len());
        }
    }
}

/// Rows of many vectors are read in their order, a few at a time: the machine foresees that.
#[inline(always)]
fn sum_wide_rows<E: Float>(x: &[E], y: &mut [E]) {
    /// Rows read at a time.
    const TOGETHER: usize = 4;
    /// Rows added to one accumulator before it is added to the result.
    const ROWS: usize = 256;
    /// How many columns have accumulators, which stay in the fastest cache.
    const COLUMNS: usize = 1024;
    let inner = y.len();
    y.fill(E::ZERO);
    for first in (0..inner).step_by(COLUMNS) {
        let y = &mut y[first..inner.min(first + COLUMNS)];
        for rows in x.chunks(ROWS * inner) {
            let mut sums = [E::ZERO; COLUMNS];
            let sums = &mut sums[..y.len()];
            let mut groups = rows.chunks_exact(TOGETHER * inner);
            for group in &mut groups {
                let (a, b) = group.split_at(2 * inner);
                let (a, b) = (a.split_at(inner), b.split_at(inner));
                let columns = first..first + sums.len();
                let pair = a.0[columns.clone()].iter().zip(&a.1[columns.clone()]);
                let other = b.0[columns.clone()].iter().zip(&b.1[columns]);
                for (sum, ((&a, &b), (&c, &d))) in sums.iter_mut().zip(pair.zip(other)) {
                    *sum += (a + b) + (c + d);
                }
            }
            for row in groups.remainder().chunks_exact(inner) {
                for (sum, &x) in sums.iter_mut().zip(&row[first..]) {
                    *sum += x;
                }
            }
            for (y, &sum) in y.iter_mut().zip(&*sums) {
                *y += sum;
            }
        }
    }
}
