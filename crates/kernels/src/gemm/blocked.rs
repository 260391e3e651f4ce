//! The loops around the tiles: blocks that fit the caches, packed once and shared by all threads.
//!
//! The sum over k is cut into runs of at most [`DEPTH`], the columns into blocks. For each, both
//! operands are packed into panels, then the tasks of a grid multiply their part of the block.
//! The first run scales C by β, the last applies the epilogue.

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

/// `C = act(α·A·B + β·C + bias)` for k > 0.
///
/// # Safety
/// The sizes fit, and C is `a.rows()` rows of `b.cols()` elements, `row_stride` apart, that nobody
/// else uses.
pub(super) unsafe fn gemm<E: Float>(
    alpha: E,
    a: MatRef<'_, E>,
    b: MatRef<'_, E>,
    beta: E,
    c: *mut E,
    row_stride: usize,
    epilogue: Epilogue<'_, E>,
) {
    let (m, k, n) = (a.rows(), a.cols(), b.cols());
    let shape = Shape::of::<E>();
    let (height, width) = (shape.panel_rows(m), shape.cols);
    let depth = balanced(k, DEPTH);
    let block_cols = balanced(n.div_ceil(width), BLOCK_COLS / width) * width;
    let left_len = m.div_ceil(height) * height * depth;

    scratch::with(left_len + block_cols * depth, |packed: &mut [E]| {
        let (left, right) = packed.split_at_mut(left_len);
        scratch::with(depth, |offsets: &mut [usize]| {
            for (k, offset) in offsets.iter_mut().enumerate() {
                *offset = k * width;
            }
            for first_col in (0..n).step_by(block_cols) {
                let cols = first_col..(first_col + block_cols).min(n);
                for first_k in (0..k).step_by(depth) {
                    let ks = first_k..(first_k + depth).min(k);
                    pack_panels(a.block(0..m, ks.clone()), height, Edge::Short, left);
                    let b = b.block(ks.clone(), cols.clone()).transposed();
                    pack_panels(b, width, Edge::Padded, right);

                    // SAFETY: the block is a part of C; `multiply` cuts it into tiles.
                    let mut target = unsafe { Target::new(c.add(first_col), row_stride, m, cols.len()) };
                    target.alpha = alpha;
                    target.beta = if first_k == 0 { beta } else { E::ONE };
                    if ks.end == k {
                        target.activation = epilogue.activation;
                        target.bias = match epilogue.bias {
                            Bias::PerColumn(bias) => Bias::PerColumn(&bias[cols.clone()]),
                            bias => bias,
                        };
                    }
                    let (left, right, offsets) = (&*left, &*right, &offsets[..ks.len()]);
                    multiply([m, cols.len()], height, width, left, right, offsets, target);
                }
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
