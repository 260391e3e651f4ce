//! Sums over the window, for several rows of the result at a time.

use std::ops::Range;

use super::columns::Column;
use crate::Float;
use crate::conv2d::planes::SLACK;
use crate::scratch::Plain;
use crate::simd::{Kernel, Simd, Vector};
use crate::threads::Disjoint;

/// The most rows that are summed up together, and of two parts at the same time.
const ROWS: usize = 8;
const ROWS_OF_TWO: usize = 4;
/// The widest vectors have 16 lanes.
const LANES: usize = 16;

/// Pixels of a plane of the result that see the same elements of the window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    /// Where its columns start and end.
    pub(super) columns: [usize; 2],
    /// The place of the first pixel in the plane.
    pub(super) start: usize,
    /// Its rows and columns of pixels.
    pub(super) size: [usize; 2],
}

// SAFETY: any bits are five numbers.
unsafe impl Plain for Part {}

/// Sums over the window for some rows of the results of some units.
pub(crate) struct DepthwiseSums<'a, 'y, E> {
    /// What the units see, one after the other, and how many elements one has.
    pub(super) planes: &'a [E],
    pub(super) unit: usize,
    pub(super) pitch: usize,
    pub(super) parts: &'a [Part],
    pub(super) columns: &'a [Column],
    /// Of all groups.
    pub(super) weights: &'a [E],
    pub(super) bias: Option<&'a [E]>,
    /// What a result is at least.
    pub(super) least: E,
    pub(super) units: Range<usize>,
    pub(super) groups: usize,
    /// The planes of the result that a unit has.
    pub(super) outputs: usize,
    /// The rows of each part.
    pub(super) rows: Range<usize>,
    pub(super) to: &'a Disjoint<'y, E>,
    /// The elements of a plane of the result.
    pub(super) plane: usize,
    /// From one row and column of a part to the next. Where every second column is a part's, its
    /// neighbor in `parts` has the others.
    pub(super) steps: [usize; 2],
}

/// The rows of a part, in one plane of the result, or of two that take turns in every row.
#[derive(Clone, Copy)]
struct Sheet<'a, E> {
    columns: &'a [Column],
    others: Option<&'a [Column]>,
    weights: &'a [E],
    bias: E,
    least: E,
    planes: *const E,
    pitch: usize,
    to: *mut E,
    steps: [usize; 2],
    /// The rows, and the columns of the part, which has at least as many as the other.
    size: [usize; 2],
    /// The columns of both.
    whole: usize,
}

impl<E: Float> Kernel for DepthwiseSums<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let lanes = <E::Vector<S> as Vector<E>>::LANES;
        let window = self.weights.len() / (self.groups * self.outputs);
        assert!(self.units.len() * self.unit + SLACK <= self.planes.len());
        assert!(self.units.end * self.outputs * self.plane <= self.to.len());
        let together = if self.steps[1] == 2 { 2 } else { 1 };
        for parts in self.parts.chunks_exact(together) {
            let part = &parts[0];
            let [height, width] = part.size;
            let rows = self.rows.start..self.rows.end.min(height);
            if rows.is_empty() || width == 0 {
                continue;
            }
            let whole: usize = parts.iter().map(|part| part.size[1]).sum();
            assert!(parts.len() == 1 || width == whole.div_ceil(2), "every second column");
            let last_row = part.start + (rows.end - 1) * self.steps[0];
            let last = last_row + if parts.len() == 2 { whole - 1 } else { (width - 1) * self.steps[1] };
            assert!(last < self.plane, "the last pixel of a part");
            let columns = |part: &Part| &self.columns[part.columns[0]..part.columns[1]];
            for column in parts.iter().flat_map(columns) {
                column.check(self.pitch, [rows.len(), width.max(lanes)], self.unit + SLACK, window);
            }
            for (i, unit) in self.units.clone().enumerate() {
                for output in 0..self.outputs {
                    let channel = unit % self.groups * self.outputs + output;
                    let plane = (unit * self.outputs + output) * self.plane;
                    let first = plane + part.start + rows.start * self.steps[0];
                    let sheet = Sheet {
                        columns: columns(part),
                        others: parts.get(1).map(columns),
                        weights: &self.weights[channel * window..][..window],
                        bias: self.bias.map_or(E::ZERO, |bias| bias[channel]),
                        least: self.least,
                        planes: self.planes[i * self.unit..].as_ptr(),
                        pitch: self.pitch,
                        // SAFETY: all pixels of the part are inside of the result, as asserted.
                        to: unsafe { self.to.as_ptr().add(first) },
                        steps: self.steps,
                        size: [rows.len(), width],
                        whole,
                    };
                    // SAFETY: what is read and written is inside of the slices, as asserted; the task
                    // has these rows of these planes for itself, and the machine has the instructions.
                    unsafe { sheet.sum::<S>() };
                }
            }
        }
    }
}

impl<E: Float> Sheet<'_, E> {
    /// # Safety
    /// The places can be read and written, and the machine has the instructions of `S`.
    #[inline(always)]
    unsafe fn sum<S: Simd>(self) {
        let height = self.size[0];
        // SAFETY: by the caller's promise.
        unsafe {
            if let Some(others) = self.others {
                return match height {
                    0..ROWS_OF_TWO => self.rows_of_two::<S, 1>(others),
                    _ => self.rows_of_two::<S, ROWS_OF_TWO>(others),
                };
            }
            match height.div_ceil(height.div_ceil(ROWS)) {
                // Each choice takes long to compile: so many that few rows are computed twice.
                0..=1 => self.rows::<S, 1>(),
                2..=3 => self.rows::<S, 2>(),
                4..=6 => self.rows::<S, 4>(),
                7 => self.rows::<S, 7>(),
                _ => self.rows::<S, ROWS>(),
            }
        }
    }

    /// # Safety
    /// As for `sum`; there are at least `R` rows.
    #[inline(always)]
    unsafe fn rows<S: Simd, const R: usize>(self) {
        let lanes = <E::Vector<S> as Vector<E>>::LANES;
        let [height, width] = self.size;
        for block in 0..height.div_ceil(R) {
            // The last rows and columns overlap those before them.
            let row = (block * R).min(height - R);
            for col in (0..width).step_by(lanes) {
                let col = col.min(width.saturating_sub(lanes));
                // SAFETY: by the caller's promise.
                unsafe {
                    let planes = self.planes.add(row * self.pitch + col);
                    let sums = self.block::<S, R>(self.columns, planes);
                    let to = self.to.add(row * self.steps[0] + col * self.steps[1]);
                    let n = width.min(lanes);
                    for (i, sum) in sums.into_iter().enumerate() {
                        let to = to.add(i * self.steps[0]);
                        if self.steps[1] > 1 {
                            let mut values = [E::ZERO; LANES];
                            sum.store(values.as_mut_ptr());
                            for (j, &value) in values[..n].iter().enumerate() {
                                *to.add(j * self.steps[1]) = value;
                            }
                        } else if n == lanes {
                            sum.store(to);
                        } else {
                            sum.store_first(to, n);
                        }
                    }
                }
            }
        }
    }

    /// As `rows`, of the part and the other in turn.
    ///
    /// # Safety
    /// As for `rows`.
    #[inline(always)]
    unsafe fn rows_of_two<S: Simd, const R: usize>(self, others: &[Column]) {
        let lanes = <E::Vector<S> as Vector<E>>::LANES;
        let [height, width] = self.size;
        for block in 0..height.div_ceil(R) {
            let row = (block * R).min(height - R);
            for col in (0..width).step_by(lanes) {
                let col = col.min(width.saturating_sub(lanes));
                let n = (self.whole - 2 * col).min(2 * lanes);
                // SAFETY: by the caller's promise.
                unsafe {
                    let planes = self.planes.add(row * self.pitch + col);
                    let even = self.block::<S, R>(self.columns, planes);
                    let odd = self.block::<S, R>(others, planes);
                    let to = self.to.add(row * self.steps[0] + 2 * col);
                    for (i, (even, odd)) in even.into_iter().zip(odd).enumerate() {
                        let (low, high) = even.interleave(odd);
                        let to = to.add(i * self.steps[0]);
                        low.store_first(to, n.min(lanes));
                        high.store_first(to.wrapping_add(lanes), n.saturating_sub(lanes));
                    }
                }
            }
        }
    }

    /// The results of a vector of columns in `R` rows, of which the first reads from `planes` on.
    ///
    /// # Safety
    /// As for `rows`.
    #[inline(always)]
    unsafe fn block<S: Simd, const R: usize>(
        &self,
        columns: &[Column],
        planes: *const E,
    ) -> [E::Vector<S>; R] {
        // SAFETY: by the caller's promise.
        unsafe {
            let mut sums = [E::Vector::<S>::splat(self.bias); R];
            for column in columns {
                match column.taps {
                    1 => self.add::<S, R, 1>(column, planes, &mut sums),
                    2 => self.add::<S, R, 2>(column, planes, &mut sums),
                    3 => self.add::<S, R, 3>(column, planes, &mut sums),
                    _ => self.add::<S, R, 4>(column, planes, &mut sums),
                }
            }
            for sum in &mut sums {
                // In this order NaN stays NaN.
                *sum = E::Vector::<S>::splat(self.least).max(*sum);
            }
            sums
        }
    }

    /// Adds the `K` elements of a column to the sums of `R` rows.
    ///
    /// # Safety
    /// As for `rows`.
    #[inline(always)]
    unsafe fn add<S: Simd, const R: usize, const K: usize>(
        &self,
        column: &Column,
        planes: *const E,
        sums: &mut [E::Vector<S>; R],
    ) {
        // SAFETY: by the caller's promise.
        unsafe {
            let planes = planes.add(column.offset);
            let mut weights = [E::Vector::<S>::splat(E::ZERO); K];
            for (tap, weight) in weights.iter_mut().enumerate() {
                *weight = E::Vector::<S>::splat(*self.weights.get_unchecked(column.weight(tap)));
            }
            for row in 0..R + K - 1 {
                let x = E::Vector::<S>::load(planes.add(row * self.pitch));
                for tap in 0..K {
                    if row >= tap && row - tap < R {
                        sums[row - tap] = weights[tap].mul_add(x, sums[row - tap]);
                    }
                }
            }
        }
    }
}
