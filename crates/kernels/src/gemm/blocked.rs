//! The loops around the tiles: blocks that fit the caches, packed once and shared by all threads.
//!
//! The sum over k is cut into runs of at most [`DEPTH`], the columns into blocks. For each, both
//! operands are packed into panels, then the tasks of a grid multiply their part of the block.
//! The first run scales C by β, the last applies the epilogue.

use std::ops::Range;

use super::operand::{Bias, Epilogue, MatRef};
use super::pack::{Edge, pack_panels};
use super::tile::{Shape, Target, Tiles};
use crate::threads::parallel_for;
use crate::{Float, scratch};

/// How much of the sum is done at a time: a panel of the right operand of this depth stays in the
/// first-level cache.
const DEPTH: usize = 256;
/// The rows of the left operand that a task goes through again and again: with [`DEPTH`] they fill
/// a part of the second-level cache.
const BLOCK_ROWS: usize = 168;
/// The columns that are packed at a time.
const BLOCK_COLS: usize = 4096;
/// About how many multiplications a task has: some microseconds.
const TASK: usize = 512 * 1024;

/// Cuts `len` into as few parts of at most `most` as possible: the size of all but the last.
fn balanced(len: usize, most: usize) -> usize {
    len.div_ceil(len.div_ceil(most).max(1)).max(1)
}

/// How a right operand of k × n is cut into blocks, each of which is packed as panels.
#[derive(Clone, Copy)]
struct Blocks {
    k: usize,
    n: usize,
    /// The columns of a panel.
    width: usize,
    /// The rows of a block.
    depth: usize,
    /// The columns of a block, in whole panels.
    cols: usize,
}

impl Blocks {
    fn of<E: Float>(k: usize, n: usize) -> Self {
        let width = Shape::of::<E>().cols;
        Blocks {
            k,
            n,
            width,
            depth: balanced(k, DEPTH),
            cols: balanced(n.div_ceil(width), BLOCK_COLS / width) * width,
        }
    }

    /// The rows and columns of each block, in the order in which they are multiplied.
    fn iter(self) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
        (0..self.n).step_by(self.cols).flat_map(move |col| {
            let cols = col..(col + self.cols).min(self.n);
            (0..self.k).step_by(self.depth).map(move |k| (k..(k + self.depth).min(self.k), cols.clone()))
        })
    }

    /// Where the panels of a block lie when all are packed one after the other.
    fn place(self, ks: &Range<usize>, cols: &Range<usize>) -> Range<usize> {
        let padded = cols.len().next_multiple_of(self.width);
        let start = cols.start * self.k + ks.start * padded;
        start..start + padded * ks.len()
    }
}

/// How many elements a right operand of k × n has when it is packed.
pub(super) fn packed_len<E: Float>(k: usize, n: usize) -> usize {
    n.next_multiple_of(Shape::of::<E>().cols) * k
}

/// Packs a whole right operand, for any number of products at this level of instructions.
pub(super) fn pack<E: Float>(b: MatRef<'_, E>, packed: &mut [E]) {
    let blocks = Blocks::of::<E>(b.rows(), b.cols());
    for (ks, cols) in blocks.iter() {
        let place = blocks.place(&ks, &cols);
        pack_panels(b.block(ks, cols).transposed(), blocks.width, Edge::Padded, &mut packed[place]);
    }
}

/// `C = act(α·A·B + β·C + bias)` for k > 0, where `packed` is what [`pack`] made of B, if it did.
///
/// # Safety
/// The sizes fit, and C is `a.rows()` rows of `b.cols()` elements, `row_stride` apart, that nobody
/// else uses.
pub(super) unsafe fn gemm<E: Float>(
    alpha: E,
    a: MatRef<'_, E>,
    b: MatRef<'_, E>,
    packed: Option<&[E]>,
    beta: E,
    c: *mut E,
    row_stride: usize,
    epilogue: Epilogue<'_, E>,
) {
    let (m, k, n) = (a.rows(), a.cols(), b.cols());
    let blocks = Blocks::of::<E>(k, n);
    let (height, width, depth) = (Shape::of::<E>().panel_rows(m), blocks.width, blocks.depth);
    let left_len = m.div_ceil(height) * height * depth;
    let right_len = if packed.is_some() { 0 } else { blocks.cols * depth };

    scratch::with(left_len + right_len, |buffers: &mut [E]| {
        let (left, buffer) = buffers.split_at_mut(left_len);
        scratch::with(depth, |offsets: &mut [usize]| {
            for (k, offset) in offsets.iter_mut().enumerate() {
                *offset = k * width;
            }
            for (ks, cols) in blocks.iter() {
                pack_panels(a.block(0..m, ks.clone()), height, Edge::Short, left);
                let right = match packed {
                    Some(packed) => &packed[blocks.place(&ks, &cols)],
                    None => {
                        let b = b.block(ks.clone(), cols.clone()).transposed();
                        pack_panels(b, width, Edge::Padded, buffer);
                        &*buffer
                    }
                };

                // SAFETY: the block is a part of C; `multiply` cuts it into tiles.
                let mut target = unsafe { Target::new(c.add(cols.start), row_stride, m, cols.len()) };
                target.alpha = alpha;
                target.beta = if ks.start == 0 { beta } else { E::ONE };
                if ks.end == k {
                    target.activation = epilogue.activation;
                    target.bias = match epilogue.bias {
                        Bias::PerColumn(bias) => Bias::PerColumn(&bias[cols.clone()]),
                        bias => bias,
                    };
                }
                let (left, offsets) = (&*left, &offsets[..ks.len()]);
                multiply([m, cols.len()], height, width, left, right, offsets, target);
            }
        });
    });
}

/// Multiplies packed panels on a grid of tasks.
fn multiply<E: Float>(
    [m, n]: [usize; 2],
    height: usize,
    width: usize,
    left: &[E],
    right: &[E],
    offsets: &[usize],
    target: Target<'_, E>,
) {
    let rows = balanced(m.div_ceil(height), (BLOCK_ROWS / height).max(1)) * height;
    let products = rows.min(m) * width * offsets.len();
    let cols = (TASK / products.max(1)).max(1) * width;
    let grid = [m.div_ceil(rows), n.div_ceil(cols)];
    parallel_for(grid[0] * grid[1], |task| {
        let (i, j) = (task / grid[1] * rows, task % grid[1] * cols);
        E::tiles(Tiles {
            height,
            rows: i..m.min(i + rows),
            cols: j..n.min(j + cols),
            left,
            right,
            right_step: width * offsets.len(),
            offsets,
            target,
        });
    });
}
