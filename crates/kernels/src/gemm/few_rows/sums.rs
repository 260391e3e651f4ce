//! Sums of multiples of contiguous rows.

use super::{ROWS_OF_SUMS, STREAMS, at, load};
use crate::Float;
use crate::gemm::operand::MatRef;
use crate::simd::{Kernel, Simd, Vector};

/// Sums of multiples of the rows of a right operand, which are contiguous.
pub(crate) struct SumsOfRows<'a, 'y, E> {
    pub(super) a: MatRef<'a, E>,
    pub(super) b: MatRef<'a, E>,
    /// A row for each row of A, zeros before.
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
        let SumsOfRows { a, b, sums } = self;
        let depth = a.cols();
        let apart = depth / STREAMS;
        assert!(a.rows() == M && sums.len() == M * b.cols());
        // SAFETY: by the caller's promise.
        unsafe {
            for k in 0..apart {
                add_rows::<E, S, M, STREAMS>(a, b, [k, apart], sums);
            }
            for k in apart * STREAMS..depth {
                add_rows::<E, S, M, 1>(a, b, [k, 0], sums);
            }
        }
    }
}

/// Adds multiples of `T` rows of B to the sums: of row `k` and of those so far `apart`.
///
/// # Safety
/// The machine has the instructions of `S`.
#[inline(always)]
unsafe fn add_rows<E: Float, S: Simd, const M: usize, const T: usize>(
    a: MatRef<'_, E>,
    b: MatRef<'_, E>,
    [k, apart]: [usize; 2],
    sums: &mut [E],
) {
    let lanes = <E::Vector<S> as Vector<E>>::LANES;
    let width = b.cols();
    let whole = width / lanes * lanes;
    assert!(a.rows() == M && k + (T - 1) * apart < a.cols() && sums.len() == M * width);
    assert!(a.cols() == b.rows());
    // SAFETY: the rows of B are inside of its data, and those of the sums are too; as asserted.
    unsafe {
        let mut rows = [b.start(); T];
        let mut factors = [[E::Vector::<S>::splat(E::ZERO); T]; M];
        for (t, row) in rows.iter_mut().enumerate() {
            let k = k + t * apart;
            *row = b.start().offset(k as isize * b.strides()[0]);
            for (i, factors) in factors.iter_mut().enumerate() {
                factors[t] = E::Vector::<S>::splat(*a.at(i, k));
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
