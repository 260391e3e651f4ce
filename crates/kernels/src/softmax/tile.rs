//! Lines of short rows, copied next to each other and back.

use std::ops::Range;

use crate::Float;
use crate::reduce::Axis;
use crate::simd::{Kernel, Simd, copy_row};
use crate::threads::Disjoint;

/// Copies lines into the columns of a tile, which has as many.
pub(crate) struct Gather<'a, 'y, E> {
    pub(super) x: &'a [E],
    pub(super) axis: Axis,
    pub(super) lines: Range<usize>,
    pub(super) tile: &'y mut [E],
}

impl<E: Float> Kernel for Gather<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Gather { x, axis, lines, tile } = self;
        let width = lines.len();
        for Segment { column, start, n } in segments(axis, lines) {
            for (k, row) in tile.chunks_exact_mut(width).enumerate() {
                let x = &x[start + k * axis.inner..][..n];
                // SAFETY: the kernel runs with the instructions of `S`.
                unsafe { copy_row::<E, S>(x, &mut row[column..column + n]) };
            }
        }
    }
}

/// Copies the columns of a tile to lines, which nobody else touches.
pub(crate) struct Scatter<'a, 'y, E> {
    pub(super) tile: &'a [E],
    pub(super) axis: Axis,
    pub(super) lines: Range<usize>,
    pub(super) y: &'a Disjoint<'y, E>,
}

impl<E: Float> Kernel for Scatter<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Scatter { tile, axis, lines, y } = self;
        let width = lines.len();
        for Segment { column, start, n } in segments(axis, lines) {
            for (k, row) in tile.chunks_exact(width).enumerate() {
                // SAFETY: nobody else touches these lines, and the kernel runs with the
                // instructions of `S`.
                unsafe {
                    copy_row::<E, S>(&row[column..column + n], y.slice(start + k * axis.inner, n));
                }
            }
        }
    }
}

/// Neighboring lines: `n` of them, the first of which starts at `start` and is a column of a tile.
struct Segment {
    column: usize,
    start: usize,
    n: usize,
}

/// The lines, cut where they reach the end of a row.
#[inline(always)]
fn segments(axis: Axis, lines: Range<usize>) -> impl Iterator<Item = Segment> {
    let mut line = lines.start;
    std::iter::from_fn(move || {
        if line >= lines.end {
            return None;
        }
        let (slab, column) = (line / axis.inner, line % axis.inner);
        let n = (axis.inner - column).min(lines.end - line);
        let start = slab * axis.len * axis.inner + column;
        let segment = Segment { column: line - lines.start, start, n };
        line += n;
        Some(segment)
    })
}
