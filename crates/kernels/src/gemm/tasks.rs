//! How the product with a block of a right operand is cut into tasks.
//!
//! Tasks are blocks of the result, never parts of a sum; so what is a task may depend on the number of
//! threads, and the bits do not.

use super::blocked::{PAGE, Right, balanced};
use super::operand::MatRef;
use super::pack::{pack_left, pack_left_in_parallel};
use super::shape::{NEAR, Shape};
use super::target::Target;
use super::tile::Left;
use crate::simd::CACHE_LINE;
use crate::threads::{num_threads, parallel_for};
use crate::{Float, scratch};

/// Where there are at most so many rows, a task has all of them, or is one of few.
pub(super) const FEW_ROWS: usize = 520;
/// The lines that stay in the nearest cache beside others, where at most so many columns use them.
const FEW_LINES: usize = 256;
const FEW_USES: usize = 128;
/// Into about how many tasks a block of more rows is cut, where it is large enough.
const TASKS: usize = 16;
/// The rows of the left operand that a task goes through again and again: as deep as blocks are, they
/// fill a part of the second-level cache.
const BLOCK_ROWS: usize = 168;
/// The panels of rows that a task has at least if the right operand's block has more elements than
/// [`NEAR`], so that it is not read too often from afar.
const PANELS: usize = 4;
/// The columns for which packing a panel of rows once more is cheap.
const FEW_COLS: usize = 512;
/// About how many multiplications a task with all rows has: some microseconds …
const TASK: usize = 512 * 1024;
/// … and how many tiles side by side at least, so that what it packs comes in whole lines.
const TILES: usize = 4;
/// How many elements of a right operand each thread is glad to pack for itself: to fetch what another
/// has just written takes longer.
const SMALL: usize = 80 * 1024;
/// The multiplications that are worth waking another thread for.
pub(super) const LEAST_TASK: usize = 128 * 1024;
/// How many multiplications take as long as packing an element.
pub(crate) const PACKING: usize = 10;
/// How many multiplications take as long as that two threads write to the same line.
const BORDER: usize = 2000;

/// Multiplies `a` with a block of a right operand.
pub(super) fn multiply<E: Float>(
    a: MatRef<'_, E>,
    height: usize,
    right: Right<'_, E>,
    target: Target<'_, E>,
) {
    let (m, depth, n) = (a.rows(), a.cols(), target.cols());
    let width = right.width;
    let n_panels = m.div_ceil(height);
    let packs = if right.ready < n { n } else { m * usize::from(!reads_in_place(&a, n)) } * depth;
    if m <= FEW_ROWS && packs <= num_threads() * SMALL {
        let threads = num_threads().min(m * n * depth / LEAST_TASK);
        if threads <= 1 {
            return with_left(a, height, n, pack_left, |left| right.tiles(height, left, target, 0..n));
        }
        let [height, rows, cols] = shares::<E>([m, depth, n], threads);
        in_blocks(a, height, m.div_ceil(rows.next_multiple_of(height)), right, cols, target);
    } else if m <= FEW_ROWS {
        with_left(a, height, n, pack_left_in_parallel, |left| {
            let tiles = balanced(n.div_ceil(width), (TASK / (m * width * depth)).max(TILES));
            let cols = tiles * width;
            parallel_for(n.div_ceil(cols), |task| {
                let cols = task * cols..n.min((task + 1) * cols);
                right.tiles(height, left, target, cols);
            });
        });
    } else {
        let least = if n * depth > NEAR { PANELS } else { 1 };
        let most = (BLOCK_ROWS / height).max(1);
        let panels = (n_panels / TASKS).max(least).min(most);
        // As many for each thread.
        let row_blocks = n_panels.div_ceil(panels).next_multiple_of(num_threads()).min(n_panels);
        let n_cols = TASKS.div_ceil(row_blocks).min(n / FEW_COLS).max(1);
        let cols = n.div_ceil(width).div_ceil(n_cols) * width;
        in_blocks(a, height, row_blocks, right, cols, target);
    }
}

/// The height of panels, and the rows and columns of the largest block, when each of so many threads
/// gets a block of a product of m × depth × n, cut such that it takes the least time.
fn shares<E: Float>([m, depth, n]: [usize; 3], threads: usize) -> [usize; 3] {
    let shape = Shape::of::<E>();
    let cut = |n_cols: usize| {
        let rows = m.div_ceil(threads / n_cols);
        let height = shape.panel_rows(rows);
        [height, rows.next_multiple_of(height), n.div_ceil(shape.cols).div_ceil(n_cols) * shape.cols]
    };
    let cost = |&[_, rows, cols]: &[usize; 3]| {
        let border = if cols < n { BORDER * rows / depth } else { 0 };
        rows * cols + PACKING * (rows + cols) + border
    };
    (1..=threads).map(cut).min_by_key(cost).expect("there is a thread")
}

/// Whether a left operand is best read where it lies: its rows or its columns are runs of neighbors, and
/// those of a panel do not meet in the same few lines of the nearest cache. Of a column, a panel has a part
/// of a line: most of it, or else few others may come between that and the next.
fn reads_in_place<E: Float>(a: &MatRef<'_, E>, n: usize) -> bool {
    let [apart, along] = a.strides();
    let step = apart.max(along).unsigned_abs() * size_of::<E>();
    let most_of_lines = 2 * Shape::of::<E>().max_rows * size_of::<E>() >= CACHE_LINE;
    let few = a.cols() <= FEW_LINES && n <= FEW_USES;
    apart.min(along) == 1 && (along == 1 || most_of_lines || few) && !step.is_multiple_of(PAGE)
}

/// Calls `f` with a left operand that `n` columns use: as it lies, or as `pack` packs it in panels of this
/// height.
fn with_left<E: Float>(
    a: MatRef<'_, E>,
    height: usize,
    n: usize,
    pack: impl Fn(MatRef<'_, E>, usize, &mut [E]),
    f: impl FnOnce(Left<'_, E>),
) {
    let [apart, along] = a.strides().map(isize::unsigned_abs);
    if !reads_in_place(&a, n) {
        scratch::with(a.rows() * a.cols(), |packed: &mut [E]| {
            pack(a, height, packed);
            f(Left::Panels(packed));
        });
    } else if along == 1 {
        f(Left::Rows(a.numbers(), apart));
    } else {
        scratch::with(a.cols(), |starts: &mut [usize]| {
            starts.iter_mut().enumerate().for_each(|(k, start)| *start = k * along);
            f(Left::Columns(a.numbers(), starts));
        });
    }
}

/// Multiplies blocks, each a task: the rows in `row_blocks` parts of about as many panels, the columns in
/// parts of `n_cols`. A task packs its rows if they are not read where they lie.
fn in_blocks<E: Float>(
    a: MatRef<'_, E>,
    height: usize,
    row_blocks: usize,
    right: Right<'_, E>,
    n_cols: usize,
    target: Target<'_, E>,
) {
    let (m, depth, n) = (a.rows(), a.cols(), target.cols());
    let (beside, n_panels) = (n.div_ceil(n_cols), m.div_ceil(height));
    parallel_for(row_blocks * beside, |task| {
        let (i, j) = (task / beside, task % beside * n_cols);
        let first = |block: usize| (block * n_panels / row_blocks * height).min(m);
        let (rows, cols) = (first(i)..first(i + 1), j..n.min(j + n_cols));
        let target = target.block(rows.clone());
        with_left(a.block(rows, 0..depth), height, n, pack_left, |left| {
            right.tiles(height, left, target, cols);
        });
    });
}
