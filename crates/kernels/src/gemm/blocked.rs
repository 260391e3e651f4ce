//! The loops around the tiles: blocks that fit the caches, packed once and shared by all threads.
//!
//! The sum over k is cut into runs of at most [`DEPTH`], the columns into blocks. For each, the right
//! operand is packed into panels that all share. Then each task multiplies a few panels of the left one,
//! which stay in its core's cache, with all of the block; it packs them, unless they are read where they
//! lie.
//! Where there are too few rows for that, each task packs the columns that it uses, or reads them where
//! they lie. The module `tasks` says what the tasks are.
//! The first run scales C by β, the last applies the epilogue.

use std::ops::Range;
use std::sync::Arc;

use super::operand::{Epilogue, MatRef};
use super::pack::pack_right;
use super::shape::{NEAR, Shape};
use super::target::Target;
use super::tasks::{FEW_ROWS, PACKING, multiply};
use super::tile::{Columns, Left, Tiles};
use crate::Float;
use crate::kept::{self, Form};
use crate::scratch::{self, Lines};

/// How much of the sum is done at a time. Each further run reads and writes C again, which costs more
/// than that a panel of the right operand of this depth is read from the second-level cache.
const DEPTH: usize = 512;
/// The columns that are packed at a time.
const BLOCK_COLS: usize = 4096;
/// The most rows of a left operand for which the right one is not packed, where its rows are contiguous.
const IN_PLACE_ROWS: usize = 64;
/// If these are more panels than this, it has at most so many columns: each panel reads it from a cache
/// again, half a line after the other where vectors are short.
const IN_PLACE_PANELS: usize = 5;
const IN_PLACE_COLS: usize = 128;
/// The bytes of a page, and about those between elements that the nearest cache keeps in the same place.
pub(super) const PAGE: usize = 4096;

/// Cuts `len` into as few parts of at most `most` as possible: the size of all but the last.
pub(super) fn balanced(len: usize, most: usize) -> usize {
    if len <= most {
        return len.max(1);
    }
    len.div_ceil(len.div_ceil(most))
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
        pack_right(b.block(ks, cols).transposed(), blocks.width, &mut packed[place]);
    }
}

/// A whole right operand as [`pack`] packs it, where it is kept, which must pay for left operands of
/// `m` rows.
pub(super) fn kept<E: Float>(m: usize, b: &MatRef<'_, E>) -> Option<Arc<Lines<E>>> {
    let kept = b.kept().filter(|_| kept::pays(m, PACKING))?;
    let form = Form::Right { sizes: [b.rows(), b.cols()], strides: b.strides() };
    kept.get(form, packed_len::<E>(b.rows(), b.cols()), |panels| pack(*b, panels))
}

/// A right operand as [`pack`] packs it, of `sizes` k × n; a product may be with its first rows and
/// columns only.
#[derive(Clone, Copy, Debug)]
pub(super) struct Panels<'a, E> {
    packed: &'a [E],
    sizes: [usize; 2],
}

impl<'a, E: Float> Panels<'a, E> {
    pub(super) fn of(packed: &'a [E], b: &MatRef<'_, E>) -> Self {
        Panels { packed, sizes: [b.rows(), b.cols()] }
    }
}

/// `C = act(α·A·B + β·C + bias)` for k > 0, where `panels` begin with B, if there are any.
///
/// # Safety
/// The sizes fit, and C is `a.rows()` rows of `b.cols()` elements, `row_stride` apart, that nobody
/// else uses.
pub(super) unsafe fn gemm<E: Float>(
    alpha: E,
    a: MatRef<'_, E>,
    b: MatRef<'_, E>,
    panels: Option<Panels<'_, E>>,
    beta: E,
    c: *mut E,
    row_stride: usize,
    epilogue: Epilogue<'_, E>,
) {
    let (m, k, n) = (a.rows(), a.cols(), b.cols());
    let [whole_k, whole_n] = panels.map_or([k, n], |panels| panels.sizes);
    let blocks = Blocks::of::<E>(whole_k, whole_n);
    let shape = Shape::of::<E>();
    let (height, width, lanes) = (shape.panel_rows(m), shape.cols, shape.lanes());
    // SAFETY: the whole of C; `multiply` cuts it into tiles.
    let mut whole = unsafe { Target::new(c, row_stride, m, n) };
    whole.alpha = alpha;
    whole.bias = epilogue.bias;
    whole.activation = epilogue.activation;
    let way = match panels {
        Some(panels) => Way::Packed(panels),
        None if reads_in_place(m, &b) => Way::InPlace,
        None if m <= FEW_ROWS => Way::PackedByTasks,
        None => Way::PackedForAll,
    };
    let b_stride = b.strides()[0].unsigned_abs();
    let right_len = if matches!(way, Way::PackedForAll) { blocks.cols * blocks.depth } else { 0 };

    scratch::with(right_len, |buffer: &mut [E]| {
        scratch::with(blocks.depth, |offsets: &mut [usize]| {
            for (ks, cols) in blocks.iter().filter(|(ks, cols)| ks.start < k && cols.start < n) {
                let part = b.block(ks.start..ks.end.min(k), cols.start..cols.end.min(n));
                let n_cols = part.cols();
                // How many columns are ready, and how far it is from row to row and from tile to tile.
                let (numbers, ready, steps) = match way {
                    Way::Packed(panels) => {
                        (&panels.packed[blocks.place(&ks, &cols)], n_cols, [width, width * ks.len()])
                    }
                    // Whole tiles and halves, so that nothing behind the matrix is read. A half that others
                    // follow belongs to the tile that these are packed in: it would be added up otherwise.
                    Way::InPlace => {
                        let ready =
                            if n_cols.is_multiple_of(lanes) { n_cols } else { n_cols / width * width };
                        (part.numbers(), ready, [b_stride, width])
                    }
                    Way::PackedByTasks => (&[][..], 0, [width, width * ks.len()]),
                    Way::PackedForAll => {
                        pack_right(part.transposed(), width, buffer);
                        (&*buffer, n_cols, [width, width * ks.len()])
                    }
                };
                offsets.iter_mut().enumerate().for_each(|(k, offset)| *offset = k * steps[0]);
                let offsets = &offsets[..part.rows()];
                let right = Right { matrix: part, numbers, ready, offsets, step: steps[1], width };
                let ks = ks.start..ks.end.min(k);
                let mut target = if ks.end == k { whole } else { whole.plain() };
                target.beta = if ks.start == 0 { beta } else { E::ONE };
                multiply(a.block(0..m, ks), height, right, target.columns(cols.start..cols.end.min(n)));
            }
        });
    });
}

/// What is done with a right operand before it is multiplied.
#[derive(Clone, Copy)]
enum Way<'a, E> {
    /// It has been packed.
    Packed(Panels<'a, E>),
    /// It is packed, for all tasks.
    PackedForAll,
    /// Each task packs the columns that it uses.
    PackedByTasks,
    /// It is read where it lies, but for columns that are not a whole tile.
    InPlace,
}

/// Whether the right operand of a product of `m` rows is best read where it lies: its rows are
/// contiguous, too few use it for a copy to pay, and it comes from a near cache, where its rows do not
/// all meet in the same few lines.
fn reads_in_place<E: Float>(m: usize, b: &MatRef<'_, E>) -> bool {
    let [along, across] = b.strides();
    let apart = along.unsigned_abs() * size_of::<E>();
    let near = b.rows() * b.cols() <= NEAR && !apart.is_multiple_of(PAGE);
    let few = m <= IN_PLACE_PANELS * Shape::of::<E>().max_rows || b.cols() <= IN_PLACE_COLS;
    m <= IN_PLACE_ROWS && few && near && across == 1 && along >= 0
}

/// A block of a right operand as tiles read it.
#[derive(Clone, Copy)]
pub(super) struct Right<'a, E> {
    matrix: MatRef<'a, E>,
    /// Where its rows are, and how many of its columns: tasks pack those behind.
    numbers: &'a [E],
    pub(super) ready: usize,
    offsets: &'a [usize],
    /// How far it is from tile to tile.
    step: usize,
    /// The columns of a tile.
    pub(super) width: usize,
}

impl<E: Float> Right<'_, E> {
    /// Multiplies all rows of a left operand, in panels of this height, with some columns.
    pub(super) fn tiles(self, height: usize, left: Left<'_, E>, target: Target<'_, E>, cols: Range<usize>) {
        let Right { matrix, numbers, ready, offsets, step, width } = self;
        let (depth, rows) = (matrix.rows(), 0..target.rows());
        let ready = ready.clamp(cols.start, cols.end);
        if cols.start < ready {
            let (rows, cols, columns) = (rows.clone(), cols.start..ready, Columns::Tiles(step));
            E::tiles(Tiles { height, rows, cols, left, right: numbers, columns, offsets, target });
        }
        if ready < cols.end {
            let cols = ready..cols.end;
            let n = cols.len().next_multiple_of(width);
            scratch::with(n * depth, |right: &mut [E]| {
                pack_right(matrix.block(0..depth, cols.clone()).transposed(), width, right);
                scratch::with(depth, |offsets: &mut [usize]| {
                    offsets.iter_mut().enumerate().for_each(|(k, offset)| *offset = k * width);
                    let (columns, target) = (Columns::Tiles(width * depth), target.columns(cols.clone()));
                    let cols = 0..cols.len();
                    E::tiles(Tiles { height, rows, cols, left, right, columns, offsets, target });
                });
            });
        }
    }
}
