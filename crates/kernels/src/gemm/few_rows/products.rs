//! Scalar products of contiguous rows and columns.

use std::ops::Range;

use super::{STREAMS, at, load};
use crate::Float;
use crate::gemm::operand::MatRef;
use crate::simd::{Kernel, Simd, Vector};

/// Some columns of a product whose operands are contiguous along k.
pub(crate) struct ScalarProducts<'a, 'y, E> {
    pub(super) a: MatRef<'a, E>,
    pub(super) b: MatRef<'a, E>,
    pub(super) cols: Range<usize>,
    /// The products, row by row.
    pub(super) sums: &'y mut [E],
}

impl<E: Float> Kernel for ScalarProducts<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        // The sums of a group fill the registers beside the vectors that are multiplied.
        let group = if S::REGISTERS < 32 { 3 } else { 4 };
        let rows = self.a.rows();
        let apart = self.cols.len() / STREAMS;
        let together = (0..apart).map(|col| (col, apart, STREAMS));
        let rest = self.cols.len() % STREAMS;
        let rest = (rest > 0).then_some((apart * STREAMS, 1, rest));
        let ScalarProducts { a, b, cols, sums } = self;
        assert!(sums.len() == rows * cols.len() && a.cols() == b.rows());
        for (col, apart, n) in together.chain(rest) {
            for row in (0..rows).step_by(group) {
                let place = Place { row, col, apart, n };
                // SAFETY: kernels run where the machine has the instructions.
                unsafe {
                    match group.min(rows - row) {
                        1 => block::<E, S, 1>(a, b, &cols, place, sums),
                        2 => block::<E, S, 2>(a, b, &cols, place, sums),
                        3 => block::<E, S, 3>(a, b, &cols, place, sums),
                        _ => block::<E, S, 4>(a, b, &cols, place, sums),
                    }
                }
            }
        }
    }
}

/// Which products are computed together: of some rows from `row` on, and of `n` columns, `col` of all and
/// those that far `apart`.
#[derive(Clone, Copy)]
struct Place {
    row: usize,
    col: usize,
    apart: usize,
    n: usize,
}

/// Computes the products of `M` rows with some of the columns `cols`.
///
/// # Safety
/// The machine has the instructions of `S`.
#[inline(always)]
unsafe fn block<E: Float, S: Simd, const M: usize>(
    a: MatRef<'_, E>,
    b: MatRef<'_, E>,
    cols: &Range<usize>,
    Place { row, col, apart, n }: Place,
    to: &mut [E],
) {
    let lanes = <E::Vector<S> as Vector<E>>::LANES;
    let depth = a.cols();
    let whole = depth / lanes * lanes;
    assert!(row + M <= a.rows() && (1..=STREAMS).contains(&n) && cols.end <= b.cols());
    assert!(col + (n - 1) * apart < cols.len());
    // SAFETY: rows of A and columns of B are `depth` elements inside of their data; where there are
    // fewer than `STREAMS` columns, the last is read again and not used.
    unsafe {
        let zero = E::Vector::<S>::splat(E::ZERO);
        let mut sums = [[zero; STREAMS]; M];
        let mut rows = [a.start(); M];
        for (i, place) in rows.iter_mut().enumerate() {
            *place = a.start().offset((row + i) as isize * a.strides()[0]);
        }
        let mut columns = [b.start(); STREAMS];
        for (j, place) in columns.iter_mut().enumerate() {
            let col = cols.start + col + j.min(n - 1) * apart;
            *place = b.start().offset(col as isize * b.strides()[1]);
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
            let to = &mut to[(row + i) * cols.len() + col..];
            for (j, sum) in sums.iter().take(n).enumerate() {
                to[j * apart] = sum.sum();
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
    columns: [*const E; STREAMS],
    n: usize,
    sums: &mut [[E::Vector<S>; STREAMS]; M],
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
