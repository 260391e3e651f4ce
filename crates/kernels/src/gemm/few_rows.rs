//! Products whose left operand has so few rows that packing the right one would not pay.
//!
//! Batch 1 is the case that matters most: a matrix times a vector reads the matrix once, where it
//! lies. Served are right operands whose columns are contiguous, as in a linear layer, `x · Wᵀ`,
//! where each element of C is a scalar product of two contiguous vectors; and, for fewer rows still,
//! those whose rows are, where each row of C is a sum of multiples of contiguous vectors.
//!
//! What limits both is how fast the matrix comes from memory. It does where a few places in it are read on
//! from at a time, each as far as it goes: processors foresee that, across pages too. Neighboring rows or
//! columns, a page or so long, they do not; half as much comes.

mod finish;
mod products;
mod sums;

use super::operand::{Epilogue, MatRef};
use super::target::Target;
use crate::simd::{CACHE_LINE, Simd, Vector};
use crate::threads::{Disjoint, num_threads, parallel_for};
use crate::{Float, scratch};

pub(crate) use finish::FinishRows;
pub(crate) use products::ScalarProducts;
pub(crate) use sums::SumsOfRows;

/// The most rows of A where the columns of B are contiguous: with more, packing them pays.
const ROWS: usize = 16;
/// The most rows of A where the rows of B are contiguous.
const ROWS_OF_SUMS: usize = 4;
/// The columns or rows of B that are read at a time, far from each other.
const STREAMS: usize = 4;
/// About how many multiplications a task has: some microseconds.
const TASK: usize = 64 * 1024;
/// The most parts that a sum of rows of B is computed in, if tasks are not smaller for it. Their rows stay
/// whole as long as there are not more threads.
const PARTS: usize = 4;
/// The fewest columns of a task that adds rows of B.
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
    if a.strides()[1] == 1 && b.strides()[0] == 1 {
        let cols = (TASK / (a.cols() * m.min(8))).max(1).next_multiple_of(CACHE_LINE / size_of::<E>());
        parallel_for(n.div_ceil(cols), |task| {
            let cols = task * cols..n.min((task + 1) * cols);
            scratch::with(m * cols.len(), |sums: &mut [E]| {
                E::scalar_products(ScalarProducts { a, b, cols: cols.clone(), sums: &mut *sums });
                E::finish_rows(FinishRows { sums, n_parts: 1, part: 0, cols, target });
            });
        });
    } else {
        add_rows(a, b, target);
    }
}

/// The case where the rows of B are contiguous. The sum over k is cut into parts, as the sizes alone say.
fn add_rows<E: Float>(a: MatRef<'_, E>, b: MatRef<'_, E>, target: Target<'_, E>) {
    let (m, depth, n) = (a.rows(), a.cols(), b.cols());
    let n_parts = (m * depth * n / TASK).clamp(1, PARTS).min(depth);
    let share = n.div_ceil(num_threads().div_ceil(n_parts)).next_multiple_of(CACHE_LINE / size_of::<E>());
    let cols = share.clamp(LEAST_COLS, MOST_SUMS / m);
    let n_blocks = n.div_ceil(cols);
    let cols_of = |block: usize| block * cols..n.min((block + 1) * cols);
    scratch::with(n_parts * m * n, |sums: &mut [E]| {
        let all = Disjoint::new(&mut *sums);
        parallel_for(n_parts * n_blocks, |task| {
            let (part, cols) = (task / n_blocks, cols_of(task % n_blocks));
            let ks = part * depth / n_parts..(part + 1) * depth / n_parts;
            // SAFETY: each task has its own sums.
            let sums = unsafe { all.slice(part * m * n + cols.start * m, m * cols.len()) };
            sums.fill(E::ZERO);
            E::sums_of_rows(SumsOfRows { a: a.block(0..m, ks.clone()), b: b.block(ks, cols), sums });
        });
        for block in 0..n_blocks {
            let cols = cols_of(block);
            let sums = &sums[cols.start * m..];
            E::finish_rows(FinishRows { sums, n_parts, part: m * n, cols, target });
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
