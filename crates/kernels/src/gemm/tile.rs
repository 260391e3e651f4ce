//! The innermost loops: a tile of the result held in registers.
//!
//! Both matrix products and convolutions end here. The left operand is packed in panels of a few
//! rows, column by column. The right operand is a set of rows that may lie anywhere (`Rows`): in a
//! packed panel, in the matrix itself, or, shifted against each other, in an image.

use std::marker::PhantomData;

use super::operand::{Activation, Bias};
use crate::Float;
use crate::simd::{Kernel, Simd, Vector, dispatch};

/// The vectors side by side in a tile.
const VECTORS: usize = 2;

/// The most rows of a tile: what the registers hold beside two vectors of the right operand and
/// one of the left.
const fn max_rows<S: Simd>() -> usize {
    (S::REGISTERS - 4) / VECTORS
}

/// The size of the tiles of the machine.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    max_rows: usize,
    /// The columns of a tile.
    pub(crate) cols: usize,
}

impl Shape {
    pub(crate) fn of<E: Float>() -> Shape {
        struct Ask<E>(PhantomData<E>);
        impl<E: Float> Kernel for Ask<E> {
            type Output = Shape;
            #[inline(always)]
            fn run<S: Simd>(self) -> Shape {
                let lanes = <E::Vector<S> as Vector<E>>::LANES;
                Shape { max_rows: max_rows::<S>(), cols: VECTORS * lanes }
            }
        }
        dispatch(Ask::<E>(PhantomData))
    }

    /// How `m` rows are cut into panels of nearly equal height: the height of all but the last.
    pub(crate) fn panel_rows(&self, m: usize) -> usize {
        m.div_ceil(m.div_ceil(self.max_rows).max(1)).max(1)
    }
}

/// The rows of the right operand of a tile: row k starts at `start + offsets[k]`.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a, E> {
    pub(crate) start: *const E,
    pub(crate) offsets: &'a [usize],
}

/// Where a tile goes: `c = act(alpha · tile + beta · c + bias)`.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a, E> {
    pub(crate) start: *mut E,
    pub(crate) row_stride: usize,
    /// How many columns of the tile exist.
    pub(crate) cols: usize,
    pub(crate) alpha: E,
    pub(crate) beta: E,
    pub(crate) bias: Bias<'a, E>,
    pub(crate) activation: Activation,
}

/// Multiplies a packed panel of `rows` rows by the rows of `b`.
///
/// # Safety
/// `rows` is in `1..=max_rows`. `a` holds `rows` numbers for each offset of `b`. Each row of `b`
/// can be read for a whole tile. The target can be written, and read where `beta` is not 0.
#[inline(always)]
pub(crate) unsafe fn multiply<E: Float, S: Simd>(
    rows: usize,
    a: *const E,
    b: Rows<'_, E>,
    target: &Target<'_, E>,
) {
    debug_assert!((1..=max_rows::<S>()).contains(&rows));
    macro_rules! for_rows {
        ($($n:literal)*) => {
            match rows {
                // Heights that the registers of `S` do not hold are not compiled.
                // SAFETY: by the caller's promise.
                $($n if $n <= max_rows::<S>() => unsafe { tile::<E, S, $n>(a, b, target) },)*
                _ => {}
            }
        };
    }
    for_rows!(1 2 3 4 5 6 7 8 9 10 11 12 13 14);
}

/// # Safety
/// As [`multiply`], with `ROWS` rows.
#[inline(always)]
unsafe fn tile<E: Float, S: Simd, const ROWS: usize>(a: *const E, b: Rows<'_, E>, target: &Target<'_, E>) {
    let lanes = <E::Vector<S> as Vector<E>>::LANES;
    // SAFETY: the machine has the instructions of `S` by the contract of `Kernel`; the addresses
    // are those that the caller promises.
    unsafe {
        let zero = E::Vector::<S>::splat(E::ZERO);
        let mut sums = [[zero; VECTORS]; ROWS];
        let mut a = a;
        for &offset in b.offsets {
            let row = b.start.add(offset);
            let mut columns = [zero; VECTORS];
            for (v, column) in columns.iter_mut().enumerate() {
                *column = E::Vector::<S>::load(row.add(v * lanes));
            }
            for (i, sums) in sums.iter_mut().enumerate() {
                let factor = E::Vector::<S>::splat(*a.add(i));
                for (sum, column) in sums.iter_mut().zip(columns) {
                    *sum = factor.mul_add(column, *sum);
                }
            }
            a = a.add(ROWS);
        }
        for (i, sums) in sums.iter().enumerate() {
            for (v, &sum) in sums.iter().enumerate() {
                let n = target.cols.saturating_sub(v * lanes).min(lanes);
                if n > 0 {
                    finish::<E, S>(target, i, v * lanes, n, sum);
                }
            }
        }
    }
}

/// Writes `n` sums of row `row` from column `col` on.
///
/// # Safety
/// As [`multiply`].
#[inline(always)]
unsafe fn finish<E: Float, S: Simd>(
    target: &Target<'_, E>,
    row: usize,
    col: usize,
    n: usize,
    sum: E::Vector<S>,
) {
    let lanes = <E::Vector<S> as Vector<E>>::LANES;
    // SAFETY: by the caller's promise.
    unsafe {
        let place = target.start.add(row * target.row_stride + col);
        let mut value = sum;
        if target.alpha != E::ONE {
            value = value.mul(E::Vector::<S>::splat(target.alpha));
        }
        if target.beta != E::ZERO {
            let old = E::Vector::<S>::load_first(place, n);
            value = old.mul_add(E::Vector::<S>::splat(target.beta), value);
        }
        match target.bias {
            Bias::None => {}
            Bias::PerRow(bias) => value = value.add(E::Vector::<S>::splat(bias[row])),
            Bias::PerColumn(bias) => {
                let bias = &bias[col..col + n];
                value = value.add(E::Vector::<S>::load_first(bias.as_ptr(), n));
            }
        }
        if target.activation == Activation::Relu {
            // In this order NaN stays NaN.
            value = E::Vector::<S>::splat(E::ZERO).max(value);
        }
        if n == lanes {
            value.store(place);
        } else {
            value.store_first(place, n);
        }
    }
}
