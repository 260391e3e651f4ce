//! Products whose left operand has so few rows that packing the right one would not pay.
//!
//! Batch 1 is the case that matters: a matrix times a vector reads the matrix once, where it lies.
//! Served is the layout of a linear layer, `x · Wᵀ`, where the columns of B are contiguous: each
//! element of C is a scalar product of two contiguous vectors.

use std::ops::Range;

use super::operand::{Epilogue, MatRef};
use super::tile::{Target, finish};
use crate::Float;
use crate::simd::{Kernel, Simd, Vector};
use crate::threads::parallel_for;

/// The most rows of A.
const ROWS: usize = 4;
/// The columns of C whose scalar products are computed together.
const COLS: usize = 4;
/// About how many elements of B a task reads.
const TASK: usize = 64 * 1024;

/// Whether [`gemm`] serves a product.
pub(super) fn serves<E: Float>(a: &MatRef<'_, E>, b: &MatRef<'_, E>) -> bool {
    serves_right(a.rows(), b) && a.strides()[1] == 1
}

/// Whether [`gemm`] serves contiguous left operands of so many rows.
pub(super) fn serves_right<E: Float>(rows: usize, b: &MatRef<'_, E>) -> bool {
    rows <= ROWS && b.strides()[0] == 1
}

/// `C = act(α·A·B + β·C + bias)` for k > 0 and operands that it [`serves`].
///
/// # Safety
/// The sizes fit, and C is `a.rows()` rows of `b.cols()` elements, `row_stride` apart, that nobody
/// else uses.
pub(super) unsafe fn gemm<E: Float>(
    alpha: E,
    a: MatRef<'_, E>,
    b: MatRef<'_, E>,
    beta: E,
    c: *mut E,
    row_stride: usize,
    epilogue: Epilogue<'_, E>,
) {
    let n = b.cols();
    // SAFETY: by the caller's promise; tasks write columns that do not overlap.
    let mut target = unsafe { Target::new(c, row_stride, a.rows(), n) };
    target.alpha = alpha;
    target.beta = beta;
    target.bias = epilogue.bias;
    target.activation = epilogue.activation;
    let cols = (TASK / a.cols()).max(1).next_multiple_of(COLS);
    parallel_for(n.div_ceil(cols), |task| {
        let cols = task * cols..n.min((task + 1) * cols);
        E::scalar_products(ScalarProducts { a, b, cols, target });
    });
}

/// Some columns of a product whose operands are contiguous along k.
pub(crate) struct ScalarProducts<'a, E> {
    a: MatRef<'a, E>,
    b: MatRef<'a, E>,
    cols: Range<usize>,
    target: Target<'a, E>,
}

impl<E: Float> Kernel for ScalarProducts<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        for first in self.cols.clone().step_by(COLS) {
            let n = COLS.min(self.cols.end - first);
            // SAFETY: kernels run where the machine has the instructions.
            unsafe {
                match self.a.rows() {
                    1 => self.columns::<S, 1>(first, n),
                    2 => self.columns::<S, 2>(first, n),
                    3 => self.columns::<S, 3>(first, n),
                    _ => self.columns::<S, ROWS>(first, n),
                }
            }
        }
    }
}

impl<E: Float> ScalarProducts<'_, E> {
    /// Computes `n` columns from `first` on, of `M` rows.
    ///
    /// # Safety
    /// The machine has the instructions of `S`.
    #[inline(always)]
    unsafe fn columns<S: Simd, const M: usize>(&self, first: usize, n: usize) {
        let ScalarProducts { a, b, target, .. } = self;
        let lanes = <E::Vector<S> as Vector<E>>::LANES;
        let depth = a.cols();
        let whole = depth / lanes * lanes;
        assert!(a.rows() == M && (1..=COLS).contains(&n) && first + n <= b.cols());
        // SAFETY: rows of A and columns of B are `depth` elements inside of their data; where
        // there are fewer than `COLS` columns, the last is read again and not used.
        unsafe {
            let zero = E::Vector::<S>::splat(E::ZERO);
            let mut sums = [[zero; COLS]; M];
            let mut rows = [a.start(); M];
            for (i, row) in rows.iter_mut().enumerate() {
                *row = a.start().offset(i as isize * a.strides()[0]);
            }
            let mut columns = [b.start(); COLS];
            for (j, column) in columns.iter_mut().enumerate() {
                *column = b.start().offset((first + j.min(n - 1)) as isize * b.strides()[1]);
            }
            for k in (0..depth).step_by(lanes) {
                let left = if k < whole { lanes } else { depth - k };
                let mut x = [zero; M];
                for (x, row) in x.iter_mut().zip(rows) {
                    *x = E::Vector::<S>::load_first(row.add(k), left);
                }
                for (j, column) in columns.iter().enumerate() {
                    let y = E::Vector::<S>::load_first(column.add(k), left);
                    for (sums, x) in sums.iter_mut().zip(x) {
                        sums[j] = x.mul_add(y, sums[j]);
                    }
                }
            }
            for (i, sums) in sums.iter().enumerate() {
                let mut row = [E::ZERO; COLS];
                for (to, sum) in row.iter_mut().zip(sums) {
                    *to = sum.sum();
                }
                for (j, sum) in row.iter().enumerate().take(n) {
                    finish::<E, S>(target, i, first + j, 1, E::Vector::<S>::splat(*sum));
                }
            }
        }
    }
}
