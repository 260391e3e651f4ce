//! The gradient of weights as the sum of an outer product for each pixel: the channels of dy there
//! times the window of x.
//!
//! Strips of x are laid out pixel by pixel, with the channels of a pixel beside each other and zeros
//! as padding. What a window sees of a row of pixels is then a run of neighbors, the window of each
//! pixel starts at a place of its own, and the sum is a product of matrices whose right operand
//! needs no copy for each element of the window.

use std::ops::Range;

use super::{Conv2d, Cut};
use crate::gemm::MatRef;
use crate::gemm::pack::pack_panel;
use crate::gemm::shape::Shape;
use crate::gemm::target::Target;
use crate::gemm::tile::{Columns, Left, Tiles};
use crate::reduce::{Axis, sum};
use crate::threads::{Disjoint, parallel_chunks_mut, parallel_for};
use crate::{Float, scratch};

/// About how many pixels are added up before the sums are written.
const SUM: usize = 512;
/// The elements of x that are laid out at the same time, at most: part of a second-level cache.
const PIXELS: usize = 192 * 1024;
/// The share of their vectors that runs have to fill; else the other way is faster.
const FILLED: [usize; 2] = [3, 5];

/// The whole of the work.
pub(super) struct OuterProducts {
    sizes: Conv2d,
    cut: Cut,
    windows: Windows,
    shape: Shape,
    /// The strips that are laid out together.
    together: usize,
}

impl OuterProducts {
    /// `None` where windows have too few neighbors for the vectors of the machine.
    pub(super) fn new<E: Float>(sizes: &Conv2d) -> Option<OuterProducts> {
        let shape = Shape::of::<E>();
        let windows = Windows::new(sizes, shape.lanes());
        if windows.run * FILLED[1] < windows.run_columns() * FILLED[0] {
            return None;
        }
        let out_width = sizes.out_width();
        let channels = sizes.out_channels / sizes.groups;
        let per_row = windows.channels * windows.width * sizes.stride[0] + channels * out_width;
        let cut = Cut::new(sizes, per_row, sizes.out_channels * windows.columns());
        let most = (PIXELS / windows.strip_len(cut.rows)).max(1);
        let together = SUM.div_ceil(cut.rows * out_width).min(cut.per_run).min(most);
        Some(OuterProducts { sizes: *sizes, cut, windows, shape, together })
    }

    pub(super) fn run<E: Float>(&self, x: &[E], dy: &[E], dw: &mut [E]) {
        let columns = self.windows.columns();
        let len = self.sizes.out_channels * columns;
        scratch::with((self.cut.n_runs + 1) * len, |sums: &mut [E]| {
            let (partial, whole) = sums.split_at_mut(self.cut.n_runs * len);
            let parts = Disjoint::new(&mut *partial);
            scratch::with(self.windows.n_vectors(), |starts: &mut [usize]| {
                starts.iter_mut().enumerate().for_each(|(v, start)| *start = self.windows.start(v));
                let starts = &*starts;
                parallel_for(self.cut.n_tasks(), |task| {
                    let (run, group, channels) = self.cut.task(task);
                    let first = group * self.cut.channels + channels.start;
                    // SAFETY: each task has its own channels of its own run.
                    let sums = unsafe { parts.slice(run * len + first * columns, channels.len() * columns) };
                    self.add_up(self.cut.run(run), group, channels, starts, x, dy, sums);
                });
            });
            let sums = if self.cut.n_runs == 1 {
                &*partial
            } else {
                sum(partial, Axis { outer: 1, len: self.cut.n_runs, inner: len }, whole);
                &*whole
            };
            let weights = dw.len() / self.sizes.out_channels;
            parallel_chunks_mut(dw, weights, |o, dw| {
                self.windows.sort(&sums[o * columns..][..columns], dw);
            });
        });
    }

    /// Adds up some strips for some channels of a group.
    fn add_up<E: Float>(
        &self,
        units: Range<usize>,
        group: usize,
        channels: Range<usize>,
        starts: &[usize],
        x: &[E],
        dy: &[E],
        sums: &mut [E],
    ) {
        let Conv2d { in_channels, height, width, groups, .. } = self.sizes;
        let (c, o) = (in_channels / groups, self.cut.channels);
        let (out_height, out_width) = (self.cut.height, self.sizes.out_width());
        let image = c * height * width;
        let strip_len = self.windows.strip_len(self.cut.rows);
        let most = self.together * self.cut.rows * out_width;
        let panel_height = self.shape.panel_rows(channels.len());
        let columns = self.windows.columns();
        let left_len = channels.len() * most;
        let right_len = self.together * strip_len + self.shape.cols;
        scratch::with(most, |offsets: &mut [usize]| {
            scratch::with(left_len + right_len + c * height * width, |buffer: &mut [E]| {
                let (left, buffer) = buffer.split_at_mut(left_len);
                let (pixels, sorted) = buffer.split_at_mut(right_len);
                let mut first = units.start;
                while first < units.end {
                    let together = first..units.end.min(first + self.together);
                    let depth: usize =
                        together.clone().map(|unit| self.cut.strip(unit).1.len() * out_width).sum();
                    // What is read behind the last strip is not used, but would be slow if it were tiny.
                    pixels[together.len() * strip_len..][..self.shape.cols].fill(E::ZERO);
                    let mut done = 0;
                    for (unit, pixels) in together.clone().zip(pixels.chunks_exact_mut(strip_len)) {
                        let (n, rows) = self.cut.strip(unit);
                        let n = n * groups + group;
                        self.windows.lay_out(
                            &self.sizes,
                            &x[n * image..][..image],
                            rows.start,
                            sorted,
                            pixels,
                        );
                        let here = rows.len() * out_width;
                        let place = (n * o + channels.start) * out_height * out_width;
                        let rows_of_dy = MatRef::new(
                            dy,
                            place + rows.start * out_width,
                            [channels.len(), here],
                            [(out_height * out_width) as isize, 1],
                        );
                        for row in (0..channels.len()).step_by(panel_height) {
                            let panel = row..channels.len().min(row + panel_height);
                            let to = &mut left[row * depth..][..panel.len() * depth];
                            let to = &mut to[done * panel.len()..][..here * panel.len()];
                            pack_panel(rows_of_dy.block(panel, 0..here), to);
                        }
                        let base = (unit - first) * strip_len;
                        for (pixel, offset) in offsets[done..done + here].iter_mut().enumerate() {
                            *offset = base + self.windows.place(pixel / out_width, pixel % out_width);
                        }
                        done += here;
                    }
                    // SAFETY: the sums are borrowed by this function, which computes one tile at a time.
                    let mut target =
                        unsafe { Target::new(sums.as_mut_ptr(), columns, channels.len(), columns) };
                    target.beta = if first == units.start { E::ZERO } else { E::ONE };
                    E::tiles(Tiles {
                        height: panel_height,
                        rows: 0..channels.len(),
                        cols: 0..columns,
                        left: Left::Panels(&left[..channels.len() * depth]),
                        right: pixels,
                        columns: Columns::Vectors(starts),
                        offsets: &offsets[..depth],
                        target,
                    });
                    first = together.end;
                }
            });
        });
    }
}

/// Where the elements of the windows lie in strips that are laid out pixel by pixel, and in the sums.
///
/// Elements that are neighbors are a run, and each run has whole vectors of the sums.
struct Windows {
    channels: usize,
    kernel: [usize; 2],
    dilation: [usize; 2],
    stride: [usize; 2],
    /// The pixels of a row of a strip.
    width: usize,
    /// The elements of a run.
    run: usize,
    lanes: usize,
}

impl Windows {
    fn new(sizes: &Conv2d, lanes: usize) -> Windows {
        let Conv2d { kernel, dilation, stride, .. } = *sizes;
        let channels = sizes.in_channels / sizes.groups;
        Windows {
            channels,
            kernel,
            dilation,
            stride,
            width: (sizes.out_width() - 1) * stride[1] + (kernel[1] - 1) * dilation[1] + 1,
            run: if dilation[1] == 1 { kernel[1] * channels } else { channels },
            lanes,
        }
    }

    /// The runs in a row of the window.
    fn runs(&self) -> usize {
        if self.dilation[1] == 1 { 1 } else { self.kernel[1] }
    }

    /// The sums that a run has.
    fn run_columns(&self) -> usize {
        self.run.next_multiple_of(self.lanes)
    }

    /// The sums that a window has.
    fn columns(&self) -> usize {
        self.kernel[0] * self.runs() * self.run_columns()
    }

    /// The vectors of sums that a window has.
    fn n_vectors(&self) -> usize {
        self.columns() / self.lanes
    }

    /// Where vector `v` lies, from the first element of the window on.
    fn start(&self, v: usize) -> usize {
        let (run, rest) = (v * self.lanes / self.run_columns(), v * self.lanes % self.run_columns());
        let (p, q) = (run / self.runs(), run % self.runs());
        (p * self.dilation[0] * self.width + q * self.dilation[1]) * self.channels + rest
    }

    /// Where the window of output pixel (i, j) of a strip starts.
    fn place(&self, i: usize, j: usize) -> usize {
        (i * self.stride[0] * self.width + j * self.stride[1]) * self.channels
    }

    /// The rows of pixels that `rows` rows of the output see.
    fn height(&self, rows: usize) -> usize {
        (rows - 1) * self.stride[0] + (self.kernel[0] - 1) * self.dilation[0] + 1
    }

    /// The elements of a strip with `rows` rows of the output.
    fn strip_len(&self, rows: usize) -> usize {
        self.height(rows) * self.width * self.channels
    }

    /// Lays out what the output's rows from `first_row` on see of the channels of `image`; `sorted`
    /// has room for all of it.
    fn lay_out<E: Float>(
        &self,
        sizes: &Conv2d,
        image: &[E],
        first_row: usize,
        sorted: &mut [E],
        to: &mut [E],
    ) {
        let Conv2d { height, width, padding, .. } = *sizes;
        let row_len = self.width * self.channels;
        let top = first_row * self.stride[0];
        // The rows of the padded image that this strip has, and the image as well.
        let rows = top.max(padding[0])..(top + to.len() / row_len).min(height + padding[0]);
        let n_cols = width.min(self.width.saturating_sub(padding[1]));
        if rows.is_empty() || n_cols == 0 {
            to.fill(E::ZERO);
            return;
        }
        let pixels = MatRef::new(
            image,
            (rows.start - padding[0]) * width,
            [self.channels, rows.len() * width],
            [(height * width) as isize, 1],
        );
        let n_pixels = rows.len() * width * self.channels;
        if n_cols == width && n_pixels == to.len() {
            pack_panel(pixels, to);
            return;
        }
        let sorted = &mut sorted[..n_pixels];
        pack_panel(pixels, sorted);
        to.fill(E::ZERO);
        let to = to[(rows.start - top) * row_len..].chunks_exact_mut(row_len);
        for (to, from) in to.zip(sorted.chunks_exact(width * self.channels)) {
            let n = n_cols * self.channels;
            to[padding[1] * self.channels..][..n].copy_from_slice(&from[..n]);
        }
    }

    /// Brings the sums of one output channel into the order of the weights, `(C/G, kernel₀, kernel₁)`.
    fn sort<E: Float>(&self, sums: &[E], dw: &mut [E]) {
        let taps = self.kernel[0] * self.kernel[1];
        if self.runs() == 1 && self.run < self.run_columns() {
            for (place, dw) in dw.iter_mut().enumerate() {
                let (channel, p, q) = (place / taps, place % taps / self.kernel[1], place % self.kernel[1]);
                *dw = sums[p * self.run_columns() + q * self.channels + channel];
            }
        } else {
            let step = self.columns() / taps;
            pack_panel(MatRef::new(sums, 0, [taps, self.channels], [step as isize, 1]), dw);
        }
    }
}
