//! Sums, maxima and their places along an axis.
//!
//! A tensor is seen as `(outer, len, inner)`, row by row, with the axis in the middle ([`Axis`]).
//! Sums are blocked: short runs are added by several accumulators beside each other and the runs are then
//! added to each other, so the error grows like the logarithm of the length or the square root at worst, and
//! the order depends on the sizes and the machine's vectors, not on threads.

use crate::threads::{Disjoint, num_threads, parallel_chunks_mut, parallel_for};
use crate::{Float, scratch};

pub(crate) mod columns;
pub(crate) mod fold;
mod maxima;
mod sums;

pub(crate) use maxima::{Argmax, ArgmaxEach, Max, MaxEach, MaxRows, max_or_nan};
pub(crate) use sums::{Sum, SumEach, SumRows, SumSquares};

/// The middle axis of `(outer, len, inner)`, row by row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    /// The product of the sizes of the axes before.
    pub outer: usize,
    /// The size of the axis itself.
    pub len: usize,
    /// The product of the sizes of the axes behind.
    pub inner: usize,
}

impl Axis {
    /// Axis `axis` of a tensor of `dims`.
    ///
    /// # Example
    /// ```
    /// use tenon_kernels::reduce::Axis;
    /// assert_eq!(Axis::of(&[2, 3, 5, 7], 1), Axis { outer: 2, len: 3, inner: 35 });
    /// ```
    pub fn of(dims: &[usize], axis: usize) -> Axis {
        Axis {
            outer: dims[..axis].iter().product(),
            len: dims[axis],
            inner: dims[axis + 1..].iter().product(),
        }
    }

    /// The elements of the whole tensor.
    pub fn numel(&self) -> usize {
        self.outer * self.len * self.inner
    }

    /// The elements that are left when the axis is reduced.
    pub fn reduced(&self) -> usize {
        self.outer * self.inner
    }

    /// Panics unless `whole` elements fill the tensor and `reduced` elements what is left of it.
    pub(crate) fn check(&self, whole: usize, reduced: usize) {
        assert_eq!(whole, self.numel(), "elements of {self:?}");
        assert_eq!(reduced, self.reduced(), "elements of {self:?} without its axis");
    }
}

/// Two of the widest vectors.
pub(crate) const LANES: usize = 32;
/// Up to this length, rows are added up by one kernel for many of them.
const SHORT: usize = 128;
/// About how many elements a task reads.
const BLOCK: usize = 32 * 1024;

/// The sum of all elements.
pub fn sum_all<E: Float>(x: &[E]) -> E {
    let n_blocks = x.len().div_ceil(BLOCK);
    if n_blocks <= 1 {
        return E::sum_run(Sum(x));
    }
    scratch::with(n_blocks, |partial: &mut [E]| {
        parallel_chunks_mut(partial, 1, |i, partial| {
            partial[0] = E::sum_run(Sum(&x[i * BLOCK..x.len().min((i + 1) * BLOCK)]));
        });
        E::sum_run(Sum(partial))
    })
}

/// The sum of the squares of all elements, in double precision, so that it does not overflow for `f32`.
pub fn sum_of_squares<E: Float>(x: &[E]) -> f64 {
    scratch::with(x.len().div_ceil(BLOCK), |partial: &mut [f64]| {
        parallel_chunks_mut(partial, 1, |i, partial| {
            partial[0] = E::sum_squares(SumSquares(&x[i * BLOCK..x.len().min((i + 1) * BLOCK)]));
        });
        sum_all(partial)
    })
}

/// `y[o, i] = Σₖ x[o, k, i]`.
pub fn sum<E: Float>(x: &[E], axis: Axis, y: &mut [E]) {
    axis.check(x.len(), y.len());
    let Axis { len, inner, .. } = axis;
    if inner == 1 {
        let rows = (BLOCK / len.max(1)).max(1);
        parallel_chunks_mut(y, rows, |i, y| {
            let x = &x[i * rows * len..][..y.len() * len];
            if len <= SHORT {
                return E::sum_each(SumEach { x, len, y });
            }
            for (row, y) in y.iter_mut().enumerate() {
                *y = sum_all(&x[row * len..][..len]);
            }
        });
        return;
    }
    if inner == 0 {
        return;
    }
    let rows = (BLOCK / inner).max(16);
    let n_chunks = len.div_ceil(rows).max(1);
    if n_chunks == 1 {
        let per_task = (BLOCK / (len * inner).max(1)).max(1);
        parallel_chunks_mut(y, inner * per_task, |i, y| {
            for (slab, y) in y.chunks_exact_mut(inner).enumerate() {
                let slab = i * per_task + slab;
                E::sum_rows(SumRows { x: &x[slab * len * inner..][..len * inner], y });
            }
        });
        return;
    }
    scratch::with(axis.outer * n_chunks * inner, |partial: &mut [E]| {
        parallel_chunks_mut(partial, inner, |i, y| {
            let (slab, chunk) = (i / n_chunks, i % n_chunks);
            let rows = chunk * rows..((chunk + 1) * rows).min(len);
            let x = &x[(slab * len + rows.start) * inner..(slab * len + rows.end) * inner];
            E::sum_rows(SumRows { x, y });
        });
        sum(partial, Axis { len: n_chunks, ..axis }, y);
    });
}

/// Sums a gradient of a broadcast result back to what was broadcast: `to` are the dims of the
/// smaller shape, aligned with the last of `dims`, each equal to its partner or 1.
///
/// `y[j] = Σ x[i]` over all places `i` of `dims` that show place `j` of `to`.
pub fn sum_to<E: Float>(x: &[E], dims: &[usize], to: &[usize], y: &mut [E]) {
    assert!(to.len() <= dims.len(), "{to:?} broadcasts to {dims:?}");
    let lead = dims.len() - to.len();
    let reduces = |axis: usize| {
        let target = if axis < lead { 1 } else { to[axis - lead] };
        assert!(target == dims[axis] || target == 1, "{to:?} broadcasts to {dims:?}");
        target != dims[axis]
    };
    assert_eq!(x.len(), dims.iter().product::<usize>(), "elements of {dims:?}");
    assert_eq!(y.len(), to.iter().product::<usize>(), "elements of {to:?}");

    // The last run of neighboring axes that are to go; the recursion takes the others.
    let Some(last) = (0..dims.len()).rev().find(|&axis| reduces(axis)) else {
        y.copy_from_slice(x);
        return;
    };
    let first = (0..last).rev().find(|&axis| !reduces(axis)).map_or(0, |axis| axis + 1);
    let axis = Axis {
        outer: dims[..first].iter().product(),
        len: dims[first..=last].iter().product(),
        inner: dims[last + 1..].iter().product(),
    };
    if (0..first).any(reduces) {
        let mut rest = [1; crate::layout::MAX_RANK];
        rest[..dims.len()].copy_from_slice(dims);
        rest[first..=last].fill(1);
        scratch::with(axis.reduced(), |partial: &mut [E]| {
            sum(x, axis, partial);
            sum_to(partial, &rest[..dims.len()], to, y);
        });
    } else {
        sum(x, axis, y);
    }
}

/// `y[o, i] = maxₖ x[o, k, i]`, NaN if any of them is NaN; of zeros with either sign, any.
///
/// # Panics
/// If the axis is empty.
pub fn max<E: Float>(x: &[E], axis: Axis, y: &mut [E]) {
    axis.check(x.len(), y.len());
    let Axis { len, inner, .. } = axis;
    assert!(len > 0 || y.is_empty(), "the maximum of nothing");
    if inner == 1 && len > BLOCK {
        return x.chunks_exact(len).zip(y).for_each(|(x, y)| *y = max_of_long(x));
    }
    if inner == 1 {
        return in_rows(x, len, y, |x, y| E::max_each(MaxEach { x, len, y }));
    }
    in_columns(x, axis, y, |x, y| E::max_rows(MaxRows { x, pitch: inner, y }));
}

/// The maximum of the maxima of blocks.
fn max_of_long<E: Float>(x: &[E]) -> E {
    scratch::with(x.len().div_ceil(BLOCK), |maxima: &mut [E]| {
        parallel_chunks_mut(maxima, 1, |i, y| {
            let x = &x[i * BLOCK..x.len().min((i + 1) * BLOCK)];
            E::max_each(MaxEach { x, len: x.len(), y });
        });
        let mut max = [E::NEG_INFINITY];
        E::max_each(MaxEach { x: maxima, len: maxima.len(), y: &mut max });
        max[0]
    })
}

/// `y[o, i]`: the first `k` for which `x[o, k, i]` is the maximum; NaN counts as the largest.
///
/// # Panics
/// If the axis is empty.
pub fn argmax<E: Float>(x: &[E], axis: Axis, y: &mut [u32]) {
    axis.check(x.len(), y.len());
    let Axis { len, inner, .. } = axis;
    assert!(len > 0 || y.is_empty(), "the place of the maximum of nothing");
    if inner == 1 {
        return in_rows(x, len, y, |x, y| E::argmax_each(ArgmaxEach { x, len, y }));
    }
    in_columns(x, axis, y, |x, y| E::argmax(Argmax { x, pitch: inner, y }));
}

/// Calls `task` with rows of `len` elements, and a result for each.
fn in_rows<E: Float, Y: Send>(x: &[E], len: usize, y: &mut [Y], task: impl Fn(&[E], &mut [Y]) + Sync) {
    let rows = (BLOCK / len.max(1)).max(1);
    parallel_chunks_mut(y, rows, |i, y| task(&x[i * rows * len..][..y.len() * len], y));
}

/// Calls `task` with neighboring columns, which begin at the first element that it is given and whose rows
/// are `inner` apart, and a result for each column.
fn in_columns<E: Float, Y: Send>(x: &[E], axis: Axis, y: &mut [Y], task: impl Fn(&[E], &mut [Y]) + Sync) {
    /// Shorter pieces of rows would be read slower than more tasks can gain.
    const FEWEST: usize = 128;
    /// How many tasks there are for each thread, if the sizes allow for as many.
    const TASKS: usize = 2;
    let Axis { outer, len, inner } = axis;
    if y.is_empty() {
        return;
    }
    let slabs = (BLOCK / (len * inner)).max(1);
    let most = if slabs > 1 { 1 } else { (TASKS * num_threads()).div_ceil(outer) };
    let columns = inner.div_ceil(most).max(FEWEST);
    let pieces = inner.div_ceil(columns);
    let y = &Disjoint::new(y);
    parallel_for(outer.div_ceil(slabs) * pieces, |i| {
        let first = i % pieces * columns;
        for slab in i / pieces * slabs..outer.min((i / pieces + 1) * slabs) {
            // SAFETY: no two tasks have the same columns of a slab.
            let y = unsafe { y.slice(slab * inner + first, columns.min(inner - first)) };
            task(&x[slab * len * inner..][first..len * inner], y);
        }
    });
}
