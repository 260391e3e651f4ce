//! The orders in which the left operand of a tile may lie.

use crate::Float;

/// Where a left operand lies whose rows are those of a tile.
pub(super) trait Factors<E>: Copy {
    /// Whether several terms are written out at a time.
    const UNROLLED: bool;

    /// Term `k` of row `i`.
    ///
    /// # Safety
    /// It can be read.
    unsafe fn factor(self, k: usize, i: usize) -> E;
}

/// In a panel of so many rows.
#[derive(Clone, Copy)]
pub(super) struct InPanel<E, const ROWS: usize>(pub(super) *const E);

impl<E: Float, const ROWS: usize> Factors<E> for InPanel<E, ROWS> {
    const UNROLLED: bool = true;

    #[inline(always)]
    unsafe fn factor(self, k: usize, i: usize) -> E {
        // SAFETY: by the caller's promise.
        unsafe { *self.0.add(k * ROWS + i) }
    }
}

/// In rows that start at these places. Of several terms, compilers would gather the numbers, more than
/// there are registers for.
#[derive(Clone, Copy)]
pub(super) struct InRows<E, const ROWS: usize>(pub(super) [*const E; ROWS]);

impl<E: Float, const ROWS: usize> Factors<E> for InRows<E, ROWS> {
    const UNROLLED: bool = false;

    #[inline(always)]
    unsafe fn factor(self, k: usize, i: usize) -> E {
        // SAFETY: by the caller's promise.
        unsafe { *self.0[i].add(k) }
    }
}

/// In columns, whose starts are listed.
#[derive(Clone, Copy)]
pub(super) struct InColumns<E> {
    pub(super) numbers: *const E,
    pub(super) starts: *const usize,
}

impl<E: Float> Factors<E> for InColumns<E> {
    const UNROLLED: bool = true;

    #[inline(always)]
    unsafe fn factor(self, k: usize, i: usize) -> E {
        // SAFETY: by the caller's promise.
        unsafe { *self.numbers.add(*self.starts.add(k) + i) }
    }
}
