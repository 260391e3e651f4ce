//! Copies of parts of an operand in the order in which a tile reads them.

use super::operand::MatRef;
use crate::Float;
use crate::simd::{CACHE_LINE, Kernel, Simd, Vector};
use crate::threads::parallel_chunks_mut;

/// About how many elements a task packs.
const TASK: usize = 16 * 1024;
/// How many panels beside each other a task packs at least, where their elements are neighbors:
/// enough to read the whole cache lines of a row, in the order in which they lie.
const BESIDE: usize = 6;
/// How many rows are called from a far cache before they are copied.
const AHEAD: isize = 16;

/// What a last panel looks like for which there are not enough rows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    /// It is lower than the others: tiles come in all heights.
    Short,
    /// It is filled up with zeros: tiles have one width.
    Padded,
}

/// Packs the rows of `x` as panels of a right operand, which `x` is the transpose of, in parallel.
pub(crate) fn pack_right<E: Float>(x: MatRef<'_, E>, height: usize, to: &mut [E]) {
    let panel = height * x.cols();
    let beside = if x.strides()[0] == 1 { BESIDE } else { 1 };
    let per_task = (TASK / panel).max(beside);
    let n_panels = x.rows().div_ceil(height);
    parallel_chunks_mut(&mut to[..n_panels * panel], per_task * panel, |task, to| {
        E::pack_panels(PackPanels { x, height, edge: Edge::Padded, first: task * per_task, to });
    });
}

/// Packs all rows of `x` as one panel, which is filled up with zeros where it has room for more.
pub(crate) fn pack_panel<E: Float>(x: MatRef<'_, E>, to: &mut [E]) {
    let height = to.len() / x.cols();
    E::pack_panels(PackPanels { x, height, edge: Edge::Padded, first: 0, to });
}

/// Packs the rows of `x` as panels of a left operand, in parallel.
pub(super) fn pack_left_in_parallel<E: Float>(x: MatRef<'_, E>, height: usize, to: &mut [E]) {
    let panel = height * x.cols();
    let per_task = (TASK / panel).max(1);
    parallel_chunks_mut(to, per_task * panel, |task, to| {
        E::pack_panels(PackPanels { x, height, edge: Edge::Short, first: task * per_task, to });
    });
}

/// Packs the rows of `x` as panels of a left operand, on this thread.
pub(super) fn pack_left<E: Float>(x: MatRef<'_, E>, height: usize, to: &mut [E]) {
    E::pack_panels(PackPanels { x, height, edge: Edge::Short, first: 0, to });
}

pub(crate) struct PackPanels<'a, 'y, E> {
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
        let rows = x.block(first * height..x.rows().min(first * height + to.len() / depth), 0..depth);
        let [across, along] = rows.strides();
        let n_whole = if across == 1 { rows.rows() / height } else { 0 };
        let (beside, rest) = to.split_at_mut(n_whole * height * depth);
        // Panels are often whole pages apart, where the nearest cache has room for few lines.
        for (i, to) in beside.chunks_mut(BESIDE * height * depth).enumerate() {
            let from = rows.start().wrapping_add(i * BESIDE * height);
            let n_panels = to.len() / (height * depth);
            // SAFETY: the whole panels are inside of their matrix.
            unsafe { columns::<E, S>(from, along, height, depth, to.as_mut_ptr(), height, n_panels) };
        }
        for (i, to) in rest.chunks_mut(height * depth).enumerate() {
            let row = (n_whole + i) * height;
            let n = height.min(rows.rows() - row);
            let from = rows.block(row..row + n, 0..depth);
            let height = if edge == Edge::Short { n } else { height };
            // SAFETY: the block is inside of its matrix.
            unsafe { panel::<E, S>(from.start(), across, along, n, depth, to, height) };
        }
    }
}

/// `to[k · height + i] = from[i · across + k · along]` for `i < n` and `k < len`, and 0 for the
/// other `i < height`: a panel of a left operand, where `across` goes from row to row, or of a
/// right one, where it goes from column to column.
///
/// # Safety
/// `1 ≤ n ≤ height`; `from` can be read at those places; the machine has the instructions of `S`.
#[inline(always)]
pub(super) unsafe fn panel<E: Float, S: Simd>(
    from: *const E,
    across: isize,
    along: isize,
    n: usize,
    len: usize,
    to: &mut [E],
    height: usize,
) {
    let to = &mut to[..len * height];
    if n < height {
        to.chunks_exact_mut(height).for_each(|column| column[n..].fill(E::ZERO));
    }
    let to = to.as_mut_ptr();
    // SAFETY: reads by the caller's promise; writes are inside of `to`, cut to size above.
    unsafe {
        if across == 1 {
            columns::<E, S>(from, along, n, len, to, height, 1);
        } else {
            let done = match along {
                1 => squares::<E, S>(from, across, n, len, to, height),
                _ => 0,
            };
            for k in done..len {
                for i in 0..n {
                    *to.add(k * height + i) = *from.offset(i as isize * across + k as isize * along);
                }
            }
        }
    }
}

/// The case where the elements of a column of the panel are neighbors, for some panels beside each
/// other, whose rows are read as they lie.
///
/// # Safety
/// As [`panel`], for each.
#[inline(always)]
unsafe fn columns<E: Float, S: Simd>(
    from: *const E,
    along: isize,
    n: usize,
    len: usize,
    to: *mut E,
    height: usize,
    n_panels: usize,
) {
    let lanes = <E::Vector<S> as Vector<E>>::LANES;
    let whole = n / lanes * lanes;
    // SAFETY: by the caller's promise.
    unsafe {
        for k in 0..len {
            let mut from = from.offset(k as isize * along);
            // Rows that lie far apart are no stream that processors foresee.
            for i in (0..n_panels * n).step_by(CACHE_LINE / size_of::<E>()) {
                S::prefetch(from.wrapping_add(i).wrapping_offset(AHEAD * along));
            }
            let mut to = to.add(k * height);
            for _ in 0..n_panels {
                for i in (0..whole).step_by(lanes) {
                    E::Vector::<S>::load(from.add(i)).store(to.add(i));
                }
                if whole < n {
                    let rest = E::Vector::<S>::load_first(from.add(whole), n - whole);
                    // What is written behind a column is overwritten by the next one.
                    if k + 1 < len && whole + lanes <= 2 * height {
                        rest.store(to.add(whole));
                    } else {
                        rest.store_first(to.add(whole), n - whole);
                    }
                }
                from = from.wrapping_add(height);
                to = to.wrapping_add(height * len);
            }
        }
    }
}

/// The case where the elements of a row of the panel are neighbors: small squares are transposed
/// in registers. Returns how many columns of the panel were packed.
///
/// # Safety
/// As [`panel`].
#[inline(always)]
unsafe fn squares<E: Float, S: Simd>(
    from: *const E,
    across: isize,
    n: usize,
    len: usize,
    to: *mut E,
    height: usize,
) -> usize {
    let side = <E::Vector<S> as Vector<E>>::SQUARE;
    if len < side {
        return 0;
    }
    // SAFETY: squares are inside of the columns and, where they are at least as high, of the rows. A
    // lower one is written with what lies beyond it only where the next column, which is in the panel,
    // then overwrites that.
    unsafe {
        for k in (0..len).step_by(side) {
            // The last square overlaps the one before it, in either direction.
            let k = k.min(len - side);
            let whole = n >= side || n == height && k + 2 * side <= len;
            for first in (0..n).step_by(side) {
                let first = first.min(n.saturating_sub(side));
                E::Vector::<S>::transpose(
                    from.offset(k as isize + first as isize * across),
                    across,
                    n.min(side),
                    to.add(k * height + first),
                    height,
                    whole,
                );
            }
        }
    }
    len
}
