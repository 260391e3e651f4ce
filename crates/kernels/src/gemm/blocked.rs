//! The loops around the tiles: blocks that fit the caches, packed once and shared by all threads.
//!
//! The sum over k is cut into runs of at most [`DEPTH`], the columns into blocks. For each, both
//! operands are packed into panels, then the tasks of a grid multiply their part of the block.
//! The first run scales C by β, the last applies the epilogue.

use super::operand::{Activation, Bias, Epilogue, MatRef};
use super::pack;
use super::tile::{Rows, Shape, Target, multiply};
use crate::simd::{Kernel, Simd, dispatch};
use crate::threads::{parallel_chunks_mut, parallel_for};
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
/// About how many elements a task packs.
const PACK_TASK: usize = 16 * 1024;

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
    let width = shape.cols;
    let height = shape.panel_rows(m);
    let depth = balanced(k, DEPTH);
    let block_cols = balanced(n.div_ceil(width), BLOCK_COLS / width) * width;
    let packed_a_len = m.div_ceil(height) * height * depth;

    scratch::with(packed_a_len + block_cols * depth, |packed: &mut [E]| {
        scratch::with(depth, |offsets: &mut [usize]| {
            for (k, offset) in offsets.iter_mut().enumerate() {
                *offset = k * width;
            }
            for first_col in (0..n).step_by(block_cols) {
                for first_k in (0..k).step_by(depth) {
                    let ks = first_k..(first_k + depth).min(k);
                    let cols = first_col..(first_col + block_cols).min(n);
                    let last = ks.end == k;
                    let block = Block {
                        a: a.block(0..m, ks.clone()),
                        b: b.block(ks.clone(), cols.clone()),
                        height,
                        width,
                        packed_a_len,
                        alpha,
                        beta: if first_k == 0 { beta } else { E::ONE },
                        // SAFETY: the block starts inside of C.
                        c: unsafe { Shared(c.add(first_col)) },
                        row_stride,
                        bias: match epilogue.bias {
                            Bias::PerColumn(bias) if last => Bias::PerColumn(&bias[cols]),
                            Bias::PerRow(bias) if last => Bias::PerRow(bias),
                            _ => Bias::None,
                        },
                        activation: if last { epilogue.activation } else { Activation::Identity },
                    };
                    block.pack(packed);
                    block.multiply(packed, &offsets[..ks.len()]);
                }
            }
        });
    });
}

/// One run of the sum for one block of columns.
struct Block<'a, E> {
    a: MatRef<'a, E>,
    b: MatRef<'a, E>,
    /// The rows of a panel of A and the columns of a panel of B.
    height: usize,
    width: usize,
    /// Where the packed panels of B start, behind those of A.
    packed_a_len: usize,
    alpha: E,
    beta: E,
    c: Shared<E>,
    row_stride: usize,
    bias: Bias<'a, E>,
    activation: Activation,
}

/// The result, of which every task writes its own tiles.
#[derive(Clone, Copy)]
struct Shared<E>(*mut E);

// SAFETY: tasks write tiles that do not overlap (see `Block::multiply`).
unsafe impl<E: Send> Sync for Shared<E> {}

impl<E: Float> Block<'_, E> {
    /// Packs the panels of both operands.
    fn pack(&self, packed: &mut [E]) {
        let (a, b) = packed.split_at_mut(self.packed_a_len);
        pack_panels(self.a, self.height, Edge::Short, a);
        pack_panels(self.b.transposed(), self.width, Edge::Padded, b);
    }

    /// Multiplies the packed panels on a grid of tasks.
    fn multiply(&self, packed: &[E], offsets: &[usize]) {
        let (m, n) = (self.a.rows(), self.b.cols());
        let (packed_a, packed_b) = packed.split_at(self.packed_a_len);
        let panels = balanced(m.div_ceil(self.height), (BLOCK_ROWS / self.height).max(1));
        let rows = panels * self.height;
        let tile_row = rows.min(m) * self.width * offsets.len();
        let cols = (TASK / tile_row.max(1)).max(1) * self.width;
        let grid = [m.div_ceil(rows), n.div_ceil(cols)];
        parallel_for(grid[0] * grid[1], |task| {
            let (i, j) = (task / grid[1] * rows, task % grid[1] * cols);
            dispatch(MultiplyPanels {
                block: self,
                packed_a,
                packed_b,
                offsets,
                rows: i..m.min(i + rows),
                cols: j..n.min(j + cols),
            });
        });
    }
}

/// What a last panel looks like for which there are not enough rows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    /// It is lower than the others: tiles come in all heights.
    Short,
    /// It is filled up with zeros: tiles have one width.
    Padded,
}

/// Packs the rows of `x` in panels of `height` rows.
fn pack_panels<E: Float>(x: MatRef<'_, E>, height: usize, edge: Edge, to: &mut [E]) {
    let panel = height * x.cols();
    let per_task = (PACK_TASK / panel).max(1);
    let n_panels = x.rows().div_ceil(height);
    parallel_chunks_mut(&mut to[..n_panels * panel], per_task * panel, |task, to| {
        dispatch(PackPanels { x, height, edge, first: task * per_task, to });
    });
}

/// Packs all rows of `x` as one panel of a left operand.
pub(crate) fn pack_panel<E: Float>(x: MatRef<'_, E>, to: &mut [E]) {
    dispatch(PackPanels { x, height: x.rows(), edge: Edge::Short, first: 0, to });
}

struct PackPanels<'a, 'y, E> {
    x: MatRef<'a, E>,
    height: usize,
    edge: Edge,
    first: usize,
    to: &'y mut [E],
}

impl<E: Float> Kernel for PackPanels<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let PackPanels { x, height, edge, first, to } = self;
        let depth = x.cols();
        for (i, to) in to.chunks_exact_mut(height * depth).enumerate() {
            let row = (first + i) * height;
            let n = height.min(x.rows() - row);
            let from = x.block(row..row + n, 0..depth);
            let [across, along] = from.strides();
            let height = if edge == Edge::Short { n } else { height };
            // SAFETY: the block is inside of its matrix.
            unsafe { pack::panel::<E, S>(from.start(), across, along, n, depth, to, height) };
        }
    }
}

struct MultiplyPanels<'a, E> {
    block: &'a Block<'a, E>,
    packed_a: &'a [E],
    packed_b: &'a [E],
    offsets: &'a [usize],
    rows: std::ops::Range<usize>,
    cols: std::ops::Range<usize>,
}

impl<E: Float> Kernel for MultiplyPanels<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let MultiplyPanels { block, packed_a, packed_b, offsets, rows, cols } = self;
        let depth = offsets.len();
        for j in cols.clone().step_by(block.width) {
            let panel_b = &packed_b[j * depth..][..block.width * depth];
            for i in rows.clone().step_by(block.height) {
                let height = block.height.min(rows.end - i);
                let panel_a = &packed_a[i * depth..][..block.height * depth];
                let target = Target {
                    // SAFETY: the tile starts inside of C.
                    start: unsafe { block.c.0.add(i * block.row_stride + j) },
                    row_stride: block.row_stride,
                    cols: block.width.min(cols.end - j),
                    alpha: block.alpha,
                    beta: block.beta,
                    bias: match block.bias {
                        Bias::PerRow(bias) => Bias::PerRow(&bias[i..]),
                        Bias::PerColumn(bias) => Bias::PerColumn(&bias[j..]),
                        Bias::None => Bias::None,
                    },
                    activation: block.activation,
                };
                let b = Rows { start: panel_b.as_ptr(), offsets };
                // SAFETY: the panels are whole, and the tile is this task's own part of C.
                unsafe { multiply::<E, S>(height, panel_a.as_ptr(), b, &target) };
            }
        }
    }
}
