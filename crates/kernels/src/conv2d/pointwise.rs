//! Convolutions whose window is one pixel: products of the weights with the image as it lies.

use super::correlate::{Packing, correlate};
use crate::gemm::pack::pack_right;
use crate::gemm::target::Target;
use crate::gemm::tile::Columns;
use crate::gemm::{Activation, Bias, MatRef};
use crate::kept::Kept;
use crate::threads::{Disjoint, parallel_for};
use crate::{Float, scratch};

/// About how many multiplications a task has at least, and above which it is cut further.
const SMALL_TASK: usize = 512 * 1024;
const LARGE_TASK: usize = 8 * 1024 * 1024;
/// The fewest columns of a task, in tiles: shorter pieces of rows come slowly from memory.
const TILES: usize = 8;

/// A convolution with a window of 1 × 1, stride 1 and no padding.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pointwise {
    /// The images, each as often as there are groups.
    pub(super) units: usize,
    pub(super) groups: usize,
    /// The channels of a group.
    pub(super) in_channels: usize,
    pub(super) out_channels: usize,
    /// The pixels of an image.
    pub(super) pixels: usize,
}

impl Pointwise {
    /// `y = act(w · x + bias)`, where `weight(group)` is w, `(O, C)`.
    pub(super) fn run<'w, E: Float>(
        &self,
        x: &[E],
        weight: impl Fn(usize) -> MatRef<'w, E>,
        kept: Option<&Kept<E>>,
        bias: Option<&[E]>,
        activation: Activation,
        y: &mut [E],
    ) {
        let Pointwise { units, groups, in_channels: c, out_channels: o, pixels } = *self;
        let packing = Packing::new::<E>(o, c);
        let width = packing.tile_cols;
        let cols = SMALL_TASK.div_ceil((o * c).max(1)).max(TILES * width).min(pixels);
        let n_strips = pixels.div_ceil(cols);
        let cols = packing.whole_tiles(pixels.div_ceil(n_strips));
        let n_panels = o.div_ceil(packing.height);
        let n_blocks = (cols * o * c / LARGE_TASK).clamp(1, n_panels);
        let rows = n_panels.div_ceil(n_blocks) * packing.height;
        let grid = [units, pixels.div_ceil(cols), o.div_ceil(rows)];
        let y = Disjoint::new(y);
        packing.with_weights(groups, weight, kept, units / groups * pixels, |packed| {
            scratch::with(c, |offsets: &mut [usize]| {
                offsets.iter_mut().enumerate().for_each(|(k, offset)| *offset = k * width);
                let offsets = &*offsets;
                parallel_for(grid.iter().product(), |task| {
                    let (unit, strip, block) =
                        (task / (grid[1] * grid[2]), task / grid[2] % grid[1], task % grid[2]);
                    let (cols, rows) = (
                        strip * cols..pixels.min((strip + 1) * cols),
                        block * rows..o.min((block + 1) * rows),
                    );
                    let group = unit % groups;
                    scratch::with(c * packing.whole_tiles(cols.len()), |panels: &mut [E]| {
                        let start = unit * c * pixels + cols.start;
                        let image = MatRef::new(x, start, [c, cols.len()], [pixels as isize, 1]);
                        pack_right(image.transposed(), width, panels);
                        let place = (unit * o + rows.start) * pixels + cols.start;
                        // SAFETY: the rows and columns are inside of y, and each task has its own.
                        let mut target =
                            unsafe { Target::new(y.as_ptr().add(place), pixels, rows.len(), cols.len()) };
                        target.bias = match bias {
                            Some(bias) => Bias::PerRow(&bias[group * o..][rows.clone()]),
                            None => Bias::None,
                        };
                        target.activation = activation;
                        let weights = &packed[group * packing.len()..][..packing.len()];
                        correlate(packing, weights, rows, panels, Columns::Tiles(width * c), offsets, target);
                    });
                });
            });
        });
    }
}
