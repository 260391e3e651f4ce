//! Sums of multiples of contiguous rows.

use std::ops::Range;

use super::{ROWS_OF_SUMS, at, load};
use crate::Float;
use crate::gemm::operand::MatRef;
use crate::gemm::target::{Target, finish};
use crate::simd::{Kernel, Simd, Vector};

/// The rows of B that are added at a time: each is a stream to the processor, and they often start a page
/// apart, where the nearest cache has room for few lines.
const TERMS: usize = 4;

/// Some columns of a product whose right operand has contiguous rows.
pub(crate) struct SumsOfRows<'a, 'y, E> {
    pub(super) a: MatRef<'a, E>,
    pub(super) b: MatRef<'a, E>,
    pub(super) cols: Range<usize>,
    pub(super) target: Target<'a, E>,
    /// The columns of each row of C, zeros before.
    pub(super) sums: &'y mut [E],
}

impl<E: Float> Kernel for SumsOfRows<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        // SAFETY: kernels run where the machine has the instructions.
        unsafe {
            match self.a.rows() {
                1 => self.compute::<S, 1>(),
                2 => self.compute::<S, 2>(),
                3 => self.compute::<S, 3>(),
                _ => self.compute::<S, ROWS_OF_SUMS>(),
            }
        }
    }
}

impl<E: Float> SumsOfRows<'_, '_, E> {
    /// Computes all columns of `M` rows.
    ///
    /// # Safety
    /// The machine has the instructions of `S`.
    #[inline(always)]
    unsafe fn compute<S: Simd, const M: usize>(self) {
        let SumsOfRows { a, b, cols, target, sums } = self;
        let lanes = <E::Vector<S> as Vector<E>>::LANES;
        let (depth, width) = (a.cols(), cols.len());
        let whole = depth / TERMS * TERMS;
        assert!(a.rows() == M && sums.len() == M * width);
        // SAFETY: by the caller's promise; the sums are finished where they belong.
        unsafe {
            for k in (0..whole).step_by(TERMS) {
                add_rows::<E, S, M, TERMS>(a, b, k, &cols, sums);
            }
            for k in whole..depth {
                add_rows::<E, S, M, 1>(a, b, k, &cols, sums);
            }
            for (i, sums) in sums.chunks_exact(width).enumerate() {
                for (j, sums) in (0..width).step_by(lanes).zip(sums.chunks(lanes)) {
                    let sum = E::Vector::<S>::load_first(sums.as_ptr(), sums.len());
                    let product = sum.mul(E::Vector::<S>::splat(target.alpha));
                    finish::<E, S>(&target, i, cols.start + j, sums.len(), product);
                }
            }
        }
    }
}

/// Adds multiples of `T` rows of B from row `k` on to the sums of some columns.
///
/// # Safety
/// The machine has the instructions of `S`.
#[inline(always)]
unsafe fn add_rows<E: Float, S: Simd, const M: usize, const T: usize>(
    a: MatRef<'_, E>,
    b: MatRef<'_, E>,
    k: usize,
    cols: &Range<usize>,
    sums: &mut [E],
) {
    let lanes = <E::Vector<S> as Vector<E>>::LANES;
    let width = cols.len();
    let whole = width / lanes * lanes;
    assert!(a.rows() == M && k + T <= a.cols() && cols.end <= b.cols() && sums.len() == M * width);
    // SAFETY: the places of A and the parts of rows of B are inside of their data, and those of
    // the sums are too; as asserted.
    unsafe {
        let mut rows = [b.start(); T];
        let mut factors = [[E::Vector::<S>::splat(E::ZERO); T]; M];
        for (t, row) in rows.iter_mut().enumerate() {
            *row = b.start().offset((k + t) as isize * b.strides()[0] + cols.start as isize);
            for (i, factors) in factors.iter_mut().enumerate() {
                factors[t] = E::Vector::<S>::splat(*a.at(i, k + t));
            }
        }
        for j in (0..whole).step_by(lanes) {
            let sums = sums.as_mut_ptr().wrapping_add(j);
            add_multiples::<E, S, M, T>(at(rows, j), &factors, lanes, sums, width);
        }
        if whole < width {
            let sums = sums.as_mut_ptr().wrapping_add(whole);
            add_multiples::<E, S, M, T>(at(rows, whole), &factors, width - whole, sums, width);
        }
    }
}

/// Adds multiples of the next `n` elements of some rows of B to sums, rows of which are `width` apart.
///
/// # Safety
/// The machine has the instructions of `S`, the elements can be read and the sums written.
#[inline(always)]
unsafe fn add_multiples<E: Float, S: Simd, const M: usize, const T: usize>(
    rows: [*const E; T],
    factors: &[[E::Vector<S>; T]; M],
    n: usize,
    sums: *mut E,
    width: usize,
) {
    // SAFETY: by the caller's promise.
    unsafe {
        let mut row_sums = [E::Vector::<S>::splat(E::ZERO); M];
        for (i, sum) in row_sums.iter_mut().enumerate() {
            *sum = load::<E, S>(sums.add(i * width), n);
        }
        for (t, row) in rows.into_iter().enumerate() {
            let row = load::<E, S>(row, n);
            for (sum, factors) in row_sums.iter_mut().zip(factors) {
                *sum = factors[t].mul_add(row, *sum);
            }
        }
        for (i, sum) in row_sums.into_iter().enumerate() {
            sum.store_first(sums.add(i * width), n);
        }
    }
}
