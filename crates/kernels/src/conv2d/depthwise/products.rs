//! Sums of products of dy with the planes of x, for several elements of the window at a time.

use std::ops::Range;

use super::columns::Column;
use crate::Float;
use crate::conv2d::planes::SLACK;
use crate::simd::{Kernel, Simd, Vector};

/// The room for the sums of a weight: the widest vectors have 16 lanes.
pub(super) const LANES: usize = 16;
/// The rows of dy that meet a row of x in registers.
const ROWS: usize = 4;

/// Adds the products of some rows of dy to a vector of sums for each weight of some channels.
pub(crate) struct DepthwiseProducts<'a, 'y, E> {
    /// The planes of the channels, and how many elements a channel has.
    pub(super) planes: &'a [E],
    pub(super) unit: usize,
    pub(super) pitch: usize,
    pub(super) columns: &'a [Column],
    /// The planes of dy, `outputs` for each channel.
    pub(super) dy: &'a [E],
    pub(super) outputs: usize,
    /// The size of a plane of dy.
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) rows: Range<usize>,
    /// `LANES` elements for each weight.
    pub(super) sums: &'y mut [E],
}

/// A plane of x, one of dy, and the sums of one window.
#[derive(Clone, Copy)]
struct Pair<E> {
    x: *const E,
    pitch: usize,
    dy: *const E,
    rows: usize,
    width: usize,
    sums: *mut E,
}

impl<E: Float> Kernel for DepthwiseProducts<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let plane = self.height * self.width;
        let n_planes = self.dy.len() / plane;
        let window = self.sums.len() / (LANES * n_planes);
        assert!(!self.rows.is_empty() && self.rows.end <= self.height);
        assert!(n_planes / self.outputs * self.unit + SLACK <= self.planes.len());
        for column in self.columns {
            column.check(self.pitch, [self.rows.len(), self.width], self.unit + SLACK, window);
        }
        let planes = self.dy.chunks_exact(plane).zip(self.sums.chunks_exact_mut(window * LANES));
        for (i, (dy, sums)) in planes.enumerate() {
            let pair = Pair {
                x: self.planes[i / self.outputs * self.unit..].as_ptr(),
                pitch: self.pitch,
                dy: dy[self.rows.start * self.width..].as_ptr(),
                rows: self.rows.len(),
                width: self.width,
                sums: sums.as_mut_ptr(),
            };
            let mut columns = self.columns;
            while let Some(first) = columns.first() {
                let equal = columns.iter().take_while(|column| column.taps == first.taps).count();
                let most = most_columns::<S>();
                let n = equal.div_ceil(equal.div_ceil(most));
                let (these, rest) = columns.split_at(n);
                // SAFETY: the columns stay inside of the planes and the sums, as asserted, and the
                // machine has the instructions.
                unsafe {
                    match first.taps {
                        1 => pair.columns::<S, 1>(these),
                        2 => pair.columns::<S, 2>(these),
                        3 => pair.columns::<S, 3>(these),
                        _ => pair.columns::<S, 4>(these),
                    }
                }
                columns = rest;
            }
        }
    }
}

/// The most columns whose sums the registers hold; the portable level, which is not for speed, has the
/// least to compile.
const fn most_columns<S: Simd>() -> usize {
    match (S::REGISTERS, S::FMA) {
        (32, _) => 4,
        (_, true) => 3,
        _ => 1,
    }
}

impl<E: Float> Pair<E> {
    /// Adds the products of up to four columns of `K` elements each.
    ///
    /// # Safety
    /// The rows can be read and the sums written, and the machine has the instructions of `S`.
    #[inline(always)]
    unsafe fn columns<S: Simd, const K: usize>(self, columns: &[Column]) {
        // SAFETY: by the caller's promise.
        unsafe {
            // Choices by constants: more columns than there may be are not even compiled.
            match *columns {
                [a] => self.add::<S, 1, K>([a]),
                [a, b] => {
                    if const { most_columns::<S>() >= 2 } {
                        self.add::<S, 2, K>([a, b]);
                    }
                }
                [a, b, c] => {
                    if const { most_columns::<S>() >= 3 } {
                        self.add::<S, 3, K>([a, b, c]);
                    }
                }
                [a, b, c, d] => {
                    if const { most_columns::<S>() >= 4 } {
                        self.add::<S, 4, K>([a, b, c, d]);
                    }
                }
                _ => unreachable!("one column to as many as there may be"),
            }
        }
    }

    /// # Safety
    /// As for `columns`.
    #[inline(always)]
    unsafe fn add<S: Simd, const C: usize, const K: usize>(self, columns: [Column; C]) {
        // SAFETY: by the caller's promise.
        unsafe {
            let mut sums = [[E::Vector::<S>::splat(E::ZERO); K]; C];
            for (sums, column) in sums.iter_mut().zip(&columns) {
                for (tap, sum) in sums.iter_mut().enumerate() {
                    *sum = E::Vector::<S>::load(self.sums.add(column.weight(tap) * LANES));
                }
            }
            let whole = self.rows / ROWS * ROWS;
            for row in (0..whole).step_by(ROWS) {
                self.rows::<S, ROWS, C, K>(row, &columns, &mut sums);
            }
            for row in whole..self.rows {
                self.rows::<S, 1, C, K>(row, &columns, &mut sums);
            }
            for (sums, column) in sums.iter().zip(&columns) {
                for (tap, sum) in sums.iter().enumerate() {
                    sum.store(self.sums.add(column.weight(tap) * LANES));
                }
            }
        }
    }

    /// Adds the products of `R` rows.
    ///
    /// # Safety
    /// As for `columns`.
    #[inline(always)]
    unsafe fn rows<S: Simd, const R: usize, const C: usize, const K: usize>(
        self,
        row: usize,
        columns: &[Column; C],
        sums: &mut [[E::Vector<S>; K]; C],
    ) {
        let lanes = <E::Vector<S> as Vector<E>>::LANES;
        let whole = self.width / lanes * lanes;
        // SAFETY: by the caller's promise.
        unsafe {
            for col in (0..whole).step_by(lanes) {
                self.block::<S, R, C, K>([row, col], lanes, columns, sums);
            }
            if whole < self.width {
                self.block::<S, R, C, K>([row, whole], self.width - whole, columns, sums);
            }
        }
    }

    /// Adds the products of `n` columns of pixels, at most a vector, of `R` rows.
    ///
    /// # Safety
    /// As for `columns`.
    #[inline(always)]
    unsafe fn block<S: Simd, const R: usize, const C: usize, const K: usize>(
        self,
        [row, col]: [usize; 2],
        n: usize,
        columns: &[Column; C],
        sums: &mut [[E::Vector<S>; K]; C],
    ) {
        let lanes = <E::Vector<S> as Vector<E>>::LANES;
        // SAFETY: by the caller's promise.
        unsafe {
            let mut dy = [E::Vector::<S>::splat(E::ZERO); R];
            for (i, dy) in dy.iter_mut().enumerate() {
                let from = self.dy.add((row + i) * self.width + col);
                *dy =
                    if n == lanes { E::Vector::<S>::load(from) } else { E::Vector::<S>::load_first(from, n) };
            }
            for (column, sums) in columns.iter().zip(sums) {
                let x = self.x.add(column.offset + row * self.pitch + col);
                for i in 0..R + K - 1 {
                    let from = x.add(i * self.pitch);
                    // What lies beside the row may be infinite, and times 0 not a number.
                    let x = if n == lanes {
                        E::Vector::<S>::load(from)
                    } else {
                        E::Vector::<S>::load_first(from, n)
                    };
                    for tap in 0..K {
                        if i >= tap && i - tap < R {
                            sums[tap] = dy[i - tap].mul_add(x, sums[tap]);
                        }
                    }
                }
            }
        }
    }
}

/// Adds up the lanes of the sums of each weight.
pub(crate) struct SumLanes<'a, 'y, E> {
    pub(super) sums: &'a [E],
    pub(super) to: &'y mut [E],
}

impl<E: Float> Kernel for SumLanes<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        for (to, sums) in self.to.iter_mut().zip(self.sums.chunks_exact(LANES)) {
            // SAFETY: no vector has more than `LANES` lanes; the machine has the instructions.
            *to = unsafe { E::Vector::<S>::load(sums.as_ptr()).sum() };
        }
    }
}
