//! Products whose left operand has so few rows that packing the right one would not pay.
//!
//! Batch 1 is the case that matters most: a matrix times a vector reads the matrix once, where it
//! lies. Served are right operands whose columns are contiguous, as in a linear layer, `x · Wᵀ`,
//! where each element of C is a scalar product of two contiguous vectors; and, for fewer rows still,
//! those whose rows are, where each row of C is a sum of multiples of contiguous vectors.

mod products;
mod sums;

use super::operand::{Epilogue, MatRef};
use super::target::Target;
use crate::simd::{CACHE_LINE, Simd, Vector};
use crate::threads::{num_threads, parallel_for};
use crate::{Float, scratch};

pub(crate) use products::ScalarProducts;
pub(crate) use sums::SumsOfRows;

/// The most rows of A where the columns of B are contiguous: with more, packing them pays.
const ROWS: usize = 16;
/// The most rows of A where the rows of B are contiguous.
const ROWS_OF_SUMS: usize = 4;
/// The columns of C whose scalar products are computed together.
const COLS: usize = 4;
/// About how many multiplications a task has: some microseconds.
const TASK: usize = 64 * 1024;
/// The fewest columns of a task that adds rows of B: their parts are read from start to end, and the
/// longer they are, the faster.
const LEAST_COLS: usize = 192;
/// The most elements of C of such a task: they stay in the nearest cache.
const MOST_SUMS: usize = 4096;

/// Whether [`gemm`] serves a product.
pub(super) fn serves<E: Float>(a: &MatRef<'_, E>, b: &MatRef<'_, E>) -> bool {
    let rows = a.rows();
    let products = a.strides()[1] == 1 && b.strides()[0] == 1;
    (rows <= ROWS && products) || (rows <= ROWS_OF_SUMS && b.strides()[1] == 1)
}

/// Whether products with `b` are best without packing it, though it serves many of so many rows.
pub(super) fn serves_best<E: Float>(rows: usize, b: &MatRef<'_, E>) -> bool {
    rows <= ROWS_OF_SUMS && b.strides().contains(&1)
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
    let (m, n) = (a.rows(), b.cols());
    // SAFETY: by the caller's promise; tasks write columns that do not overlap.
    let mut target = unsafe { Target::new(c, row_stride, m, n) };
    target.alpha = alpha;
    target.beta = beta;
    target.bias = epilogue.bias;
    target.activation = epilogue.activation;
    let of_products = a.strides()[1] == 1 && b.strides()[0] == 1;
    let cols = TASK / (a.cols() * m.min(8));
    let cols = if of_products {
        cols.max(1).next_multiple_of(COLS)
    } else {
        let share = n.div_ceil(num_threads()).next_multiple_of(CACHE_LINE / size_of::<E>());
        cols.max(share).clamp(LEAST_COLS, MOST_SUMS / m)
    };
    parallel_for(n.div_ceil(cols), |task| {
        let cols = task * cols..n.min((task + 1) * cols);
        if of_products {
            E::scalar_products(ScalarProducts { a, b, cols, target });
        } else {
            scratch::with(m * cols.len(), |sums: &mut [E]| {
                sums.fill(E::ZERO);
                E::sums_of_rows(SumsOfRows { a, b, cols, target, sums });
            });
        }
    });
}

/// The addresses `k` elements on.
#[inline(always)]
fn at<E, const N: usize>(places: [*const E; N], k: usize) -> [*const E; N] {
    places.map(|place| place.wrapping_add(k))
}

/// `n` elements, or a whole vector where `n` is known to be one.
///
/// # Safety
/// The machine has the instructions of `S`, and the elements can be read.
#[inline(always)]
unsafe fn load<E: Float, S: Simd>(from: *const E, n: usize) -> E::Vector<S> {
    // SAFETY: by the caller's promise.
    unsafe {
        if n == <E::Vector<S> as Vector<E>>::LANES {
            E::Vector::<S>::load(from)
        } else {
            E::Vector::<S>::load_first(from, n)
        }
    }
}
