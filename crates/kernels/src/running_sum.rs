//! Running sums along an axis.

use crate::Float;
use crate::reduce::Axis;
use crate::simd::{Kernel, Simd};
use crate::threads::{Disjoint, parallel_chunks_mut, parallel_for};

/// About how many elements a task has.
const BLOCK: usize = 16 * 1024;
/// How many rows are added up at a time: each is a chain of additions that wait for one another.
const ROWS: usize = 4;
/// How many columns are added up at a time at the most.
const COLUMNS: usize = 1024;

/// `y[o, k, i] = Σⱼ x[o, j, i]` for j ≤ k, or for j ≥ k if it runs `from_end`; added one by one.
pub fn running_sum<E: Float>(x: &[E], axis: Axis, from_end: bool, y: &mut [E]) {
    let Axis { outer, len, inner } = axis;
    assert_eq!(x.len(), axis.numel(), "elements of {axis:?}");
    assert_eq!(y.len(), axis.numel(), "elements of {axis:?}");
    if y.is_empty() {
        return;
    }
    if inner == 1 {
        let rows = (BLOCK / len).max(1).next_multiple_of(ROWS);
        parallel_chunks_mut(y, rows * len, |i, y| {
            let x = &x[i * rows * len..][..y.len()];
            E::sum_along_rows(SumAlongRows { x, len, from_end, y });
        });
        return;
    }
    let columns = COLUMNS.min(inner);
    let n_chunks = inner.div_ceil(columns);
    let n_strips = outer * n_chunks;
    let per_task = (BLOCK / (len * columns)).max(1);
    let y = &Disjoint::new(y);
    parallel_for(n_strips.div_ceil(per_task), |task| {
        for strip in task * per_task..((task + 1) * per_task).min(n_strips) {
            let (slab, first) = (strip / n_chunks, strip % n_chunks * columns);
            let width = columns.min(inner - first);
            let start = slab * len * inner + first;
            E::sum_along_columns(SumAlongColumns { x, axis, start, width, from_end, y });
        }
    });
}

/// The places of a line, in the order in which they are added.
macro_rules! places {
    ($len:expr, $from_end:expr) => {
        (0..$len).map(|step| if $from_end { $len - 1 - step } else { step })
    };
}

/// Running sums of rows of `len` elements.
pub(crate) struct SumAlongRows<'a, 'y, E> {
    x: &'a [E],
    len: usize,
    from_end: bool,
    y: &'y mut [E],
}

impl<E: Float> Kernel for SumAlongRows<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let SumAlongRows { x, len, from_end, y } = self;
        for (x, y) in x.chunks(ROWS * len).zip(y.chunks_mut(ROWS * len)) {
            let mut sums = [E::ZERO; ROWS];
            if x.len() == ROWS * len {
                for k in places!(len, from_end) {
                    for (row, sum) in sums.iter_mut().enumerate() {
                        *sum += x[row * len + k];
                        y[row * len + k] = *sum;
                    }
                }
            } else {
                for (x, y) in x.chunks_exact(len).zip(y.chunks_exact_mut(len)) {
                    let mut sum = E::ZERO;
                    for k in places!(len, from_end) {
                        sum += x[k];
                        y[k] = sum;
                    }
                }
            }
        }
    }
}

/// Running sums of `width` columns, of which the first starts at `start` and which nobody else
/// touches.
pub(crate) struct SumAlongColumns<'a, 'y, E> {
    x: &'a [E],
    axis: Axis,
    start: usize,
    width: usize,
    from_end: bool,
    y: &'a Disjoint<'y, E>,
}

impl<E: Float> Kernel for SumAlongColumns<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let SumAlongColumns { x, axis, start, width, from_end, y } = self;
        let mut sums = [E::ZERO; COLUMNS];
        let sums = &mut sums[..width];
        for k in places!(axis.len, from_end) {
            let place = start + k * axis.inner;
            // SAFETY: nobody else touches these columns, and one row is held at a time.
            let y = unsafe { y.slice(place, width) };
            for ((y, &x), sum) in y.iter_mut().zip(&x[place..]).zip(&mut *sums) {
                *sum += x;
                *y = *sum;
            }
        }
    }
}
