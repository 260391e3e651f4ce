//! The gradient of weights as scalar products: of each channel of dy with the planes of x (see the
//! module `planes`), shifted by the place in the window, with zeros in dy where a row of the planes is
//! longer.

use std::ops::Range;

use super::{Conv2d, Cut};
use crate::conv2d::planes::{Planes, SLACK};
use crate::reduce::{Axis, sum};
use crate::simd::{Kernel, Simd, Vector, copy_row};
use crate::threads::{Disjoint, parallel_for};
use crate::{Float, scratch};

/// The length of the sums that are added across the lanes of a vector at the end.
const SUM: usize = 1024;

/// The whole of the work.
pub(super) struct ScalarProducts {
    sizes: Conv2d,
    cut: Cut,
    planes: Planes,
    /// The strips that are laid out together.
    together: usize,
}

impl ScalarProducts {
    pub(super) fn new(sizes: &Conv2d) -> ScalarProducts {
        let one_row = Planes::of_input(sizes, 1);
        let per_row = one_row.len() + sizes.out_channels / sizes.groups * one_row.pitch();
        let cut = Cut::new(sizes, per_row, sizes.weight_len());
        let together = SUM.div_ceil(cut.rows * one_row.pitch()).min(cut.per_run);
        ScalarProducts { sizes: *sizes, cut, planes: Planes::of_input(sizes, cut.rows), together }
    }

    pub(super) fn run<E: Float>(&self, x: &[E], dy: &[E], dw: &mut [E]) {
        let sizes = &self.sizes;
        let (weights, window) = (dw.len(), sizes.window_len());
        scratch::with(self.cut.n_runs * weights, |partial: &mut [E]| {
            let parts = Disjoint::new(partial);
            scratch::with(window, |offsets: &mut [usize]| {
                self.planes.list_offsets(offsets);
                let offsets = &*offsets;
                parallel_for(self.cut.n_tasks(), |task| {
                    let (run, group, channels) = self.cut.task(task);
                    let place = run * weights + (group * self.cut.channels + channels.start) * window;
                    // SAFETY: each task has its own channels of its own run.
                    let dw = unsafe { parts.slice(place, channels.len() * window) };
                    self.add_up(self.cut.run(run), group, channels, offsets, x, dy, dw);
                });
            });
            sum(partial, Axis { outer: 1, len: self.cut.n_runs, inner: weights }, dw);
        });
    }

    /// The elements of a channel of dy laid out like the planes.
    fn row_len(&self) -> usize {
        // The widest vectors have 16 lanes; what is added is 0.
        (self.cut.rows * self.planes.pitch()).next_multiple_of(16)
    }

    /// Adds up some strips for some channels of a group.
    fn add_up<E: Float>(
        &self,
        units: Range<usize>,
        group: usize,
        channels: Range<usize>,
        offsets: &[usize],
        x: &[E],
        dy: &[E],
        dw: &mut [E],
    ) {
        let sizes = &self.sizes;
        let (c, o) = (sizes.in_channels / sizes.groups, self.cut.channels);
        let out_width = sizes.out_width();
        let image = c * sizes.height * sizes.width;
        let row_len = self.row_len();
        let unit_len = self.planes.len() + channels.len() * row_len;
        dw.fill(E::ZERO);
        scratch::with(self.together * unit_len, |buffer: &mut [E]| {
            for first in units.clone().step_by(self.together) {
                let together = self.together.min(units.end - first);
                for (unit, buffer) in (first..).zip(buffer.chunks_exact_mut(unit_len).take(together)) {
                    let (n, rows) = self.cut.strip(unit);
                    let (plane_buffer, dy_rows) = buffer.split_at_mut(self.planes.len());
                    let image_and_group = n * sizes.groups + group;
                    self.planes.fill(&x[image_and_group * image..][..image], rows.start, plane_buffer);
                    for (dy_row, channel) in dy_rows.chunks_exact_mut(row_len).zip(channels.clone()) {
                        let plane = (image_and_group * o + channel) * self.cut.height;
                        let dy = &dy[(plane + rows.start) * out_width..][..rows.len() * out_width];
                        let pitch = self.planes.pitch();
                        E::spread(Spread { rows: dy, width: out_width, pitch, to: dy_row });
                    }
                }
                E::products(Products {
                    buffer: &buffer[..together * unit_len],
                    unit_len,
                    dy_start: self.planes.len(),
                    row_len,
                    offsets,
                    dw: &mut *dw,
                });
            }
        });
    }
}

/// Writes rows of `width` elements `pitch` apart, and zeros between and behind them.
pub(crate) struct Spread<'a, 'y, E> {
    rows: &'a [E],
    width: usize,
    pitch: usize,
    to: &'y mut [E],
}

impl<E: Float> Kernel for Spread<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Spread { rows, width, pitch, to } = self;
        to.fill(E::ZERO);
        for (row, to) in rows.chunks_exact(width).zip(to.chunks_exact_mut(pitch)) {
            // SAFETY: kernels run where the machine has the instructions.
            unsafe { copy_row::<E, S>(row, &mut to[..width]) };
        }
    }
}

/// Adds to `dw[i, k]` the scalar products of row `i` of dy with the planes from `offsets[k]` on,
/// over all units of the buffer.
pub(crate) struct Products<'a, 'y, E> {
    /// Units of planes and rows of dy.
    buffer: &'a [E],
    unit_len: usize,
    dy_start: usize,
    row_len: usize,
    offsets: &'a [usize],
    dw: &'y mut [E],
}

impl<E: Float> Kernel for Products<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self) {
        let terms = self.offsets.len();
        let rows = self.dw.len() / terms;
        let furthest = self.offsets.iter().copied().max().unwrap_or(0);
        assert!(furthest + self.row_len <= self.dy_start + SLACK);
        assert!(self.dy_start + rows * self.row_len <= self.unit_len);
        assert!(self.buffer.len().is_multiple_of(self.unit_len));
        // As many sums as the registers hold beside a vector of dy and one of each plane.
        let height = rows.div_ceil(rows.div_ceil(if S::REGISTERS == 32 { 6 } else { 4 }));
        let mut row = 0;
        while row < rows {
            let n = height.min(rows - row);
            // SAFETY: by the assertions above.
            unsafe {
                match n {
                    // A choice by constants: what the registers of `S` do not hold is not compiled.
                    4..=6 => {
                        if const { S::REGISTERS == 32 } {
                            match n {
                                6 => self.products::<S, 6, 4>(row),
                                5 => self.products::<S, 5, 4>(row),
                                _ => self.products::<S, 4, 4>(row),
                            }
                        } else {
                            self.products::<S, 4, 3>(row);
                        }
                    }
                    3 => self.products::<S, 3, 3>(row),
                    2 => self.products::<S, 2, 4>(row),
                    _ => self.products::<S, 1, 4>(row),
                }
            }
            row += n;
        }
    }
}

impl<E: Float> Products<'_, '_, E> {
    /// The products of `ROWS` rows of dy with all terms, `COLS` at a time.
    ///
    /// # Safety
    /// Rows and terms are inside of each unit; the machine has the instructions of `S`.
    #[inline(always)]
    unsafe fn products<S: Simd, const ROWS: usize, const COLS: usize>(&mut self, row: usize) {
        let lanes = <E::Vector<S> as Vector<E>>::LANES;
        let terms = self.offsets.len();
        for first in (0..terms).step_by(COLS) {
            // Where the terms end, the last is computed again and not used.
            let mut offsets = [0; COLS];
            for (k, offset) in offsets.iter_mut().enumerate() {
                *offset = self.offsets[(first + k).min(terms - 1)];
            }
            // SAFETY: by the caller's promise.
            unsafe {
                let zero = E::Vector::<S>::splat(E::ZERO);
                let mut sums = [[zero; COLS]; ROWS];
                for unit in self.buffer.chunks_exact(self.unit_len) {
                    let planes = unit.as_ptr();
                    let dy = unit[self.dy_start + row * self.row_len..].as_ptr();
                    for at in (0..self.row_len).step_by(lanes) {
                        let mut x = [zero; COLS];
                        for (x, offset) in x.iter_mut().zip(offsets) {
                            *x = E::Vector::<S>::load(planes.add(offset + at));
                        }
                        for (i, sums) in sums.iter_mut().enumerate() {
                            let dy = E::Vector::<S>::load(dy.add(i * self.row_len + at));
                            for (sum, x) in sums.iter_mut().zip(x) {
                                *sum = dy.mul_add(x, *sum);
                            }
                        }
                    }
                }
                for (i, sums) in sums.iter().enumerate() {
                    let dw = &mut self.dw[(row + i) * terms..][..terms];
                    for (dw, sum) in dw[first..].iter_mut().zip(sums) {
                        *dw += sum.sum();
                    }
                }
            }
        }
    }
}
