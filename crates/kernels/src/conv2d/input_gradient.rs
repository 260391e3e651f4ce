//! The derivative of a convolution with respect to its input.

use super::correlate::{Packing, correlate};
use super::depthwise::{self, is_depthwise};
use super::planes::Planes;
use super::pointwise::Pointwise;
use super::strips::Strips;
use super::winograd::{Windows, Winograd};
use super::{Conv2d, Weights};
use crate::gemm::target::Target;
use crate::gemm::tile::Columns;
use crate::gemm::{Activation, MatRef};
use crate::threads::{Disjoint, parallel_for};
use crate::{Float, scratch};

/// The derivative with respect to the input: `dx[n, c, h, w] = Σ w[o, c, p, q] · dy[n, o, i, j]`
/// over all places where the window at (i, j) shows (h, w) at (p, q).
///
/// With stride s the pixels of dx fall into s × s phases, and each phase is a convolution of dy,
/// with stride 1, by the elements of the window that ever meet it.
pub fn input_gradient<E: Float>(sizes: &Conv2d, dy: &[E], weights: Weights<'_, E>, dx: &mut [E]) {
    let Weights { numbers: w, kept } = weights;
    sizes.check(dx.len(), w.len(), dy.len());
    if dx.is_empty() {
        return;
    }
    if is_depthwise(sizes) {
        return depthwise::input_gradient(sizes, dy, w, dx);
    }
    if sizes.is_pointwise() {
        let (c, o) = (sizes.in_channels / sizes.groups, sizes.out_channels / sizes.groups);
        let way = Pointwise {
            units: sizes.batch * sizes.groups,
            groups: sizes.groups,
            in_channels: o,
            out_channels: c,
            pixels: sizes.height * sizes.width,
        };
        let weight = |group: usize| MatRef::row_major(&w[group * o * c..][..o * c], o, c).transposed();
        return way.run(dy, weight, kept, None, Activation::Identity, dx);
    }
    if sizes.stride != [1, 1] {
        // A window that jumps may leave pixels out.
        dx.fill(E::ZERO);
    }
    let dx = Disjoint::new(dx);
    for row_phase in 0..sizes.stride[0] {
        for col_phase in 0..sizes.stride[1] {
            let phase = Phase { sizes: *sizes, at: [row_phase, col_phase] };
            if phase.n_taps(0) * phase.n_taps(1) > 0 {
                phase.compute(dy, weights, &dx);
            }
        }
    }
}

/// Every s-th pixel of the padded dx.
pub(super) struct Phase {
    pub(super) sizes: Conv2d,
    pub(super) at: [usize; 2],
}

impl Phase {
    /// The elements of the window that meet the phase.
    pub(super) fn taps(&self, axis: usize) -> impl DoubleEndedIterator<Item = usize> + use<> {
        let (stride, dilation, at) = (self.sizes.stride[axis], self.sizes.dilation[axis], self.at[axis]);
        (0..self.sizes.kernel[axis]).filter(move |tap| tap * dilation % stride == at)
    }

    fn n_taps(&self, axis: usize) -> usize {
        self.taps(axis).count()
    }

    /// The first pixel of dx in the phase, its number in the phase of the padded dx, and how many
    /// there are.
    pub(super) fn pixels(&self, axis: usize) -> (usize, usize, usize) {
        let size = [self.sizes.height, self.sizes.width][axis];
        let (stride, padding) = (self.sizes.stride[axis], self.sizes.padding[axis]);
        let number = padding.saturating_sub(self.at[axis]).div_ceil(stride);
        let first = number * stride + self.at[axis] - padding;
        (first, number, size.saturating_sub(first).div_ceil(stride))
    }

    /// The convolution of dy, by windows turned by half a circle, that the derivative is.
    fn winograd(&self) -> Option<Winograd> {
        let sizes = &self.sizes;
        let padding = [0, 1].map(|axis| 2usize.checked_sub(sizes.padding[axis]));
        let (true, [Some(top), Some(left)]) = (sizes.is_plain_3x3(), padding) else { return None };
        Some(Winograd {
            units: sizes.batch * sizes.groups,
            groups: sizes.groups,
            in_channels: sizes.out_channels / sizes.groups,
            out_channels: sizes.in_channels / sizes.groups,
            size: [sizes.out_height(), sizes.out_width()],
            out: [sizes.height, sizes.width],
            padding: [top, left],
        })
    }

    fn compute<E: Float>(&self, dy: &[E], weights: Weights<'_, E>, dx: &Disjoint<'_, E>) {
        let Weights { numbers: w, kept } = weights;
        let Conv2d { stride, dilation, kernel, groups, .. } = self.sizes;
        let [(first_row, row_number, height), (first_col, col_number, width)] =
            [self.pixels(0), self.pixels(1)];
        if height == 0 || width == 0 {
            return;
        }
        let (c, o) = (self.sizes.in_channels / groups, self.sizes.out_channels / groups);
        // Pixel u of the phase meets row u − shift of dy at the tap with that shift.
        let shift = |axis: usize, tap: usize| tap * dilation[axis] / stride[axis];
        let reach = [0, 1].map(|axis| self.taps(axis).map(|tap| shift(axis, tap)).max().unwrap_or(0));
        let before = [reach[0] as isize - row_number as isize, reach[1] as isize - col_number as isize];

        let n_taps = self.n_taps(0) * self.n_taps(1);
        let packing = Packing::new::<E>(c, n_taps * o);
        let planes_of = |rows| Planes::of_output(&self.sizes, rows, width, reach, before);
        let strips = Strips::new(packing, height, planes_of(1));
        let planes = planes_of(strips.rows);
        let cols = packing.whole_vectors(strips.rows * planes.pitch());
        if let Some(winograd) = self.winograd()
            && winograd.pays::<E>(strips.cols(cols))
        {
            let windows = |group| Windows {
                weights: &w[group * o * c * 9..][..o * c * 9],
                row_step: 9,
                term_step: c * 9,
                turned: true,
            };
            // SAFETY: the phase is all of dx, and the only one.
            let dx = unsafe { dx.slice(0, self.sizes.input_len()) };
            return winograd.run(dy, windows, kept, None, E::NEG_INFINITY, dx);
        }
        let image = o * self.sizes.out_height() * self.sizes.out_width();

        scratch::with(2 * n_taps * o, |tables: &mut [usize]| {
            // For each term of the sum: where dy lies, and which weight of channel 0 meets it.
            let (offsets, places) = tables.split_at_mut(n_taps * o);
            let mut term = 0;
            // The taps of a channel follow each other, as its weights do.
            for channel in 0..o {
                for p in self.taps(0) {
                    for q in self.taps(1) {
                        let (down, right) = (reach[0] - shift(0, p), reach[1] - shift(1, q));
                        offsets[term] = planes.shifted(channel, down, right);
                        places[term] = (channel * c * kernel[0] + p) * kernel[1] + q;
                        term += 1;
                    }
                }
            }
            let (offsets, places) = (&*offsets, &*places);
            scratch::with(groups * packing.len(), |packed: &mut [E]| {
                for (group, packed) in packed.chunks_exact_mut(packing.len().max(1)).enumerate() {
                    let w = &w[group * o * self.sizes.window_len()..];
                    packing.pack(packed, |terms, rows, panel| {
                        for (column, term) in panel.chunks_exact_mut(rows.len()).zip(terms) {
                            for (to, row) in column.iter_mut().zip(rows.clone()) {
                                *to = w[places[term] + row * kernel[0] * kernel[1]];
                            }
                        }
                    });
                }
                let packed = &*packed;
                parallel_for(self.sizes.batch * groups * strips.tasks(), |task| {
                    let (unit, rows, channels) = strips.task(task);
                    let group = unit % groups;
                    scratch::with(planes.len() + channels.len() * cols, |buffer: &mut [E]| {
                        let (plane_buffer, result) = buffer.split_at_mut(planes.len());
                        planes.fill(&dy[unit * image..][..image], rows.start, plane_buffer);
                        let weights = &packed[group * packing.len()..][..packing.len()];
                        // SAFETY: the result is this task's, which computes one tile at a time.
                        let target = unsafe { Target::new(result.as_mut_ptr(), cols, channels.len(), cols) };
                        let columns = Columns::Tiles(packing.tile_cols);
                        correlate(packing, weights, channels.clone(), plane_buffer, columns, offsets, target);
                        for (result, channel) in result.chunks_exact(cols).zip(channels) {
                            let plane = (unit * c + channel) * self.sizes.height;
                            for (row, result) in rows.clone().zip(result.chunks(planes.pitch())) {
                                let row = plane + first_row + row * stride[0];
                                let start = row * self.sizes.width + first_col;
                                let len = (width - 1) * stride[1] + 1;
                                // SAFETY: each task writes its own rows of its own channels, and
                                // the phases come one after the other.
                                let dx = unsafe { dx.slice(start, len) };
                                if stride[1] == 1 {
                                    dx.copy_from_slice(&result[..len]);
                                } else {
                                    let dx = dx.iter_mut().step_by(stride[1]);
                                    dx.zip(result).for_each(|(dx, &sum)| *dx = sum);
                                }
                            }
                        }
                    });
                });
            });
        });
    }
}
