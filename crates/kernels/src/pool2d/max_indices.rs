//! Which pixel wins each window of a pooling.

use std::ops::Range;

use super::Pool2d;
use crate::simd::{Kernel, Simd, Vector, copy_rows};
use crate::threads::parallel_chunks_mut;
use crate::{Float, scratch};

/// Up to here every integer is an `f32`.
const LARGEST_PLACE: usize = 1 << 24;

/// For each window, which pixel of its plane is the first of the largest; the last NaN where there
/// is one, as in PyTorch. Padding never wins.
pub fn max_indices<E: Float>(sizes: &Pool2d, x: &[E], indices: &mut [u32]) {
    sizes.check(x.len(), indices.len());
    let n = sizes.planes_per_task();
    parallel_chunks_mut(indices, n * sizes.out_plane(), |task, indices| {
        let x = &x[task * n * sizes.in_plane()..];
        scratch::with(2 * sizes.out_width() + padded_plane(sizes), |buffer: &mut [E]| {
            E::max_indices(MaxIndices { sizes, x, buffer, indices });
        });
    });
}

/// The elements of a copy of a plane with its padding at the left and at the right; 0 without padding.
fn padded_plane(sizes: &Pool2d) -> usize {
    if sizes.padding[1] == 0 { 0 } else { sizes.height * (sizes.width + 2 * sizes.padding[1]) }
}

pub(crate) struct MaxIndices<'a, 'y, E> {
    sizes: &'a Pool2d,
    x: &'a [E],
    /// Room for two numbers per column of the output, and for [`padded_plane`].
    buffer: &'y mut [E],
    indices: &'y mut [u32],
}

impl<E: Float> Kernel for MaxIndices<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let MaxIndices { sizes, x, buffer, indices } = self;
        let (out_width, padding, stride) = (sizes.out_width(), sizes.padding[1], sizes.stride[1]);
        let planes = x.chunks_exact(sizes.in_plane()).zip(indices.chunks_exact_mut(sizes.out_plane()));
        if sizes.kernel[0] * sizes.width + sizes.kernel[1] > LARGEST_PLACE {
            for (x, indices) in planes {
                look_at_each(sizes, x, out_width, indices);
            }
            return;
        }
        let (columns, padded) = buffer.split_at_mut(2 * out_width);
        let (origins, firsts) = columns.split_at_mut(out_width);
        for (j, (origin, first)) in origins.iter_mut().zip(firsts.iter_mut()).enumerate() {
            *origin = E::from_usize(j * stride) - E::from_usize(padding);
            *first = E::from_usize(padding.saturating_sub(j * stride));
        }
        padded.fill(E::NEG_INFINITY);
        let pitch = sizes.width + 2 * padding;
        for (x, indices) in planes {
            let mut plane = Plane { sizes, x, pitch, origins, firsts };
            // SAFETY: a kernel runs where its instructions are.
            unsafe {
                if padding > 0 {
                    let size = [sizes.height, sizes.width];
                    copy_rows::<E, S>(x, [sizes.width, 1], &mut padded[padding..], pitch, size);
                    plane.x = padded;
                }
                // The usual windows, as constants for the compiler.
                match (sizes.kernel[1], stride) {
                    (2, 2) => plane.look::<S>(2, 2, indices),
                    (3, 2) => plane.look::<S>(3, 2, indices),
                    (kernel, 1) => plane.look::<S>(kernel, 1, indices),
                    (kernel, stride) => plane.look::<S>(kernel, stride, indices),
                }
            }
        }
    }
}

/// The places of the largest of a plane, for windows with more places than [`LARGEST_PLACE`].
#[inline(always)]
fn look_at_each<E: Float>(sizes: &Pool2d, x: &[E], out_width: usize, indices: &mut [u32]) {
    for (i, indices) in indices.chunks_exact_mut(out_width).enumerate() {
        let rows = sizes.pixels(0, i);
        for (j, index) in indices.iter_mut().enumerate() {
            let cols = sizes.pixels(1, j);
            let mut place = rows.start * sizes.width + cols.start;
            for row in rows.clone() {
                for pixel in row * sizes.width + cols.start..row * sizes.width + cols.end {
                    let takes = (x[pixel] > x[place]) | x[pixel].is_nan();
                    place = if takes { pixel } else { place };
                }
            }
            *index = place as u32;
        }
    }
}

/// A plane with its padding at the left and at the right, and the places that its windows begin at.
///
/// In a row of windows, places are counted from the first element of each window, on the image
/// without padding. They are numbers of the same type as the pixels, so that one mask moves both.
struct Plane<'a, E> {
    sizes: &'a Pool2d,
    x: &'a [E],
    /// How far its rows are apart.
    pitch: usize,
    /// The column that each window of a row begins at; padding is below 0.
    origins: &'a [E],
    /// The place of the first pixel of each window of a row.
    firsts: &'a [E],
}

impl<E: Float> Plane<'_, E> {
    /// # Safety
    /// The machine has the instructions.
    #[inline(always)]
    unsafe fn look<S: Simd>(&self, kernel: usize, stride: usize, indices: &mut [u32]) {
        let (lanes, out_width) = (<E::Vector<S> as Vector<E>>::LANES, self.origins.len());
        assert!((out_width - 1) * stride + kernel <= self.pitch && out_width == self.firsts.len());
        assert!(self.pitch * self.sizes.height <= self.x.len());
        for (i, indices) in indices.chunks_exact_mut(out_width).enumerate() {
            let rows = self.sizes.pixels(0, i);
            // SAFETY: the caller has the instructions; the windows are in the rows, as asserted.
            unsafe {
                if out_width < lanes {
                    self.largest::<S>(kernel, stride, rows, 0, out_width, indices);
                    continue;
                }
                for j in (0..out_width).step_by(lanes) {
                    // The last vector overlaps the one before it.
                    let j = j.min(out_width - lanes);
                    self.largest::<S>(kernel, stride, rows.clone(), j, lanes, indices);
                }
            }
        }
    }

    /// The places of `n` windows of a row from `first` on.
    ///
    /// # Safety
    /// The machine has the instructions; there are so many windows, and they are in the plane.
    #[inline(always)]
    unsafe fn largest<S: Simd>(
        &self,
        kernel: usize,
        stride: usize,
        rows: Range<usize>,
        first: usize,
        n: usize,
        indices: &mut [u32],
    ) {
        let offset = (rows.start * self.sizes.width) as u32;
        // SAFETY: the caller has the instructions, and all that is read or written is of its windows.
        unsafe {
            let one = E::Vector::<S>::splat(E::ONE);
            let width = E::Vector::<S>::splat(E::from_usize(self.sizes.width));
            let mut best = E::Vector::<S>::splat(E::NEG_INFINITY);
            let mut places = E::Vector::<S>::load_first(self.firsts.as_ptr().add(first), n);
            let mut row_place = E::Vector::<S>::splat(E::ZERO);
            for row in rows {
                let row = self.x.as_ptr().add(row * self.pitch + first * stride);
                let mut place = row_place;
                let mut tap = 0;
                while tap < kernel {
                    let value;
                    if stride == 2 && tap + 1 < kernel {
                        let (even, odd) = E::Vector::<S>::load_pairs(row.add(tap), n);
                        (best, places) = best.larger(places, even, place);
                        place = place.add(one);
                        tap += 1;
                        value = odd;
                    } else {
                        value = load_each::<E, S>(row.add(tap), stride, n);
                    }
                    (best, places) = best.larger(places, value, place);
                    place = place.add(one);
                    tap += 1;
                }
                row_place = row_place.add(width);
            }
            let origins = E::Vector::<S>::load_first(self.origins.as_ptr().add(first), n);
            places.add(origins).store_indices(offset, indices.as_mut_ptr().add(first), n);
        }
    }
}

/// `n` numbers that lie `stride` apart; the other lanes are 0.
///
/// # Safety
/// The machine has the instructions and the numbers can be read.
#[inline(always)]
unsafe fn load_each<E: Float, S: Simd>(from: *const E, stride: usize, n: usize) -> E::Vector<S> {
    // SAFETY: the caller has the instructions and lets the numbers be read; no vector has more than 16.
    unsafe {
        match stride {
            1 => E::Vector::<S>::load_first(from, n),
            2 => E::Vector::<S>::load_second(from, n),
            _ => {
                let mut numbers = [E::ZERO; 16];
                for (i, number) in numbers.iter_mut().enumerate().take(n) {
                    *number = *from.add(i * stride);
                }
                E::Vector::<S>::load(numbers.as_ptr())
            }
        }
    }
}
