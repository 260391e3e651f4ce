//! How the work on an image is cut into tasks.

use std::ops::Range;

use super::correlate::Packing;
use super::planes::Planes;

/// About how many multiplications a task has at least, and above which an image is cut further.
const SMALL_TASK: usize = 512 * 1024;
const LARGE_TASK: usize = 8 * 1024 * 1024;
/// The elements of the planes of a strip: part of a second-level cache.
const PLANES: usize = 64 * 1024;
/// With longer rows than this many tiles, the last one's empty places do not matter.
const TILES: usize = 4;
/// An image is cut into at least this many strips, where they are large enough.
const STRIPS: usize = 4;

/// Strips of rows of the result, and blocks of its channels where strips alone are too large.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strips {
    height: usize,
    channels: usize,
    /// The rows of all but the last strip.
    pub(super) rows: usize,
    n_strips: usize,
    /// The channels of all but the last block.
    block: usize,
    n_blocks: usize,
}

impl Strips {
    /// For a result of `height` rows, with the planes that one of them reads.
    pub(super) fn new(packing: Packing, height: usize, one_row: Planes) -> Strips {
        let products = (one_row.pitch() * packing.rows * packing.terms).max(1);
        let enough = SMALL_TASK.div_ceil(products);
        let fitting = PLANES / one_row.len();
        let long = (TILES * packing.tile_cols).div_ceil(one_row.pitch());
        let rows = enough.max(long).max(fitting.min(height.div_ceil(STRIPS)));
        let n_strips = height.div_ceil(rows.clamp(1, height));
        let rows = height.div_ceil(n_strips);
        let panels = packing.rows.div_ceil(packing.height);
        let n_blocks = (rows * products / LARGE_TASK).clamp(1, panels);
        let block = panels.div_ceil(n_blocks) * packing.height;
        Strips {
            height,
            channels: packing.rows,
            rows,
            n_strips: height.div_ceil(rows),
            block,
            n_blocks: packing.rows.div_ceil(block),
        }
    }

    /// The columns of all products for an image and group, where a strip has `cols`.
    pub(super) fn cols(&self, cols: usize) -> usize {
        self.n_strips * cols
    }

    /// The tasks of one image and group.
    pub(super) fn tasks(&self) -> usize {
        self.n_strips * self.n_blocks
    }

    /// The image and group of a task, its rows and its channels.
    pub(super) fn task(&self, task: usize) -> (usize, Range<usize>, Range<usize>) {
        let (unit, strip, block) =
            (task / self.tasks(), task / self.n_blocks % self.n_strips, task % self.n_blocks);
        let row = strip * self.rows;
        let channel = block * self.block;
        (unit, row..(row + self.rows).min(self.height), channel..(channel + self.block).min(self.channels))
    }
}
