//! Scalar products of contiguous rows and columns.

use std::ops::Range;

use super::{COLS, at, load};
use crate::Float;
use crate::gemm::operand::MatRef;
use crate::gemm::target::{Target, finish};
use crate::simd::{Kernel, Simd, Vector};

/// Some columns of a product whose operands are contiguous along k.
pub(crate) struct ScalarProducts<'a, E> {
    pub(super) a: MatRef<'a, E>,
    pub(super) b: MatRef<'a, E>,
    pub(super) cols: Range<usize>,
    pub(super) target: Target<'a, E>,
}

impl<E: Float> Kernel for ScalarProducts<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        // The sums of a group fill the registers beside the vectors that are multiplied.
        let group = if S::REGISTERS < 32 { 3 } else { 4 };
        for first in self.cols.clone().step_by(COLS) {
            let n = COLS.min(self.cols.end - first);
            for row in (0..self.a.rows()).step_by(group) {
                // SAFETY: kernels run where the machine has the instructions.
                unsafe {
                    match group.min(self.a.rows() - row) {
                        1 => self.block::<S, 1>(row, first, n),
                        2 => self.block::<S, 2>(row, first, n),
                        3 => self.block::<S, 3>(row, first, n),
                        _ => self.block::<S, 4>(row, first, n),
                    }
                }
            }
        }
    }
}

impl<E: Float> ScalarProducts<'_, E> {
    /// Computes `n` columns from `col` on, of `M` rows from `row` on.
    ///
    /// # Safety
    /// The machine has the instructions of `S`.
    #[inline(always)]
    unsafe fn block<S: Simd, const M: usize>(&self, row: usize, col: usize, n: usize) {
        let ScalarProducts { a, b, target, .. } = self;
        let lanes = <E::Vector<S> as Vector<E>>::LANES;
        let depth = a.cols();
        let whole = depth / lanes * lanes;
        assert!(row + M <= a.rows() && (1..=COLS).contains(&n) && col + n <= b.cols());
        // SAFETY: rows of A and columns of B are `depth` elements inside of their data; where
        // there are fewer than `COLS` columns, the last is read again and not used.
        unsafe {
            let zero = E::Vector::<S>::splat(E::ZERO);
            let mut sums = [[zero; COLS]; M];
            let mut rows = [a.start(); M];
            for (i, place) in rows.iter_mut().enumerate() {
                *place = a.start().offset((row + i) as isize * a.strides()[0]);
            }
            let mut columns = [b.start(); COLS];
            for (j, place) in columns.iter_mut().enumerate() {
                *place = b.start().offset((col + j.min(n - 1)) as isize * b.strides()[1]);
            }
            for k in (0..whole).step_by(lanes) {
                let (rows, columns) = (at(rows, k), at(columns, k));
                add_products::<E, S, M>(rows, columns, lanes, &mut sums);
            }
            if whole < depth {
                let (rows, columns) = (at(rows, whole), at(columns, whole));
                add_products::<E, S, M>(rows, columns, depth - whole, &mut sums);
            }
            for (i, sums) in sums.iter().enumerate() {
                let mut row_sums = [E::ZERO; COLS];
                for (to, sum) in row_sums.iter_mut().zip(sums) {
                    *to = sum.sum();
                }
                for (done, lanes) in (0..n).step_by(lanes).zip(row_sums.chunks(lanes)) {
                    let n = lanes.len().min(n - done);
                    let sums = E::Vector::<S>::load_first(lanes.as_ptr(), n);
                    let products = sums.mul(E::Vector::<S>::splat(target.alpha));
                    finish::<E, S>(target, row + i, col + done, n, products);
                }
            }
        }
    }
}

/// Adds the products of the next `n` elements of all rows with those of all columns.
///
/// # Safety
/// The machine has the instructions of `S`, and the elements can be read.
#[inline(always)]
unsafe fn add_products<E: Float, S: Simd, const M: usize>(
    rows: [*const E; M],
    columns: [*const E; COLS],
    n: usize,
    sums: &mut [[E::Vector<S>; COLS]; M],
) {
    // SAFETY: by the caller's promise.
    unsafe {
        let mut x = [E::Vector::<S>::splat(E::ZERO); M];
        for (x, row) in x.iter_mut().zip(rows) {
            *x = load::<E, S>(row, n);
        }
        for (j, column) in columns.into_iter().enumerate() {
            let y = load::<E, S>(column, n);
            for (sums, x) in sums.iter_mut().zip(x) {
                sums[j] = x.mul_add(y, sums[j]);
            }
        }
    }
}
