//! The three transforms of a tile.

use std::ops::Range;

use crate::Float;
use crate::conv2d::planes::Planes;
use crate::simd::{Kernel, Simd, Vector};
use crate::threads::Disjoint;

use super::PLACES;

/// The windows of a group: that of row `o` and term `c` starts at `weights[o · row_step + c · term_step]`
/// and has nine elements, which may be read backwards.
#[derive(Clone, Copy)]
pub(crate) struct Windows<'a, E> {
    pub(crate) weights: &'a [E],
    pub(crate) row_step: usize,
    pub(crate) term_step: usize,
    pub(crate) turned: bool,
}

/// `G w Gᵀ` of some windows, packed as a panel for each place.
pub(crate) struct PackWindows<'a, 'y, E> {
    pub(super) windows: Windows<'a, E>,
    pub(super) rows: Range<usize>,
    pub(super) terms: Range<usize>,
    pub(super) to: [&'y mut [E]; PLACES],
}

impl<E: Float> Kernel for PackWindows<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let PackWindows { windows, rows, terms, to } = self;
        let Windows { weights, row_step, term_step, turned } = windows;
        let lanes = <E::Vector<S> as Vector<E>>::LANES;
        let height = rows.len();
        to.iter().for_each(|panel| assert_eq!(panel.len(), height * terms.len(), "elements of a panel"));
        for (k, term) in terms.enumerate() {
            for first in (0..height).step_by(lanes) {
                let n = lanes.min(height - first);
                let mut taps = [[E::ZERO; MAX_LANES]; 9];
                for (lane, row) in (rows.start + first..).take(n).enumerate() {
                    let start = row * row_step + term * term_step;
                    let window = &weights[start..start + 9];
                    for (tap, &weight) in window.iter().enumerate() {
                        taps[if turned { 8 - tap } else { tap }][lane] = weight;
                    }
                }
                // SAFETY: kernels run where the machine has the instructions; rows of taps hold a
                // vector, and `n` elements from this place on are in each panel.
                unsafe {
                    let mut columns = [[E::Vector::<S>::splat(E::ZERO); 4]; 3];
                    for (j, column) in columns.iter_mut().enumerate() {
                        let [a, b, c] = [&taps[j], &taps[3 + j], &taps[6 + j]];
                        let load = [a.as_ptr(), b.as_ptr(), c.as_ptr()];
                        *column = spread::<E, S>([
                            E::Vector::<S>::load(load[0]),
                            E::Vector::<S>::load(load[1]),
                            E::Vector::<S>::load(load[2]),
                        ]);
                    }
                    for i in 0..4 {
                        let row = spread::<E, S>([columns[0][i], columns[1][i], columns[2][i]]);
                        for (j, value) in row.into_iter().enumerate() {
                            value.store_first(to[4 * i + j].as_mut_ptr().add(k * height + first), n);
                        }
                    }
                }
            }
        }
    }
}

/// `G` of a column of three.
///
/// # Safety
/// The machine has the instructions of `S`.
#[inline(always)]
unsafe fn spread<E: Float, S: Simd>([a, b, c]: [E::Vector<S>; 3]) -> [E::Vector<S>; 4] {
    // SAFETY: by the caller's promise.
    unsafe {
        let half = E::Vector::<S>::splat(E::from_f64(0.5));
        let (even, odd) = (a.add(c).mul(half), b.mul(half));
        [a, even.add(odd), even.sub(odd), c]
    }
}

/// `Bᵀ x B` of all tiles of all channels, a tile beside the other.
pub(crate) struct ToTiles<'a, 'y, E> {
    pub(super) planes: &'a [E],
    pub(super) layout: &'a Planes,
    /// The rows of tiles, and how many are in each.
    pub(super) tiles: [usize; 2],
    /// Where the first of them goes.
    pub(super) first: usize,
    /// How many columns behind them are zeros: what lies there is computed with, and would be slow if
    /// it were tiny.
    pub(super) zeros: usize,
    /// The columns of a channel.
    pub(super) cols: usize,
    /// From one place to the next.
    pub(super) step: usize,
    /// 16 places, of which these tiles of these channels are nobody else's.
    pub(super) to: &'y Disjoint<'y, E>,
}

impl<E: Float> Kernel for ToTiles<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let ToTiles { planes, layout, tiles: [height, width], first, zeros, cols, step, to } = self;
        let lanes = <E::Vector<S> as Vector<E>>::LANES;
        let (channels, pitch) = (layout.channels(), layout.pitch());
        let last = (PLACES - 1) * step + channels.saturating_sub(1) * cols + first + height * width + zeros;
        assert!(last <= to.len(), "a column for each tile");
        assert!(channels == 0 || layout.shifted(channels - 1, 2 * height + 1, pitch) <= planes.len());
        assert!(2 * width + 2 <= pitch);
        for (place, channel) in
            (0..PLACES).flat_map(|place| (0..channels).map(move |channel| (place, channel)))
        {
            // SAFETY: the columns are inside of the places, as asserted, and nobody else's.
            unsafe { to.slice(place * step + channel * cols + first + height * width, zeros) }.fill(E::ZERO);
        }
        for (channel, row) in (0..channels).flat_map(|channel| (0..height).map(move |row| (channel, row))) {
            for col in (0..width).step_by(lanes) {
                let n = lanes.min(width - col);
                // SAFETY: kernels run where the machine has the instructions; the pixels of the
                // tiles are inside of the planes, and their places of the matrices, as asserted.
                unsafe {
                    let from = planes.as_ptr().add(layout.shifted(channel, 2 * row, 2 * col));
                    let to = to.as_ptr().add(channel * cols + first + row * width + col);
                    if n == lanes {
                        to_tiles::<E, S>(from, pitch, lanes, to, step);
                    } else {
                        to_tiles::<E, S>(from, pitch, n, to, step);
                    }
                }
            }
        }
    }
}

/// Transforms `n` tiles beside each other.
///
/// # Safety
/// The machine has the instructions of `S`; the pixels of the tiles, whose rows are `pitch` apart,
/// can be read, and `n` numbers for each of the places, which are `step` apart, be written.
#[inline(always)]
unsafe fn to_tiles<E: Float, S: Simd>(from: *const E, pitch: usize, n: usize, to: *mut E, step: usize) {
    // SAFETY: by the caller's promise.
    unsafe {
        let mut columns = [[E::Vector::<S>::splat(E::ZERO); 4]; 4];
        let [first, second, third, fourth] = &mut columns;
        let pairs = first.iter_mut().zip(second).zip(third.iter_mut().zip(fourth));
        for (y, ((first, second), (third, fourth))) in pairs.enumerate() {
            let from = from.add(y * pitch);
            (*first, *second) = E::Vector::<S>::load_pairs(from, n);
            (*third, *fourth) = E::Vector::<S>::load_pairs(from.add(2), n);
        }
        for column in &mut columns {
            *column = difference::<E, S>(*column);
        }
        let [a, b, c, d] = columns;
        for i in 0..4 {
            let row = difference::<E, S>([a[i], b[i], c[i], d[i]]);
            for (j, value) in row.into_iter().enumerate() {
                let to = to.add((4 * i + j) * step);
                if n == <E::Vector<S> as Vector<E>>::LANES {
                    value.store(to);
                } else {
                    value.store_first(to, n);
                }
            }
        }
    }
}

/// `Bᵀ` of a column of four.
///
/// # Safety
/// The machine has the instructions of `S`.
#[inline(always)]
unsafe fn difference<E: Float, S: Simd>([a, b, c, d]: [E::Vector<S>; 4]) -> [E::Vector<S>; 4] {
    // SAFETY: by the caller's promise.
    unsafe { [a.sub(c), b.add(c), c.sub(b), b.sub(d)] }
}

/// `Aᵀ m A` of all tiles of one channel, with a bias and no less than `least`.
pub(crate) struct FromTiles<'a, 'y, E> {
    /// The products of the first place, and how far it is to those of the next.
    pub(super) products: &'a [E],
    pub(super) step: usize,
    pub(super) bias: E,
    pub(super) least: E,
    /// The pixels of a row of the result, and those rows.
    pub(super) width: usize,
    pub(super) y: &'y mut [E],
}

impl<E: Float> Kernel for FromTiles<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let FromTiles { products, step, bias, least, width, y } = self;
        let lanes = <E::Vector<S> as Vector<E>>::LANES;
        for (i, rows) in y.chunks_mut(2 * width).enumerate() {
            for j in (0..width.div_ceil(2)).step_by(lanes) {
                let first = i * width.div_ceil(2) + j;
                // Tiles behind the last of a row are read with it, but not written.
                assert!((PLACES - 1) * step + first < products.len());
                let n = lanes.min(products.len() - (PLACES - 1) * step - first);
                // SAFETY: kernels run where the machine has the instructions; the places are inside
                // of the products, as asserted, and what is written inside of the rows.
                unsafe {
                    let from = products.as_ptr().add(first);
                    let (bias, least) = (E::Vector::<S>::splat(bias), E::Vector::<S>::splat(least));
                    let mut columns = [[E::Vector::<S>::splat(E::ZERO); 2]; 4];
                    for (x, column) in columns.iter_mut().enumerate() {
                        let mut places = [E::Vector::<S>::splat(E::ZERO); 4];
                        for (y, place) in places.iter_mut().enumerate() {
                            *place = E::Vector::<S>::load_first(from.add((4 * y + x) * step), n);
                        }
                        *column = sum::<E, S>(places);
                    }
                    let [c0, c1, c2, c3] = columns;
                    for (a, row) in rows.chunks_exact_mut(width).enumerate() {
                        let [even, odd] = sum::<E, S>([c0[a], c1[a], c2[a], c3[a]]);
                        // In this order NaN stays NaN.
                        let (low, high) = least.max(even.add(bias)).interleave(least.max(odd.add(bias)));
                        let to = &mut row[2 * j..];
                        let n = to.len();
                        let to = to.as_mut_ptr();
                        if n >= 2 * lanes {
                            low.store(to);
                            high.store(to.add(lanes));
                        } else {
                            low.store_first(to, n.min(lanes));
                            high.store_first(to.wrapping_add(lanes), n.saturating_sub(lanes));
                        }
                    }
                }
            }
        }
    }
}

/// No vector holds more.
const MAX_LANES: usize = 16;

/// `Aᵀ` of a column of four.
///
/// # Safety
/// The machine has the instructions of `S`.
#[inline(always)]
unsafe fn sum<E: Float, S: Simd>([a, b, c, d]: [E::Vector<S>; 4]) -> [E::Vector<S>; 2] {
    // SAFETY: by the caller's promise.
    unsafe { [a.add(b).add(c), b.sub(c).sub(d)] }
}
