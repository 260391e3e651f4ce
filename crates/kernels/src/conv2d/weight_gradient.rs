//! The derivatives of a convolution with respect to its weights and its bias.

mod outer_products;
mod scalar_products;

use std::ops::Range;

use super::Conv2d;
use super::depthwise::{self, is_depthwise};
use super::whole;
use super::winograd::Winograd;
use crate::reduce::{Axis, sum};
use crate::{Float, scratch};

use outer_products::OuterProducts;
use scalar_products::ScalarProducts;
pub(crate) use scalar_products::{Products, Spread};

/// The elements of x and of dy that a strip of an image has: part of a second-level cache.
const STRIP: usize = 64 * 1024;
/// In how many runs the images are added up, so that as many tasks can work on them …
const RUNS: usize = 8;
/// … as long as the sums of all runs have at most this many elements.
const PARTIAL: usize = 1024 * 1024;

/// The derivative with respect to the weights:
/// `dw[o, c, p, q] = Σ dy[n, o, i, j] · x[n, c, i·s₀ + p·d₀ − p₀, j·s₁ + q·d₁ − p₁]`.
///
/// Images are added up in runs whose number depends on the sizes, and the runs in order.
pub fn weight_gradient<E: Float>(sizes: &Conv2d, x: &[E], dy: &[E], dw: &mut [E]) {
    sizes.check(x.len(), dw.len(), dy.len());
    if dw.is_empty() {
        return;
    }
    if dy.is_empty() || x.is_empty() {
        dw.fill(E::ZERO);
        return;
    }
    if is_depthwise(sizes) {
        return depthwise::weight_gradient(sizes, x, dy, dw);
    }
    if whole::is_whole(sizes) {
        return whole::weight_gradient(sizes, x, dy, dw);
    }
    let other = sizes.batch * sizes.out_height() * sizes.out_width() * dw.len();
    if let Some(winograd) = Winograd::of(sizes)
        && winograd.pays_for_weights::<E>(other)
    {
        return winograd.weight_gradient(x, dy, dw);
    }
    match OuterProducts::new::<E>(sizes) {
        Some(way) => way.run(x, dy, dw),
        None => ScalarProducts::new(sizes).run(x, dy, dw),
    }
}

/// The derivative with respect to the bias: `dbias[o] = Σ dy[n, o, i, j]`.
pub fn bias_gradient<E: Float>(sizes: &Conv2d, dy: &[E], dbias: &mut [E]) {
    assert_eq!(dbias.len(), sizes.out_channels, "a bias for each channel of {sizes:?}");
    let pixels = sizes.out_height() * sizes.out_width();
    let planes = sizes.batch * sizes.out_channels;
    scratch::with(planes, |partial: &mut [E]| {
        sum(dy, Axis { outer: planes, len: pixels, inner: 1 }, partial);
        sum(partial, Axis { outer: 1, len: sizes.batch, inner: sizes.out_channels }, dbias);
    });
}

/// How the work is cut: images into strips of rows, strips into runs, channels into blocks.
#[derive(Clone, Copy)]
struct Cut {
    height: usize,
    /// The rows of a strip of the output, of all but the last of an image.
    rows: usize,
    n_strips: usize,
    n_runs: usize,
    /// The strips of all images, of one group.
    units: usize,
    /// The strips of a run.
    per_run: usize,
    groups: usize,
    /// The output channels of a group, and of a task.
    channels: usize,
    block: usize,
}

impl Cut {
    /// For strips that have `per_row` elements for each row of the output, and `weights` sums.
    fn new(sizes: &Conv2d, per_row: usize, weights: usize) -> Cut {
        let (height, channels) = (sizes.out_height(), sizes.out_channels / sizes.groups);
        let fitting = STRIP / per_row;
        let rows = height.div_ceil(height.div_ceil(fitting.clamp(1, height)));
        let n_strips = height.div_ceil(rows);
        let units = sizes.batch * n_strips;
        let n_runs = RUNS.min(units).min((PARTIAL / weights).max(1));
        let per_run = units.div_ceil(n_runs);
        let blocks = (RUNS / (n_runs * sizes.groups)).max(1);
        Cut {
            height,
            rows,
            n_strips,
            n_runs: units.div_ceil(per_run),
            units,
            per_run,
            groups: sizes.groups,
            channels,
            block: channels.div_ceil(blocks),
        }
    }

    /// How many tasks there are.
    fn n_tasks(&self) -> usize {
        self.n_runs * self.groups * self.channels.div_ceil(self.block)
    }

    /// The run of a task, its group, and its channels of the group.
    fn task(&self, task: usize) -> (usize, usize, Range<usize>) {
        let n_blocks = self.channels.div_ceil(self.block);
        let start = task % n_blocks * self.block;
        let channels = start..self.channels.min(start + self.block);
        (task / n_blocks / self.groups, task / n_blocks % self.groups, channels)
    }

    /// The strips of a run.
    fn run(&self, run: usize) -> Range<usize> {
        run * self.per_run..((run + 1) * self.per_run).min(self.units)
    }

    /// The image of a strip, and its rows of the output.
    fn strip(&self, unit: usize) -> (usize, Range<usize>) {
        let row = unit % self.n_strips * self.rows;
        (unit / self.n_strips, row..(row + self.rows).min(self.height))
    }
}
