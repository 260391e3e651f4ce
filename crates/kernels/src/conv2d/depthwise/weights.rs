//! The derivative with respect to the weights.

use super::columns::{Column, input_columns};
use super::products::{DepthwiseProducts, LANES, SumLanes};
use super::{Conv2d, Cut};
use crate::conv2d::planes::Planes;
use crate::reduce::{Axis, sum};
use crate::threads::{Disjoint, parallel_for};
use crate::{Float, scratch};

/// As many tasks as this have work, where there are enough images and channels.
const TASKS: usize = 8;

/// Sums of products for each channel. A task takes some channels of some images, in order, and keeps a
/// register full of sums for each weight; where channels are few, images are added up in runs.
pub(in crate::conv2d) fn weight_gradient<E: Float>(sizes: &Conv2d, x: &[E], dy: &[E], dw: &mut [E]) {
    let Conv2d { batch, groups, .. } = *sizes;
    let (height, width) = (sizes.out_height(), sizes.out_width());
    let outputs = sizes.out_channels / groups;
    let cut = Cut::new(height, |rows| Planes::of_input(sizes, rows));
    let together = cut.together.min(groups.div_ceil(TASKS));
    let n_blocks = groups.div_ceil(together);
    let per_run = batch.div_ceil(TASKS.div_ceil(n_blocks));
    let n_runs = batch.div_ceil(per_run);
    let (image, plane) = (sizes.height * sizes.width, height * width);
    let weights = dw.len();
    scratch::with(sizes.window_len(), |columns: &mut [Column]| {
        let n = input_columns(sizes, &cut.planes, columns);
        let columns = &columns[..n];
        scratch::with(n_runs * weights, |partial: &mut [E]| {
            let parts = Disjoint::new(partial);
            parallel_for(n_runs * n_blocks, |task| {
                let (run, first) = (task / n_blocks, task % n_blocks * together);
                let channels = together.min(groups - first);
                let images = run * per_run..batch.min((run + 1) * per_run);
                let planes = cut.planes.of_units(channels);
                let window = weights / groups;
                let sums_len = channels * window * LANES;
                scratch::with(sums_len + planes.len(), |buffer: &mut [E]| {
                    let (sums, buffer) = buffer.split_at_mut(sums_len);
                    sums.fill(E::ZERO);
                    for n in images {
                        let unit = n * groups + first;
                        for rows in (0..cut.n_strips).map(|strip| cut.strip(strip)) {
                            planes.fill(&x[unit * image..][..channels * image], rows.start, buffer);
                            E::depthwise_products(DepthwiseProducts {
                                planes: buffer,
                                unit: cut.planes.unit(),
                                pitch: planes.pitch(),
                                columns,
                                dy: &dy[unit * outputs * plane..][..channels * outputs * plane],
                                outputs,
                                height,
                                width,
                                rows,
                                sums,
                            });
                        }
                    }
                    // SAFETY: each task has its own channels of its own run.
                    let dw = unsafe { parts.slice(run * weights + first * window, channels * window) };
                    E::sum_lanes(SumLanes { sums, to: dw });
                });
            });
            sum(partial, Axis { outer: 1, len: n_runs, inner: weights }, dw);
        });
    });
}
