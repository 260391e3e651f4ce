//! The convolution itself.

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
use crate::simd::{Kernel, Simd, Vector};
use crate::threads::{Disjoint, parallel_for};
use crate::{Float, scratch};

/// `y = act(conv(x, w) + bias)`.
///
/// Where none of the other ways is faster, the weights are packed once; a task takes some rows of one
/// image and group, lays out the planes they read, and multiplies (see the module `planes`); there is
/// no matrix of columns.
pub fn forward<E: Float>(
    sizes: &Conv2d,
    x: &[E],
    Weights { numbers: w, kept }: Weights<'_, E>,
    bias: Option<&[E]>,
    activation: Activation,
    y: &mut [E],
) {
    sizes.check(x.len(), w.len(), y.len());
    if y.is_empty() {
        return;
    }
    let (out_height, out_width) = (sizes.out_height(), sizes.out_width());
    let (c, o) = (sizes.in_channels / sizes.groups, sizes.out_channels / sizes.groups);
    let window = sizes.window_len();
    if is_depthwise(sizes) {
        return depthwise::forward(sizes, x, w, bias, activation, y);
    }
    if sizes.is_pointwise() {
        let way = Pointwise {
            units: sizes.batch * sizes.groups,
            groups: sizes.groups,
            in_channels: c,
            out_channels: o,
            pixels: out_height * out_width,
        };
        let weight = |group: usize| MatRef::row_major(&w[group * o * c..][..o * c], o, c);
        return way.run(x, weight, kept, bias, activation, y);
    }
    let packing = Packing::new::<E>(o, window);
    let strips = Strips::new(packing, out_height, Planes::of_input(sizes, 1));
    let planes = Planes::of_input(sizes, strips.rows);
    let cols = packing.whole_vectors(strips.rows * planes.pitch());
    let winograd = Winograd {
        units: sizes.batch * sizes.groups,
        groups: sizes.groups,
        in_channels: c,
        out_channels: o,
        size: [sizes.height, sizes.width],
        out: [out_height, out_width],
        padding: sizes.padding,
    };
    if sizes.is_plain_3x3() && winograd.pays::<E>(strips.cols(cols)) {
        let windows = |group| Windows {
            weights: &w[group * o * c * 9..][..o * c * 9],
            row_step: c * 9,
            term_step: 9,
            turned: false,
        };
        return winograd.run(x, windows, kept, bias, activation.least(), y);
    }
    let image = c * sizes.height * sizes.width;
    let y = Disjoint::new(y);

    let weights = |group: usize| MatRef::row_major(&w[group * o * window..][..o * window], o, window);
    let all_cols = sizes.batch * out_height * out_width;
    packing.with_weights(sizes.groups, weights, kept, all_cols, |packed| {
        scratch::with(window, |offsets: &mut [usize]| {
            for (k, offset) in offsets.iter_mut().enumerate() {
                let (p, q) = (k / sizes.kernel[1] % sizes.kernel[0], k % sizes.kernel[1]);
                *offset = planes.offset(k / (sizes.kernel[0] * sizes.kernel[1]), p, q);
            }
            let offsets = &*offsets;
            parallel_for(sizes.batch * sizes.groups * strips.tasks(), |task| {
                let (unit, rows, channels) = strips.task(task);
                let group = unit % sizes.groups;
                scratch::with(planes.len() + channels.len() * cols, |buffer: &mut [E]| {
                    let (plane_buffer, result) = buffer.split_at_mut(planes.len());
                    planes.fill(&x[unit * image..][..image], rows.start, plane_buffer);
                    let weights = &packed[group * packing.len()..][..packing.len()];
                    // SAFETY: the result is this task's, which computes one tile at a time.
                    let target = unsafe { Target::new(result.as_mut_ptr(), cols, channels.len(), cols) };
                    let columns = Columns::Tiles(packing.tile_cols);
                    correlate(packing, weights, channels.clone(), plane_buffer, columns, offsets, target);
                    for (result, channel) in result.chunks_exact(cols).zip(channels) {
                        let plane = (unit * o + channel) * out_height;
                        // SAFETY: each task writes its own rows of its own channels.
                        let y = unsafe { y.slice((plane + rows.start) * out_width, rows.len() * out_width) };
                        E::finish(Finish {
                            result,
                            pitch: planes.pitch(),
                            bias: bias.map_or(E::ZERO, |bias| bias[group * o + channel]),
                            activation,
                            width: out_width,
                            y,
                        });
                    }
                });
            });
        });
    });
}

/// Takes the pixels out of a long row, adds the bias and applies the activation.
pub(crate) struct Finish<'a, 'y, E> {
    result: &'a [E],
    pitch: usize,
    bias: E,
    activation: Activation,
    width: usize,
    y: &'y mut [E],
}

impl<E: Float> Kernel for Finish<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Finish { result, pitch, bias, activation, width, y } = self;
        let lanes = <E::Vector<S> as Vector<E>>::LANES;
        let least = activation.least::<E>();
        for (y, result) in y.chunks_exact_mut(width).zip(result.chunks(pitch)) {
            let result = &result[..width];
            for first in (0..width).step_by(lanes) {
                let n = (width - first).min(lanes);
                // SAFETY: kernels run where the machine has the instructions; `n` elements from
                // `first` on are in both rows.
                unsafe {
                    let sum = E::Vector::<S>::load_first(result.as_ptr().add(first), n);
                    let value = sum.add(E::Vector::<S>::splat(bias));
                    // In this order NaN stays NaN.
                    let value = E::Vector::<S>::splat(least).max(value);
                    value.store_first(y.as_mut_ptr().add(first), n);
                }
            }
        }
    }
}
