//! Sums of terms over columns, in vectors of neighboring columns.

use super::fold::{TOGETHER, Terms, add_to};
use crate::Float;
use crate::simd::{Simd, Vector};

/// Rows added to one accumulator before it is added to the result.
const ROWS: usize = 64;

/// The rows of a matrix.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a, E> {
    numbers: &'a [E],
    pitch: usize,
}

impl<'a, E> Rows<'a, E> {
    /// Rows that are `pitch` apart, from the first column that is asked for.
    pub(crate) fn of(numbers: &'a [E], pitch: usize) -> Self {
        Rows { numbers, pitch }
    }

    /// One row, again and again.
    pub(crate) fn same(row: &'a [E]) -> Self {
        Rows { numbers: row, pitch: 0 }
    }

    /// The end of what is read of so many rows and columns.
    fn end(&self, rows: usize, columns: usize) -> usize {
        if rows * columns == 0 { 0 } else { (rows - 1) * self.pitch + columns }
    }
}

/// The sums of the terms in each column over the first `n_rows` rows of some matrices, one of each column
/// that there is room for in `sums`.
///
/// # Safety
/// The machine has the instructions of `S`.
#[inline(always)]
pub(crate) unsafe fn column_sums<E: Float, S: Simd, const N: usize, const SUMS: usize>(
    terms: impl Terms<E, N, SUMS>,
    n_rows: usize,
    matrices: [Rows<'_, E>; N],
    mut sums: [&mut [E]; SUMS],
) {
    let lanes = <E::Vector<S> as Vector<E>>::LANES;
    let columns = sums[0].len();
    for matrix in matrices {
        assert!(matrix.end(n_rows, columns) <= matrix.numbers.len(), "{n_rows} rows of {columns} columns");
    }
    for sums in &sums {
        assert_eq!(sums.len(), columns, "columns of each sum");
    }
    let mut first = 0;
    // SAFETY: by the caller's promise; the rows have those columns, as asserted above.
    unsafe {
        while first + TOGETHER * lanes <= columns {
            of_vectors::<E, S, N, SUMS, TOGETHER>(terms, n_rows, matrices, first, lanes, &mut sums);
            first += TOGETHER * lanes;
        }
        while first < columns {
            let n = lanes.min(columns - first);
            of_vectors::<E, S, N, SUMS, 1>(terms, n_rows, matrices, first, n, &mut sums);
            first += lanes;
        }
    }
}

/// The sums of neighboring columns that fill `VECS` vectors, or `n` lanes of a single one.
///
/// # Safety
/// The machine has the instructions of `S`, and the matrices and sums have these columns.
#[inline(always)]
unsafe fn of_vectors<E: Float, S: Simd, const N: usize, const SUMS: usize, const VECS: usize>(
    terms: impl Terms<E, N, SUMS>,
    n_rows: usize,
    matrices: [Rows<'_, E>; N],
    first: usize,
    n: usize,
    to: &mut [&mut [E]; SUMS],
) {
    let lanes = <E::Vector<S> as Vector<E>>::LANES;
    // SAFETY: by the caller's promise.
    unsafe {
        let zero = E::Vector::<S>::splat(E::ZERO);
        let mut totals = [[zero; SUMS]; VECS];
        let mut numbers = [zero; N];
        let mut row = 0;
        while row < n_rows {
            let end = n_rows.min(row + ROWS);
            let mut sums = [[zero; SUMS]; VECS];
            while row < end {
                for (v, sums) in sums.iter_mut().enumerate() {
                    for (numbers, rows) in numbers.iter_mut().zip(matrices) {
                        let from = rows.numbers.as_ptr().add(row * rows.pitch + first + v * lanes);
                        *numbers = if n == lanes {
                            E::Vector::<S>::load(from)
                        } else {
                            E::Vector::<S>::load_first(from, n)
                        };
                    }
                    add_to::<E, S, SUMS>(sums, terms.of::<S>(numbers));
                }
                row += 1;
            }
            for (total, sums) in totals.iter_mut().zip(sums) {
                add_to::<E, S, SUMS>(total, sums);
            }
        }
        for (v, totals) in totals.into_iter().enumerate() {
            for (to, total) in to.iter_mut().zip(totals) {
                total.store_first(to.as_mut_ptr().add(first + v * lanes), n);
            }
        }
    }
}
