//! Convolutions whose groups have one input channel: each channel is seen by itself.
//!
//! A product of matrices would have a row or two, so these sum up directly, for any window, stride and
//! dilation: the planes of a few channels are laid out (see the module `planes`), and a register for
//! each of several neighboring rows of the result takes up one element of the window after the other.
//! Elements below each other, a [`Column`], share what they read. The ways by products never see these
//! convolutions, unless an input channel has many output channels.

mod columns;
pub(crate) mod products;
pub(crate) mod sums;
mod weights;

use super::Conv2d;
use super::planes::Planes;
use super::turned::{Phase, TurnedPlanes};
use crate::gemm::Activation;
use crate::threads::{Disjoint, parallel_for};
use crate::{Float, scratch};
use columns::{Column, input_columns, turned_columns};
use sums::{DepthwiseSums, Part};

pub(super) use weights::weight_gradient;

/// The elements of the planes that are laid out together, at most: they stay in a first-level cache.
const PLANES: usize = 8 * 1024;
/// With more output channels than this for an input channel, products of matrices are faster.
const OUTPUTS: usize = 2;

/// Whether the convolution is computed here.
pub(super) fn is_depthwise(sizes: &Conv2d) -> bool {
    sizes.in_channels == sizes.groups && sizes.out_channels <= OUTPUTS * sizes.groups
}

/// `y = act(conv(x, w) + bias)`.
pub(super) fn forward<E: Float>(
    sizes: &Conv2d,
    x: &[E],
    w: &[E],
    bias: Option<&[E]>,
    activation: Activation,
    y: &mut [E],
) {
    let (height, width) = (sizes.out_height(), sizes.out_width());
    let cut = Cut::new(height, |rows| Planes::of_input(sizes, rows));
    scratch::with(sizes.window_len(), |columns: &mut [Column]| {
        let n = input_columns(sizes, &cut.planes, columns);
        let work = Work {
            cut,
            units: sizes.batch * sizes.groups,
            groups: sizes.groups,
            outputs: sizes.out_channels / sizes.groups,
            parts: &[Part { columns: [0, n], start: 0, size: [height, width] }],
            columns: &columns[..n],
            image: sizes.height * sizes.width,
            plane: height * width,
            steps: [width, 1],
        };
        work.run(x, w, bias, activation, y);
    });
}

/// The derivative with respect to the input, all phases of it (see [`Phase`]) from the same planes.
pub(super) fn input_gradient<E: Float>(sizes: &Conv2d, dy: &[E], w: &[E], dx: &mut [E]) {
    let Conv2d { stride, kernel, groups, .. } = *sizes;
    let outputs = sizes.out_channels / groups;
    let turned = TurnedPlanes::new(sizes);
    let cut = Cut::new(turned.size[0], |rows| turned.planes(rows));
    scratch::with(outputs * kernel[0] * kernel[1], |columns: &mut [Column]| {
        scratch::with(stride[0] * stride[1], |parts: &mut [Part]| {
            let mut n = 0;
            for (i, part) in parts.iter_mut().enumerate() {
                let [row, col] = [i / stride[1], i % stride[1]];
                let phase = Phase::starting_at(sizes, [row, col]);
                let [(_, _, height), (_, _, width)] = [phase.pixels(0), phase.pixels(1)];
                let first = n;
                n += turned_columns(&turned, &phase, &cut.planes, &mut columns[first..]);
                let start = row * sizes.width + col;
                *part = Part { columns: [first, n], start, size: [height, width] };
            }
            let work = Work {
                cut,
                units: sizes.batch * groups,
                groups,
                outputs: 1,
                parts,
                columns: &columns[..n],
                image: outputs * sizes.out_height() * sizes.out_width(),
                plane: sizes.height * sizes.width,
                steps: [stride[0] * sizes.width, stride[1]],
            };
            work.run(dy, w, None, Activation::Identity, dx);
        });
    });
}

/// How images are cut: into strips of rows of the result, or where they are small not at all.
#[derive(Clone, Copy)]
struct Cut {
    /// What a strip of an image and group reads.
    planes: Planes,
    /// The rows of the result, and of all strips but the last.
    height: usize,
    rows: usize,
    n_strips: usize,
    /// How many images and groups are laid out together.
    together: usize,
}

impl Cut {
    /// For planes that depend on the rows of a strip.
    fn new(height: usize, planes: impl Fn(usize) -> Planes) -> Cut {
        // Beside what the rows read alone, a strip reads some that its neighbors do.
        let per_row = (planes(height).unit() / height).max(1);
        let n_strips = height.div_ceil((PLANES / per_row).clamp(1, height));
        let rows = height.div_ceil(n_strips);
        let planes = planes(rows);
        let together = (PLANES / planes.unit()).max(1);
        Cut { planes, height, rows, n_strips: height.div_ceil(rows), together }
    }

    /// The rows of a strip.
    fn strip(&self, strip: usize) -> std::ops::Range<usize> {
        strip * self.rows..((strip + 1) * self.rows).min(self.height)
    }
}

/// Sums over the window for every pixel of a result.
struct Work<'a> {
    cut: Cut,
    /// The images, each as often as there are groups.
    units: usize,
    groups: usize,
    /// The planes of the result that a unit has.
    outputs: usize,
    parts: &'a [Part],
    columns: &'a [Column],
    /// The elements of a unit of what is read, and of a plane of the result.
    image: usize,
    plane: usize,
    /// From one row and column of a part to the next.
    steps: [usize; 2],
}

impl Work<'_> {
    fn run<E: Float>(&self, from: &[E], w: &[E], bias: Option<&[E]>, activation: Activation, to: &mut [E]) {
        let Cut { together, n_strips, .. } = self.cut;
        let to = Disjoint::new(to);
        parallel_for(self.units.div_ceil(together) * n_strips, |task| {
            let first = task / n_strips * together;
            let units = first..self.units.min(first + together);
            let rows = self.cut.strip(task % n_strips);
            let planes = self.cut.planes.of_units(units.len());
            scratch::with(planes.len(), |buffer: &mut [E]| {
                let images = &from[first * self.image..][..units.len() * self.image];
                planes.fill(images, rows.start, buffer);
                E::depthwise_sums(DepthwiseSums {
                    planes: buffer,
                    unit: self.cut.planes.unit(),
                    pitch: planes.pitch(),
                    parts: self.parts,
                    columns: self.columns,
                    weights: w,
                    bias,
                    least: activation.least(),
                    units,
                    groups: self.groups,
                    outputs: self.outputs,
                    rows,
                    to: &to,
                    plane: self.plane,
                    steps: self.steps,
                });
            });
        });
    }
}
