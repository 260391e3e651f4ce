//! Products of small matrices, many of the same sizes.
//!
//! Such a product takes less time than to decide how it is best cut and packed. So one kernel computes many
//! of them: the right operand is copied to the stack, its rows filled up to whole vectors, and the left one
//! is read where it lies.

use super::operand::{Epilogue, MatRef};
use super::pack::panel;
use super::shape::{VECTORS, most_rows};
use super::{Activation, Bias, batch_offsets};
use crate::Float;
use crate::simd::{Kernel, Level, Simd, Vector, level};

/// The most rows, terms and columns of a product.
const MOST: usize = 32;
/// The most rows that are added up together.
const ROWS: usize = 8;

/// Matrices for each index of a batch: the first, and how far the others are from it along each axis.
#[derive(Clone, Copy)]
pub(super) struct Batch<'a, E> {
    pub(super) first: MatRef<'a, E>,
    pub(super) strides: &'a [isize],
}

/// Whether the products of such matrices, β and epilogue are computed here.
pub(super) fn serves<E: Float>(
    a: &MatRef<'_, E>,
    b: &MatRef<'_, E>,
    beta: E,
    epilogue: &Epilogue<'_, E>,
) -> bool {
    let plain = matches!(epilogue.bias, Bias::None) && epilogue.activation == Activation::Identity;
    let small = |n: usize| (1..=MOST).contains(&n);
    let sizes = [a.rows(), a.cols(), b.cols()];
    plain && beta == E::ZERO && sizes.into_iter().all(small) && level() != Level::Portable
}

/// `C = α·A·B` for neighbors of a batch, from number `first_product` on.
pub(crate) struct SmallProducts<'a, 'y, E> {
    pub(super) batch: &'a [usize],
    pub(super) first_product: usize,
    pub(super) alpha: E,
    pub(super) a: Batch<'a, E>,
    pub(super) b: Batch<'a, E>,
    /// The results one after the other, row by row.
    pub(super) c: &'y mut [E],
}

impl<E: Float> Kernel for SmallProducts<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let SmallProducts { batch, first_product, alpha, a, b, c } = self;
        let lanes = <E::Vector<S> as Vector<E>>::LANES;
        let [m, depth, n] = [a.first.rows(), a.first.cols(), b.first.cols()];
        let width = n.next_multiple_of(lanes);
        assert!(m <= MOST && depth <= MOST && width <= MOST);
        let mut right = [E::ZERO; MOST * MOST];
        // Of all results, because a vector may reach into those of the next product.
        let all = c.as_mut_ptr_range();
        for i in 0..c.len() / (m * n) {
            let (a_offset, b_offset) = batch_offsets(batch, first_product + i, a.strides, b.strides);
            let (a, b) = (a.first.moved(a_offset), b.first.moved(b_offset));
            let [along, across] = b.strides();
            // SAFETY: the machine has the instructions; both matrices are inside of their data, as whoever
            // cuts the batch has checked, there is room for the right one, and the results of product `i` and
            // of those after it are behind `i · m · n` others.
            unsafe {
                panel::<E, S>(b.start(), across, along, n, depth, &mut right[..depth * width], width);
                let product = Product {
                    left: a.start(),
                    steps: a.strides(),
                    right: right.as_ptr(),
                    sizes: [m, depth, n],
                    width,
                    alpha,
                    to: all.start.add(i * m * n),
                    end: all.end,
                };
                product.compute::<S>();
            }
        }
    }
}

/// One product, whose right operand has whole vectors in each row.
#[derive(Clone, Copy)]
struct Product<E> {
    left: *const E,
    /// From row to row and from column to column of the left operand.
    steps: [isize; 2],
    right: *const E,
    sizes: [usize; 3],
    /// From row to row of the right operand.
    width: usize,
    alpha: E,
    to: *mut E,
    /// Where the results of this product and those after it end.
    end: *mut E,
}

impl<E: Float> Product<E> {
    /// # Safety
    /// The operands can be read and the results written; those of products after it are written later. The
    /// machine has the instructions of `S`.
    #[inline(always)]
    unsafe fn compute<S: Simd>(self) {
        let lanes = <E::Vector<S> as Vector<E>>::LANES;
        let [m, _, n] = self.sizes;
        let rows = m.div_ceil(m.div_ceil(ROWS.min(most_rows::<S, VECTORS>())));
        // A last vector that is not filled writes into the row below, which is why that comes later; so the
        // last columns come first.
        for col in (0..n).step_by(VECTORS * lanes).rev() {
            for row in (0..m).step_by(rows) {
                // The last rows overlap those before them.
                let row = row.min(m - rows);
                macro_rules! for_rows {
                    ($($rows:literal)*) => {
                        #[expect(clippy::collapsible_match, reason = "a guard is compiled with what it guards")]
                        match rows {
                            // Heights that the registers of `S` do not hold are not even compiled.
                            $($rows => if const { $rows <= most_rows::<S, VECTORS>() } {
                                if n - col > lanes {
                                    self.block::<S, $rows, VECTORS>(row, col)
                                } else {
                                    self.block::<S, $rows, 1>(row, col)
                                }
                            },)*
                            _ => {}
                        }
                    };
                }
                // SAFETY: by the caller's promise; the rows and the columns are those of the product.
                unsafe { for_rows!(1 2 3 4 5 6 7 8) }
            }
        }
    }

    /// `R` rows of `VECS` vectors of columns, of which all but the last are filled.
    ///
    /// # Safety
    /// As for `compute`.
    #[inline(always)]
    unsafe fn block<S: Simd, const R: usize, const VECS: usize>(self, row: usize, col: usize) {
        let lanes = <E::Vector<S> as Vector<E>>::LANES;
        let Product { left, steps: [apart, along], right, sizes: [_, depth, n], width, alpha, to, end } =
            self;
        // SAFETY: by the caller's promise.
        unsafe {
            let mut sums = [[E::Vector::<S>::splat(E::ZERO); VECS]; R];
            let left = left.wrapping_offset(row as isize * apart);
            for k in 0..depth {
                let left = left.wrapping_offset(k as isize * along);
                let mut columns = [E::Vector::<S>::splat(E::ZERO); VECS];
                for (v, column) in columns.iter_mut().enumerate() {
                    *column = E::Vector::<S>::load(right.add(k * width + col + v * lanes));
                }
                for (i, sums) in sums.iter_mut().enumerate() {
                    let factor = E::Vector::<S>::splat(*left.wrapping_offset(i as isize * apart));
                    for (sum, column) in sums.iter_mut().zip(columns) {
                        *sum = factor.mul_add(column, *sum);
                    }
                }
            }
            let alpha = E::Vector::<S>::splat(alpha);
            for (i, sums) in sums.iter().enumerate() {
                for (v, sum) in sums.iter().enumerate() {
                    let col = col + v * lanes;
                    let to = to.add((row + i) * n + col);
                    let sum = sum.mul(alpha);
                    if to.wrapping_add(lanes) <= end {
                        sum.store(to);
                    } else {
                        sum.store_first(to, lanes.min(n - col));
                    }
                }
            }
        }
    }
}
