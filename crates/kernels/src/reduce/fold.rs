//! Sums of terms over rows, and maxima, in vectors.
//!
//! What adds up stays in registers. An array of numbers that is also indexed for what is left behind the
//! last vector would lie in memory, and each addition would wait for the one before to be read again.

use super::max_or_nan;
use crate::Float;
use crate::simd::{Simd, Vector};

/// How many vectors beside each other have sums of their own: additions to one wait for each other.
pub(super) const TOGETHER: usize = 4;
/// The numbers of the widest vector.
const MOST_LANES: usize = 16;

/// Terms at each place of some rows beside each other, of each of which the sum is asked for.
pub(crate) trait Terms<E: Float, const ROWS: usize, const SUMS: usize>: Copy {
    /// The terms where the rows have these numbers.
    ///
    /// # Safety
    /// The machine has the instructions of `S`.
    unsafe fn of<S: Simd>(self, numbers: [E::Vector<S>; ROWS]) -> [E::Vector<S>; SUMS];
}

/// The numbers of one row, or of four together.
#[derive(Clone, Copy)]
pub(crate) struct Numbers;

impl<E: Float> Terms<E, 1, 1> for Numbers {
    #[inline(always)]
    unsafe fn of<S: Simd>(self, x: [E::Vector<S>; 1]) -> [E::Vector<S>; 1] {
        x
    }
}

impl<E: Float> Terms<E, 4, 1> for Numbers {
    #[inline(always)]
    unsafe fn of<S: Simd>(self, [a, b, c, d]: [E::Vector<S>; 4]) -> [E::Vector<S>; 1] {
        // SAFETY: by the caller's promise.
        [unsafe { a.add(b).add(c.add(d)) }]
    }
}

/// The products of two rows.
#[derive(Clone, Copy)]
pub(crate) struct Products;

impl<E: Float> Terms<E, 2, 1> for Products {
    #[inline(always)]
    unsafe fn of<S: Simd>(self, [x, y]: [E::Vector<S>; 2]) -> [E::Vector<S>; 1] {
        // SAFETY: by the caller's promise.
        [unsafe { x.mul(y) }]
    }
}

/// The squares of the deviations from a number.
#[derive(Clone, Copy)]
pub(crate) struct SquaredDeviations<E>(pub(crate) E);

impl<E: Float> Terms<E, 1, 1> for SquaredDeviations<E> {
    #[inline(always)]
    unsafe fn of<S: Simd>(self, [x]: [E::Vector<S>; 1]) -> [E::Vector<S>; 1] {
        // SAFETY: by the caller's promise.
        unsafe {
            let deviation = x.sub(E::Vector::<S>::splat(self.0));
            [deviation.mul(deviation)]
        }
    }
}

/// The squares of the distances between two rows.
#[derive(Clone, Copy)]
pub(crate) struct SquaredDistances;

impl<E: Float> Terms<E, 2, 1> for SquaredDistances {
    #[inline(always)]
    unsafe fn of<S: Simd>(self, [x, center]: [E::Vector<S>; 2]) -> [E::Vector<S>; 1] {
        // SAFETY: by the caller's promise.
        unsafe {
            let distance = x.sub(center);
            [distance.mul(distance)]
        }
    }
}

/// The sums of the terms over rows of the same length.
///
/// # Safety
/// The machine has the instructions of `S`.
#[inline(always)]
pub(crate) unsafe fn sums<E: Float, S: Simd, const ROWS: usize, const SUMS: usize>(
    terms: impl Terms<E, ROWS, SUMS>,
    rows: [&[E]; ROWS],
) -> [E; SUMS] {
    let lanes = <E::Vector<S> as Vector<E>>::LANES;
    let len = rows[0].len();
    for row in rows {
        assert_eq!(row.len(), len, "rows beside each other");
    }
    // SAFETY: by the caller's promise; what is read is inside of the rows.
    unsafe {
        let mut sums = [[E::Vector::<S>::splat(E::ZERO); SUMS]; TOGETHER];
        let mut numbers = [E::Vector::<S>::splat(E::ZERO); ROWS];
        let mut first = 0;
        while first + TOGETHER * lanes <= len {
            for (v, sums) in sums.iter_mut().enumerate() {
                for (numbers, row) in numbers.iter_mut().zip(rows) {
                    *numbers = E::Vector::<S>::load(row.as_ptr().add(first + v * lanes));
                }
                add_to::<E, S, SUMS>(sums, terms.of::<S>(numbers));
            }
            first += TOGETHER * lanes;
        }
        while first < len {
            let n = lanes.min(len - first);
            for (numbers, row) in numbers.iter_mut().zip(rows) {
                *numbers = E::Vector::<S>::load_first(row.as_ptr().add(first), n);
            }
            let mut terms = terms.of::<S>(numbers);
            for term in &mut terms {
                *term = term.keep_first(n);
            }
            add_to::<E, S, SUMS>(&mut sums[0], terms);
            first += lanes;
        }
        let [mut all, second, mut third, fourth] = sums;
        add_to::<E, S, SUMS>(&mut all, second);
        add_to::<E, S, SUMS>(&mut third, fourth);
        add_to::<E, S, SUMS>(&mut all, third);
        let mut totals = [E::ZERO; SUMS];
        for (total, sum) in totals.iter_mut().zip(all) {
            *total = sum.sum();
        }
        totals
    }
}

/// # Safety
/// The machine has the instructions of `S`.
#[inline(always)]
pub(super) unsafe fn add_to<E: Float, S: Simd, const SUMS: usize>(
    sums: &mut [E::Vector<S>; SUMS],
    terms: [E::Vector<S>; SUMS],
) {
    for (sum, term) in sums.iter_mut().zip(terms) {
        // SAFETY: by the caller's promise.
        *sum = unsafe { sum.add(term) };
    }
}

/// The largest number of a row, NaN if there is one in it, −∞ if there is none at all.
///
/// # Safety
/// The machine has the instructions of `S`.
#[inline(always)]
pub(crate) unsafe fn max<E: Float, S: Simd>(row: &[E]) -> E {
    let lanes = <E::Vector<S> as Vector<E>>::LANES;
    let len = row.len();
    if len < lanes {
        return row.iter().fold(E::NEG_INFINITY, |max, &x| max_or_nan(max, x));
    }
    // SAFETY: by the caller's promise; what is read is inside of the row.
    unsafe {
        // The maximum of vectors forgets what is not a number. Sums do not, and cost less than to ask
        // about each number.
        let mut best = [E::Vector::<S>::load(row.as_ptr()); TOGETHER];
        let mut sums = [E::Vector::<S>::splat(E::ZERO); TOGETHER];
        let mut first = 0;
        while first + TOGETHER * lanes <= len {
            for (v, (best, sum)) in best.iter_mut().zip(&mut sums).enumerate() {
                let numbers = E::Vector::<S>::load(row.as_ptr().add(first + v * lanes));
                (*best, *sum) = (best.max(numbers), sum.add(numbers));
            }
            first += TOGETHER * lanes;
        }
        while first + lanes <= len {
            let numbers = E::Vector::<S>::load(row.as_ptr().add(first));
            (best[0], sums[0]) = (best[0].max(numbers), sums[0].add(numbers));
            first += lanes;
        }
        // The last vector overlaps those before.
        let numbers = E::Vector::<S>::load(row.as_ptr().add(len - lanes));
        (best[1], sums[1]) = (best[1].max(numbers), sums[1].add(numbers));
        let [first, second, third, fourth] = sums;
        if first.add(second).add(third.add(fourth)).sum().is_nan() {
            // There may also have been infinite numbers of both signs.
            return row.iter().fold(E::NEG_INFINITY, |max, &x| max_or_nan(max, x));
        }
        let [first, second, third, fourth] = best;
        let mut numbers = [E::NEG_INFINITY; MOST_LANES];
        first.max(second).max(third.max(fourth)).store(numbers.as_mut_ptr());
        let mut width = MOST_LANES / 2;
        while width > 0 {
            for i in 0..width {
                numbers[i] = if numbers[i] > numbers[i + width] { numbers[i] } else { numbers[i + width] };
            }
            width /= 2;
        }
        numbers[0]
    }
}

/// Where numbers are larger than `best`, or NaN, these, elsewhere `best`.
///
/// # Safety
/// The machine has the instructions of `S`.
#[inline(always)]
pub(super) unsafe fn larger<E: Float, S: Simd>(best: E::Vector<S>, numbers: E::Vector<S>) -> E::Vector<S> {
    // SAFETY: by the caller's promise.
    unsafe { best.larger(best, numbers, numbers).0 }
}

/// As [`larger`], of several vectors of numbers behind each other.
///
/// # Safety
/// The machine has the instructions of `S`, and the numbers can be read.
#[inline(always)]
pub(super) unsafe fn larger_each<E: Float, S: Simd>(best: &mut [E::Vector<S>; TOGETHER], from: *const E) {
    let lanes = <E::Vector<S> as Vector<E>>::LANES;
    for (v, best) in best.iter_mut().enumerate() {
        // SAFETY: by the caller's promise.
        *best = unsafe { larger::<E, S>(*best, E::Vector::<S>::load(from.add(v * lanes))) };
    }
}
