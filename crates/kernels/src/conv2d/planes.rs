//! Images laid out so that a convolution reads every element of its window at a fixed distance.
//!
//! Padding becomes zeros, and a stride s becomes s × s images of every s-th pixel, of which only
//! those that the window touches are stored. On these *planes* any convolution has stride 1: the
//! window's element (p, q) of output pixel (i, j) lies `offset(c, p, q) + i·pitch + j` from the
//! start. Seen as one long row, output pixels are neighbors, and the few places between the end of
//! one row of the output and the start of the next are computed in vain.

use std::ops::Range;

use super::Conv2d;
use crate::scratch::Plain;
use crate::simd::{CACHE_LINE, Kernel, Simd, copy_rows};
use crate::{Float, scratch};

/// What may be read behind the last plane: the zeros that its last row shares, and what does not count.
pub(super) const SLACK: usize = 64 + MOST_SHARED;
/// The most zeros between the pixels of two rows that serve both.
const MOST_SHARED: usize = 16;

/// The planes of the channels of one image and group, for some rows of the output.
#[derive(Clone, Copy, Debug)]
pub(super) struct Planes {
    channels: usize,
    axes: [Axis; 2],
    /// From row to row of a plane.
    pitch: usize,
    /// The elements of a plane.
    plane: usize,
}

/// One axis of the planes.
#[derive(Clone, Copy, Debug)]
struct Axis {
    /// The pixels of the image.
    size: usize,
    /// The window: its elements, how far apart they are, and how far it moves.
    kernel: usize,
    dilation: usize,
    stride: usize,
    /// How many zeros precede the first pixel; where negative, how many pixels are skipped.
    padding: isize,
    /// The elements of a plane along this axis.
    len: usize,
}

impl Axis {
    /// How many planes the pixels are dealt out to.
    fn n_phases(&self) -> usize {
        (self.stride / gcd(self.stride, self.dilation)).min(self.kernel)
    }

    /// The first padded pixel of plane `phase`.
    fn first(&self, phase: usize) -> isize {
        (phase * self.dilation % self.stride) as isize - self.padding
    }

    /// In which plane the window's element `tap` is, and how far behind the output's pixel.
    fn phase_and_shift(&self, tap: usize) -> (usize, usize) {
        (tap % self.n_phases(), tap * self.dilation / self.stride)
    }

    /// Which elements of plane `phase` are pixels of the image, and the first of those pixels,
    /// for a plane that starts `skip` strides after the first.
    fn pixels(&self, phase: usize, skip: usize) -> (Range<usize>, usize) {
        let first = self.first(phase) + (skip * self.stride) as isize;
        let stride = self.stride as isize;
        let start = (-first + stride - 1).div_euclid(stride).clamp(0, self.len as isize);
        let end = (self.size as isize - first + stride - 1).div_euclid(stride);
        let end = end.clamp(start, self.len as isize);
        (start as usize..end as usize, (first + start * stride).max(0) as usize)
    }

    /// How far it must be from row to row, each with windows at `windows` places: the zeros behind the
    /// pixels of one row may be those before the pixels of the next.
    fn pitch(&self, windows: usize) -> usize {
        let pixels = |phase| self.pixels(phase, 0).0;
        let zeros = (0..self.n_phases()).map(|phase| pixels(phase).start).min().unwrap_or(0);
        let end = (0..self.n_phases()).map(|phase| pixels(phase).end).max().unwrap_or(0);
        windows.max(end).max(self.len - zeros.min(MOST_SHARED).min(self.len))
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Planes {
    /// The planes of x that `rows` rows of the output read.
    pub(super) fn of_input(sizes: &Conv2d, rows: usize) -> Planes {
        let out = [rows, sizes.out_width()];
        let size = [sizes.height, sizes.width];
        let axes = [0, 1].map(|axis| Axis {
            size: size[axis],
            kernel: sizes.kernel[axis],
            dilation: sizes.dilation[axis],
            stride: sizes.stride[axis],
            padding: sizes.padding[axis] as isize,
            len: out[axis] + (sizes.kernel[axis] - 1) * sizes.dilation[axis] / sizes.stride[axis],
        });
        Planes::new(sizes.in_channels / sizes.groups, axes, axes[1].pitch(out[1]))
    }

    /// The planes of dy that `rows` rows of each phase of dx read: `before` are the zeros above
    /// and to the left, `cols` is the width of a phase.
    pub(super) fn of_output(
        sizes: &Conv2d,
        rows: usize,
        cols: usize,
        reach: [usize; 2],
        before: [isize; 2],
    ) -> Planes {
        let size = [sizes.out_height(), sizes.out_width()];
        let out = [rows, cols];
        let axes = [0, 1].map(|axis| Axis {
            size: size[axis],
            kernel: 1,
            dilation: 1,
            stride: 1,
            padding: before[axis],
            len: out[axis] + reach[axis],
        });
        Planes::new(sizes.out_channels / sizes.groups, axes, axes[1].pitch(out[1]))
    }

    fn new(channels: usize, axes: [Axis; 2], pitch: usize) -> Planes {
        Planes { channels, axes, pitch, plane: axes[0].len * pitch }
    }

    /// The same for `n` images and groups one after the other.
    pub(super) fn of_units(mut self, n: usize) -> Planes {
        self.channels *= n;
        self
    }

    /// The elements of all planes.
    pub(super) fn unit(&self) -> usize {
        self.channels * self.axes[0].n_phases() * self.axes[1].n_phases() * self.plane
    }

    /// From one row of the output to the next.
    pub(super) fn pitch(&self) -> usize {
        self.pitch
    }

    /// The elements of all planes, with what may be read behind them.
    pub(super) fn len(&self) -> usize {
        self.unit() + SLACK
    }

    /// How far the window's element (p, q) of the first channel is from the output's pixel.
    pub(super) fn offset(&self, p: usize, q: usize) -> usize {
        let (row_phase, down) = self.axes[0].phase_and_shift(p);
        let (col_phase, right) = self.axes[1].phase_and_shift(q);
        let plane = row_phase * self.axes[1].n_phases() + col_phase;
        plane * self.plane + down * self.pitch() + right
    }

    /// How far all elements of the window are from the output's pixel, as weights follow each other.
    pub(super) fn list_offsets(&self, offsets: &mut [usize]) {
        let [n_rows, n_cols] = [0, 1].map(|axis| self.axes[axis].kernel);
        let channel = self.axes[0].n_phases() * self.axes[1].n_phases() * self.plane;
        for tap in 0..n_rows * n_cols {
            let first = self.offset(tap / n_cols, tap % n_cols);
            for (c, offset) in offsets.iter_mut().skip(tap).step_by(n_rows * n_cols).enumerate() {
                *offset = first + c * channel;
            }
        }
    }

    /// How many rows of padded pixels below that of an output's row those are which the image has; others are
    /// zeros.
    pub(super) fn rows_of_image(&self, row: usize) -> Range<usize> {
        let Axis { size, stride, padding, .. } = self.axes[0];
        let first = padding - (row * stride) as isize;
        let end = first + size as isize;
        first.max(0) as usize..end.max(0) as usize
    }

    /// How far the pixel `down` rows below and `right` columns beside the output's is, in planes
    /// of stride 1.
    #[inline(always)]
    pub(super) fn shifted(&self, channel: usize, down: usize, right: usize) -> usize {
        channel * self.plane + down * self.pitch() + right
    }

    /// Lays out the channels of `image` for the output's rows from `first_row` on.
    pub(super) fn fill<E: Float>(&self, image: &[E], first_row: usize, to: &mut [E]) {
        let n_phases = self.axes[0].n_phases() + self.axes[1].n_phases();
        scratch::with(n_phases, |runs: &mut [Run]| {
            let (rows, cols) = runs.split_at_mut(self.axes[0].n_phases());
            for (axis, runs, skip) in [(&self.axes[0], &mut *rows, first_row), (&self.axes[1], &mut *cols, 0)]
            {
                for (phase, run) in runs.iter_mut().enumerate() {
                    let (pixels, first) = axis.pixels(phase, skip);
                    *run = Run { start: pixels.start, len: pixels.len(), first };
                }
            }
            E::fill_planes(FillPlanes { planes: self, image, rows, cols, to });
        });
    }
}

/// The pixels of an image along an axis that one plane has.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// The place of the first in the plane, and how many there are.
    start: usize,
    len: usize,
    /// The place of the first in the image.
    first: usize,
}

// SAFETY: any bits are three numbers.
unsafe impl Plain for Run {}

/// See [`Planes::fill`].
pub(crate) struct FillPlanes<'a, 'y, E> {
    planes: &'a Planes,
    image: &'a [E],
    /// For each plane of a channel.
    rows: &'a [Run],
    cols: &'a [Run],
    to: &'y mut [E],
}

impl<E: Float> Kernel for FillPlanes<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let FillPlanes { planes: layout, image, rows, cols, to } = self;
        let [vertical, horizontal] = &layout.axes;
        let pitch = layout.pitch();
        let n_planes = rows.len() * cols.len();
        let (to, slack) = to[..layout.len()].split_at_mut(layout.unit());
        slack.fill(E::ZERO);
        let size = vertical.size * horizontal.size;
        let channels = image.chunks_exact(size);
        // The lines of a channel that are read, which follow those of another after a jump.
        let read = rows.iter().filter(|row| row.len > 0);
        let ends = read.clone().map(|row| row.first + (row.len - 1) * vertical.stride + 1).max().unwrap_or(0);
        let starts = read.map(|row| row.first).min().unwrap_or(0);
        let lines = (starts * horizontal.size..ends * horizontal.size).step_by(CACHE_LINE / size_of::<E>());
        for (channel, planes) in channels.zip(to.chunks_exact_mut((n_planes * layout.plane).max(1))) {
            lines.clone().for_each(|line| S::prefetch(channel.as_ptr().wrapping_add(size + line)));
            planes.fill(E::ZERO);
            let steps = [vertical.stride * horizontal.size, horizontal.stride];
            for (planes, row) in planes.chunks_exact_mut((cols.len() * layout.plane).max(1)).zip(rows) {
                for (plane, col) in planes.chunks_exact_mut(layout.plane).zip(cols) {
                    if row.len > 0 && col.len > 0 {
                        let from = &channel[row.first * horizontal.size + col.first..];
                        let to = &mut plane[row.start * pitch + col.start..];
                        // SAFETY: kernels run where the machine has the instructions.
                        unsafe { copy_rows::<E, S>(from, steps, to, pitch, [row.len, col.len]) };
                    }
                }
            }
        }
    }
}
