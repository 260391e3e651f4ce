//! The innermost loops: a tile of the result held in registers.
//!
//! Both matrix products and convolutions end here. The left operand is packed in panels of a few
//! rows, column by column, or read where it lies. The right operand is a set of rows that may lie
//! anywhere: in a packed panel, in the matrix itself, or, shifted against each other, in an image.

mod columns;
mod factors;

use std::mem::MaybeUninit;
use std::ops::Range;

use super::operand::{Activation, Bias};
use super::shape::{NEAR, VECTORS, max_double_rows, most_rows};
use super::target::{Target, finish};
use crate::Float;
use crate::simd::{CACHE_LINE, Kernel, Simd, Vector};

pub(crate) use columns::Columns;
use factors::{Factors, InColumns, InPanel, InRows};

/// The terms of a sum between two looks at whether it goes on.
const UNROLL: usize = 4;
/// The most elements of a right operand that a panel of the left one, which stays in the first-level cache,
/// is multiplied with before it is the next panel's turn. They leave room in the second-level cache.
const MOST_IN_TURN: usize = NEAR / 2;
/// How many there are for each row of a left operand, where the right one may come from memory: the first
/// panel calls as many that are multiplied after these, so that only the first of all are waited for.
const IN_TURN_OF_ROW: usize = 512;
/// How many rows of a right operand are called from there before they are needed.
const AHEAD: usize = 8;

/// The left operand of a grid of tiles.
#[derive(Clone, Copy)]
pub(crate) enum Left<'a, E> {
    /// Its panels, from row 0 on, one after the other.
    Panels(&'a [E]),
    /// Its rows as they lie, so far apart.
    Rows(&'a [E], usize),
    /// Its columns as they lie, each of which starts at its own place: its rows are neighbors.
    Columns(&'a [E], &'a [usize]),
}

/// A grid of tiles: `c = act(alpha · left · right + beta · c + bias)` for some rows and columns.
pub(crate) struct Tiles<'a, E> {
    /// The rows of all panels of the left operand but the last.
    pub(crate) height: usize,
    /// Which rows of the result are computed; starts a panel.
    pub(crate) rows: Range<usize>,
    /// Which columns; starts a tile.
    pub(crate) cols: Range<usize>,
    pub(crate) left: Left<'a, E>,
    /// What the right operand's rows are in.
    pub(crate) right: &'a [E],
    /// Where its columns lie.
    pub(crate) columns: Columns<'a>,
    /// Where each row starts, less where its columns lie.
    pub(crate) offsets: &'a [usize],
    /// The whole result.
    pub(crate) target: Target<'a, E>,
}

impl<E: Float> Kernel for Tiles<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Tiles { height, rows, cols, left, right, columns, offsets, target } = self;
        let lanes = <E::Vector<S> as Vector<E>>::LANES;
        let width = VECTORS * lanes;
        let depth = offsets.len();
        let furthest = offsets.iter().copied().max().unwrap_or(0);
        assert!(rows.start.is_multiple_of(height) && cols.start.is_multiple_of(width));
        assert!(rows.end <= target.rows() && cols.end <= target.cols());
        let (left, left_step, order) = match left {
            Left::Panels(panels) => {
                assert!(panels.len() >= rows.end * depth);
                (panels, depth, Order::Panel)
            }
            Left::Rows(numbers, apart) => {
                assert!(height <= most_rows::<S, VECTORS>());
                assert!(rows.is_empty() || numbers.len() >= (rows.end - 1) * apart + depth);
                (numbers, apart, Order::Rows(apart))
            }
            Left::Columns(numbers, starts) => {
                assert!(starts.len() == depth && height <= most_rows::<S, VECTORS>());
                assert!(rows.end + starts.iter().copied().max().unwrap_or(0) <= numbers.len());
                (numbers, 1, Order::Columns(starts))
            }
        };
        let doubles = height <= max_double_rows::<S>() && matches!(order, Order::Panel);
        let in_turn = match columns {
            Columns::Tiles(_) => MOST_IN_TURN.min(IN_TURN_OF_ROW * rows.len()),
            Columns::Vectors(_) => MOST_IN_TURN,
        };
        let in_turn = (in_turn / (2 * width * depth.max(1))).max(1) * 2 * width;
        for first in cols.clone().step_by(in_turn) {
            let end = cols.end.min(first + in_turn);
            for i in rows.clone().step_by(height) {
                let mut j = first;
                while j < end {
                    // Where panels are low, two whole tiles share what is read of the left operand; and of
                    // the last tile only the half that is needed is computed.
                    let vecs = match end - j {
                        left if doubles && left >= 2 * width => 2 * VECTORS,
                        left if left > lanes => VECTORS,
                        _ => 1,
                    };
                    let mut starts = [0; 2 * VECTORS];
                    for (v, start) in starts[..vecs].iter_mut().enumerate() {
                        *start = columns.start(j / lanes + v, lanes);
                        assert!(furthest + *start + lanes <= right.len());
                    }
                    let calls = i == rows.start && j + in_turn < cols.end;
                    let to_next = if calls { columns.distance(in_turn / width) } else { 0 };
                    let tile = Tile {
                        left: left[i * left_step..].as_ptr(),
                        order,
                        right: right.as_ptr(),
                        starts,
                        to_next,
                        offsets,
                        row: i,
                        col: j,
                        cols: (vecs * lanes).min(end - j),
                    };
                    let rows = height.min(rows.end - i);
                    // SAFETY: the panel has as many rows as are passed, `right` can be read for a tile
                    // from each offset on, and the tile is inside of the target; all as asserted.
                    unsafe {
                        match vecs {
                            1 => compute::<E, S, 1, false>(rows, &tile, &target),
                            VECTORS => compute_and_call::<E, S, VECTORS>(rows, &tile, &target),
                            _ => compute_and_call::<E, S, { 2 * VECTORS }>(rows, &tile, &target),
                        }
                    }
                    j += vecs * lanes;
                }
            }
        }
    }
}

/// In which order the left operand of a tile lies: see [`Left`].
#[derive(Clone, Copy)]
enum Order<'a> {
    Panel,
    Rows(usize),
    Columns(&'a [usize]),
}

/// One tile, two beside each other, or half of one.
struct Tile<'a, E> {
    /// Its part of the left operand.
    left: *const E,
    order: Order<'a>,
    /// Vector v of row k of the right operand is `offsets[k] + starts[v]` from here.
    right: *const E,
    starts: [usize; 2 * VECTORS],
    /// How far behind it lies what is multiplied next; 0 if nothing is called.
    to_next: usize,
    offsets: &'a [usize],
    /// Its place in the result.
    row: usize,
    col: usize,
    /// How many of its columns are in the result.
    cols: usize,
}

/// Whether a vector fills a cache line; else a row of a tile does.
const fn fills_line<E: Float, S: Simd>() -> bool {
    <E::Vector<S> as Vector<E>>::LANES * size_of::<E>() == CACHE_LINE
}

/// The most vectors that a tile has.
const MAX_SUMS: usize = 28;

/// As [`compute`], which calls what is `to_next` behind if anything is.
///
/// # Safety
/// As there.
#[inline(always)]
unsafe fn compute_and_call<E: Float, S: Simd, const VECS: usize>(
    rows: usize,
    tile: &Tile<'_, E>,
    target: &Target<'_, E>,
) {
    // SAFETY: by the caller's promise.
    unsafe {
        // Where a vector fills a line, there is time to call something for each, needed or not.
        if const { !fills_line::<E, S>() } && tile.to_next == 0 {
            compute::<E, S, VECS, false>(rows, tile, target);
        } else {
            compute::<E, S, VECS, true>(rows, tile, target);
        }
    }
}

/// Computes `rows` rows of `VECS` vectors, and calls what is `to_next` behind them if it `CALLS`.
///
/// # Safety
/// `left` holds `rows` numbers for each offset, `rows` being at least 1 and at most what the
/// registers hold. Each row of the right operand can be read. The tile is inside of the target.
#[inline(always)]
unsafe fn compute<E: Float, S: Simd, const VECS: usize, const CALLS: bool>(
    rows: usize,
    tile: &Tile<'_, E>,
    target: &Target<'_, E>,
) {
    let lanes = <E::Vector<S> as Vector<E>>::LANES;
    debug_assert!((1..=most_rows::<S, VECS>()).contains(&rows));
    let adds = target.beta == E::ONE && target.alpha == E::ONE;
    let whole = tile.cols == VECS * lanes;
    let plain = whole
        && (target.beta == E::ZERO || adds)
        && matches!(target.bias, Bias::None)
        && target.activation == Activation::Identity;
    // SAFETY: by the caller's promise; the buffer holds the sums of the largest tile, and those that
    // are read have been written.
    unsafe {
        // The result is far away where it is large, and its rows are no stream that processors foresee.
        for i in 0..rows {
            for v in 0..VECS {
                S::prefetch(target.place(tile.row + i, tile.col).wrapping_add(v * lanes));
            }
        }
        let mut buffer = [const { MaybeUninit::<E::Vector<S>>::uninit() }; MAX_SUMS];
        let to = if plain {
            let (to, stride) = (target.place(tile.row, tile.col), target.row_stride());
            Sums { to, stride, add: adds }
        } else {
            Sums { to: buffer.as_mut_ptr().cast::<E>(), stride: VECS * lanes, add: false }
        };
        macro_rules! for_rows {
            ($($n:literal)*) => {
                #[expect(clippy::collapsible_match, reason = "a guard is compiled with what it guards")]
                match rows {
                    // Heights that the registers of `S` do not hold are not even compiled.
                    $($n => if const { $n <= most_rows::<S, VECS>() } {
                        match tile.order {
                            Order::Panel => {
                                let left = InPanel::<E, $n>(tile.left);
                                multiply::<E, S, _, $n, VECS, CALLS>(tile, left, target.alpha, to)
                            }
                            Order::Rows(apart) => if const { VECS <= VECTORS } {
                                let rows = std::array::from_fn(|i| tile.left.wrapping_add(i * apart));
                                let left = InRows::<E, $n>(rows);
                                multiply::<E, S, _, $n, VECS, CALLS>(tile, left, target.alpha, to)
                            },
                            Order::Columns(starts) => if const { VECS <= VECTORS } {
                                let left = InColumns { numbers: tile.left, starts: starts.as_ptr() };
                                multiply::<E, S, _, $n, VECS, CALLS>(tile, left, target.alpha, to)
                            }
                        }
                    },)*
                    _ => {}
                }
            };
        }
        for_rows!(1 2 3 4 5 6 7 8 9 10 11 12 13 14);
        if !plain {
            for i in 0..rows {
                for v in 0..VECS {
                    let (row, col) = (tile.row + i, tile.col + v * lanes);
                    let n = tile.cols.saturating_sub(v * lanes).min(lanes);
                    if whole {
                        finish::<E, S>(target, row, col, lanes, buffer[i * VECS + v].assume_init());
                    } else if n > 0 {
                        finish::<E, S>(target, row, col, n, buffer[i * VECS + v].assume_init());
                    }
                }
            }
        }
    }
}

/// Where the sums of a tile go.
#[derive(Clone, Copy)]
struct Sums<E> {
    to: *mut E,
    /// From row to row.
    stride: usize,
    /// Whether they are added to what is there.
    add: bool,
}

/// Writes `alpha` times the products of `ROWS` rows to where the sums go; α is 1 if they are added there.
///
/// # Safety
/// As [`compute`]; the rows can be written, and read if sums are added to them.
#[inline(always)]
unsafe fn multiply<
    E: Float,
    S: Simd,
    L: Factors<E>,
    const ROWS: usize,
    const VECS: usize,
    const CALLS: bool,
>(
    tile: &Tile<'_, E>,
    left: L,
    alpha: E,
    Sums { to, stride, add }: Sums<E>,
) {
    let lanes = <E::Vector<S> as Vector<E>>::LANES;
    // SAFETY: the machine has the instructions of `S` by the contract of `Kernel`; the addresses
    // are those that the caller promises.
    unsafe {
        let mut sums = [[E::Vector::<S>::splat(E::ZERO); VECS]; ROWS];
        if add {
            for (i, sums) in sums.iter_mut().enumerate() {
                for (v, sum) in sums.iter_mut().enumerate() {
                    *sum = E::Vector::<S>::load(to.add(i * stride + v * lanes));
                }
            }
        }
        let mut k = 0;
        let mut right = [tile.right; VECS];
        for (right, start) in right.iter_mut().zip(tile.starts) {
            *right = right.add(start);
        }
        let (unrolled, rest) =
            if const { L::UNROLLED } { tile.offsets.as_chunks::<UNROLL>() } else { (&[][..], tile.offsets) };
        for offsets in unrolled {
            for &offset in offsets {
                add_term::<E, S, L, ROWS, VECS, CALLS>(&mut sums, left, k, right, offset, tile.to_next);
                k += 1;
            }
        }
        for &offset in rest {
            add_term::<E, S, L, ROWS, VECS, CALLS>(&mut sums, left, k, right, offset, tile.to_next);
            k += 1;
        }
        let alpha = E::Vector::<S>::splat(alpha);
        for (i, sums) in sums.iter().enumerate() {
            for (v, sum) in sums.iter().enumerate() {
                sum.mul(alpha).store(to.add(i * stride + v * lanes));
            }
        }
    }
}

/// Adds the products of a column of the left operand with a row of the right one.
///
/// It is a function, because closures that are not inlined lack the instructions of `S`.
///
/// # Safety
/// Term `k` of each row of `left` can be read, and a vector `offset` behind each of `right`; the machine
/// has the instructions of `S`.
#[inline(always)]
unsafe fn add_term<
    E: Float,
    S: Simd,
    L: Factors<E>,
    const ROWS: usize,
    const VECS: usize,
    const CALLS: bool,
>(
    sums: &mut [[E::Vector<S>; VECS]; ROWS],
    left: L,
    k: usize,
    right: [*const E; VECS],
    offset: usize,
    to_next: usize,
) {
    // SAFETY: by the caller's promise.
    unsafe {
        let ahead = AHEAD * VECTORS * <E::Vector<S> as Vector<E>>::LANES;
        let next = offset + to_next;
        let mut columns = [E::Vector::<S>::splat(E::ZERO); VECS];
        for (column, right) in columns.iter_mut().zip(right) {
            *column = E::Vector::<S>::load(right.add(offset));
            if const { fills_line::<E, S>() } {
                S::prefetch(right.wrapping_add(offset + ahead));
                if const { CALLS } {
                    S::prefetch_far(right.wrapping_add(next));
                }
            }
        }
        if const { !fills_line::<E, S>() } {
            for tile in right.as_chunks::<VECTORS>().0 {
                S::prefetch(tile[0].wrapping_add(offset + ahead));
                if const { CALLS } {
                    S::prefetch_far(tile[0].wrapping_add(next));
                }
            }
        }
        for (i, sums) in sums.iter_mut().enumerate() {
            let factor = E::Vector::<S>::splat(left.factor(k, i));
            for (sum, column) in sums.iter_mut().zip(columns) {
                *sum = factor.mul_add(column, *sum);
            }
        }
    }
}
