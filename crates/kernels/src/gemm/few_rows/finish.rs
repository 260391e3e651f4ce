//! From sums to rows of the result.

use std::ops::Range;

use super::load;
use crate::Float;
use crate::gemm::target::{Target, finish};
use crate::simd::{Kernel, Simd, Vector};

/// Adds up the parts of sums and writes what becomes of them to some columns of all rows of the result.
pub(crate) struct FinishRows<'a, E> {
    /// The sums of the columns, row by row, of the first part, and how far it is to the next part.
    pub(super) sums: &'a [E],
    pub(super) n_parts: usize,
    pub(super) part: usize,
    pub(super) cols: Range<usize>,
    pub(super) target: Target<'a, E>,
}

impl<E: Float> Kernel for FinishRows<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let FinishRows { sums, n_parts, part, cols, target } = self;
        let lanes = <E::Vector<S> as Vector<E>>::LANES;
        let width = cols.len();
        assert!(cols.start <= cols.end && cols.end <= target.cols() && n_parts > 0);
        assert!((n_parts - 1) * part + target.rows() * width <= sums.len());
        for row in 0..target.rows() {
            for first in (0..width).step_by(lanes) {
                let n = (width - first).min(lanes);
                // SAFETY: the sums are there, and the columns in the target, as asserted; kernels run where
                // the machine has the instructions.
                unsafe {
                    let sums = sums.as_ptr().add(row * width + first);
                    let mut sum = load::<E, S>(sums, n);
                    for i in 1..n_parts {
                        sum = sum.add(load::<E, S>(sums.add(i * part), n));
                    }
                    let product = sum.mul(E::Vector::<S>::splat(target.alpha));
                    finish::<E, S>(&target, row, cols.start + first, n, product);
                }
            }
        }
    }
}
