//! Maxima of rows and of columns, and where they are.

use super::LANES;
use super::fold::{self, TOGETHER};
use crate::Float;
use crate::simd::{Kernel, Simd, Vector};

/// The columns whose maxima are found together: they stay in the nearest cache.
const COLUMNS: usize = 512;

/// The larger of the two, or NaN if either is.
#[inline(always)]
pub(crate) fn max_or_nan<E: Float>(a: E, b: E) -> E {
    if a > b || a.is_nan() { a } else { b }
}

/// The maximum of a slice, NaN if there is one in it.
pub(crate) struct Max<'a, E>(pub(crate) &'a [E]);

impl<E: Float> Kernel for Max<'_, E> {
    type Output = E;

    #[inline(always)]
    fn run<S: Simd>(self) -> E {
        // SAFETY: kernels run where the machine has the instructions.
        unsafe { fold::max::<E, S>(self.0) }
    }
}

/// The maximum of each row of `len` elements.
pub(crate) struct MaxEach<'a, 'y, E> {
    pub(super) x: &'a [E],
    pub(super) len: usize,
    pub(super) y: &'y mut [E],
}

impl<E: Float> Kernel for MaxEach<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let MaxEach { x, len, y } = self;
        for (x, y) in x.chunks_exact(len).zip(y) {
            *y = Max(x).run::<S>();
        }
    }
}

/// The maximum of each column of `x`, whose rows are `pitch` apart.
pub(crate) struct MaxRows<'a, 'y, E> {
    pub(super) x: &'a [E],
    pub(super) pitch: usize,
    pub(super) y: &'y mut [E],
}

impl<E: Float> Kernel for MaxRows<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let MaxRows { x, pitch, y } = self;
        let lanes = <E::Vector<S> as Vector<E>>::LANES;
        let together = TOGETHER * lanes;
        for (block, y) in y.chunks_mut(together).enumerate() {
            let rows = x[block * together..].chunks(pitch);
            // SAFETY: kernels run where the machine has the instructions; as many numbers are read as were
            // cut out of the rows.
            unsafe {
                if y.len() == together {
                    let mut best = [E::Vector::<S>::splat(E::NEG_INFINITY); TOGETHER];
                    for row in rows {
                        fold::larger_each::<E, S>(&mut best, row[..together].as_ptr());
                    }
                    for (best, y) in best.into_iter().zip(y.chunks_exact_mut(lanes)) {
                        best.store(y.as_mut_ptr());
                    }
                    continue;
                }
                for (part, y) in y.chunks_mut(lanes).enumerate() {
                    let mut best = E::Vector::<S>::splat(E::NEG_INFINITY);
                    for row in rows.clone() {
                        let row = &row[part * lanes..][..y.len()];
                        let numbers = E::Vector::<S>::load_first(row.as_ptr(), row.len());
                        best = fold::larger::<E, S>(best, numbers);
                    }
                    best.store_first(y.as_mut_ptr(), y.len());
                }
            }
        }
    }
}

/// For each column of `x`, whose rows are `pitch` apart, the first row with the maximum.
pub(crate) struct Argmax<'a, 'y, E> {
    pub(super) x: &'a [E],
    pub(super) pitch: usize,
    pub(super) y: &'y mut [u32],
}

impl<E: Float> Kernel for Argmax<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Argmax { x, pitch, y } = self;
        for (block, y) in y.chunks_mut(COLUMNS).enumerate() {
            let first = block * COLUMNS;
            let best = &mut [E::NEG_INFINITY; COLUMNS][..y.len()];
            y.fill(0);
            for (k, row) in x.chunks(pitch).enumerate() {
                improve(&row[first..first + y.len()], k, best, y);
            }
        }
    }
}

/// Puts `k` where row `k` is above the best so far.
#[inline(always)]
fn improve<E: Float>(row: &[E], k: usize, best: &mut [E], places: &mut [u32]) {
    for ((&value, best), place) in row.iter().zip(best).zip(places) {
        let better = (value > *best) | (value.is_nan() & !best.is_nan());
        *best = if better { value } else { *best };
        *place = if better { k as u32 } else { *place };
    }
}

/// For each row of `len` elements the first place of the maximum.
pub(crate) struct ArgmaxEach<'a, 'y, E> {
    pub(super) x: &'a [E],
    pub(super) len: usize,
    pub(super) y: &'y mut [u32],
}

impl<E: Float> Kernel for ArgmaxEach<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let ArgmaxEach { x, len, y } = self;
        for (row, y) in y.iter_mut().enumerate() {
            let row = &x[row * len..][..len];
            let max = Max(row).run::<S>();
            for (block, x) in row.chunks(LANES).enumerate() {
                let place = match x.try_into() {
                    Ok(x) => place_of::<E, LANES>(max, x),
                    Err(_) => x.iter().position(|&x| is_max(max, x)).unwrap_or(LANES),
                };
                if place < LANES {
                    *y = (block * LANES + place) as u32;
                    break;
                }
            }
        }
    }
}

#[inline(always)]
fn is_max<E: Float>(max: E, x: E) -> bool {
    (x == max) | (max.is_nan() & x.is_nan())
}

/// The first place of the maximum, `N` if it is not there, without a branch.
#[inline(always)]
fn place_of<E: Float, const N: usize>(max: E, block: &[E; N]) -> usize {
    let mut place = N as u32;
    for (i, &x) in block.iter().enumerate() {
        place = place.min(if is_max(max, x) { i as u32 } else { N as u32 });
    }
    place as usize
}
