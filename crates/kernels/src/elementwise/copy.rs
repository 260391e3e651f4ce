//! Copies of views, row by row.

use std::ops::Range;

use super::{BLOCK, map};
use crate::Float;
use crate::layout::{Loops, View};
use crate::simd::{Kernel, Simd, Vector};
use crate::threads::{Disjoint, parallel_for};

/// The rows that are turned at a time: a cache line of each column.
const ROWS: usize = 16;

/// `y[i] = x[i]`: writes any view row by row. Views whose columns are contiguous instead of their
/// rows (a transposed matrix) are turned square by square, so that both sides use whole cache lines.
pub fn copy<E: Float>(x: View<'_, E>, y: &mut [E]) {
    let loops = Loops::new(x.dims(), [x.strides()]);
    let contiguous_axis = (0..loops.dims().len()).find(|&axis| loops.strides(axis) == [1]);
    match contiguous_axis {
        Some(axis) if axis + 1 < loops.dims().len() && !x.is_empty() => {
            assert_eq!(x.len(), y.len(), "elements of the input and of the output");
            turn(x, &loops, axis, y);
        }
        _ => map(x, y, |value| value),
    }
}

/// Copies a view that is contiguous along `axis`, which is not its last.
fn turn<E: Float>(x: View<'_, E>, loops: &Loops<1>, axis: usize, y: &mut [E]) {
    let dims = loops.dims();
    let n_columns = dims[dims.len() - 1];
    let [column_stride] = loops.strides(dims.len() - 1);
    let n_rows = dims[axis];
    // From one index of `axis` to the next in `y`.
    let row_step: usize = dims[axis + 1..].iter().product();
    let n_middle = row_step / n_columns;
    let n_outer: usize = dims[..axis].iter().product();
    let strips = n_rows.div_ceil(ROWS);
    let per_task = (BLOCK / (ROWS * n_columns)).max(1);
    let n_strips = n_outer * n_middle * strips;
    let y = Disjoint::new(y);

    // Where the remaining axes put strip (outer, middle) in `x`.
    let offset_of = |outer: usize, middle: usize| {
        let mut offset = 0;
        let mut rest = middle;
        for between in (axis + 1..dims.len() - 1).rev() {
            offset += (rest % dims[between]) as isize * loops.strides(between)[0];
            rest /= dims[between];
        }
        let mut rest = outer;
        for above in (0..axis).rev() {
            offset += (rest % dims[above]) as isize * loops.strides(above)[0];
            rest /= dims[above];
        }
        offset
    };

    parallel_for(n_strips.div_ceil(per_task), |task| {
        for strip in task * per_task..((task + 1) * per_task).min(n_strips) {
            let (outer, middle) = (strip / strips / n_middle, strip / strips % n_middle);
            let first = strip % strips * ROWS;
            // Each strip has its own rows of its own (outer, middle).
            E::turn(Turn {
                x,
                from: offset_of(outer, middle),
                column_stride,
                rows: first..(first + ROWS).min(n_rows),
                n_columns,
                y: &y,
                to: outer * n_rows * row_step + middle * n_columns,
                row_step,
            });
        }
    });
}

/// Some rows, of neighbors along the columns of a view, written one after the other to places that
/// nobody else touches.
pub(crate) struct Turn<'a, 'y, E> {
    x: View<'a, E>,
    /// Where column 0 of row 0 lies from the view's start, and how far apart columns are.
    from: isize,
    column_stride: isize,
    rows: Range<usize>,
    n_columns: usize,
    y: &'a Disjoint<'y, E>,
    /// Where row 0 goes, and how far apart rows are.
    to: usize,
    row_step: usize,
}

impl<E: Float> Kernel for Turn<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Turn { x, from, column_stride, rows, n_columns, y, to, row_step } = self;
        let side = <E::Vector<S> as Vector<E>>::SQUARE;
        assert!(!rows.is_empty() && to + (rows.end - 1) * row_step + n_columns <= y.len());
        for first in (0..n_columns).step_by(side) {
            let columns = first..n_columns.min(first + side);
            // SAFETY: rows and columns are inside of the view, which is inside of its data, and those
            // written inside of `y`, where nobody else touches them; kernels run where the machine has
            // the instructions.
            unsafe {
                let from = x.start().offset(from + columns.start as isize * column_stride);
                let to = y.as_ptr().add(to + columns.start);
                if rows.len() < side {
                    for (row, column) in
                        rows.clone().flat_map(|row| (0..columns.len()).map(move |j| (row, j)))
                    {
                        let number = *from.offset(row as isize + column as isize * column_stride);
                        *to.add(row * row_step + column) = number;
                    }
                    continue;
                }
                for row in rows.clone().step_by(side) {
                    // The last square overlaps the one before it.
                    let row = row.min(rows.end - side);
                    let (from, to) = (from.add(row), to.add(row * row_step));
                    E::Vector::<S>::transpose(from, column_stride, columns.len(), to, row_step, false);
                }
            }
        }
    }
}
