//! The largest pixel of each window, and which it is.

use std::ops::Range;

use super::Pool2d;
use crate::simd::{Kernel, Simd, Vector, copy_rows};
use crate::threads::{parallel_chunks_mut, parallel_chunks_mut2};
use crate::{Float, scratch};

/// Up to here every integer is an `f32`.
const LARGEST_PLACE: usize = 1 << 24;

/// The largest pixel of each window, NaN where there is one. Padding never wins.
pub fn max_pool<E: Float>(sizes: &Pool2d, x: &[E], y: &mut [E]) {
    sizes.check(x.len(), y.len());
    let n = sizes.planes_per_task();
    parallel_chunks_mut(y, n * sizes.out_plane(), |task, y| {
        look(sizes, &x[task * n * sizes.in_plane()..], y, None);
    });
}

/// As [`max_pool`], and for each window which pixel of its plane is the first of the largest; the last
/// NaN where there is one, as in PyTorch.
pub fn max_pool_with_indices<E: Float>(sizes: &Pool2d, x: &[E], y: &mut [E], indices: &mut [u32]) {
    sizes.check(x.len(), y.len());
    assert_eq!(indices.len(), y.len(), "a place for each window of {sizes:?}");
    let n = sizes.planes_per_task();
    let len = n * sizes.out_plane();
    parallel_chunks_mut2(y, len, indices, len, |task, y, indices| {
        look(sizes, &x[task * n * sizes.in_plane()..], y, Some(indices));
    });
}

fn look<E: Float>(sizes: &Pool2d, x: &[E], y: &mut [E], indices: Option<&mut [u32]>) {
    scratch::with(2 * sizes.out_width() + padded_plane(sizes), |buffer: &mut [E]| {
        E::max_pool(MaxPool { sizes, x, buffer, y, indices });
    });
}

/// The elements of a copy of a plane with its padding at the left and at the right; 0 without padding.
fn padded_plane(sizes: &Pool2d) -> usize {
    if sizes.padding[1] == 0 { 0 } else { sizes.height * (sizes.width + 2 * sizes.padding[1]) }
}

pub(crate) struct MaxPool<'a, 'y, E> {
    sizes: &'a Pool2d,
    x: &'a [E],
    /// Room for two numbers per column of the output, and for [`padded_plane`].
    buffer: &'y mut [E],
    y: &'y mut [E],
    indices: Option<&'y mut [u32]>,
}

impl<E: Float> Kernel for MaxPool<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let MaxPool { sizes, x, buffer, y, mut indices } = self;
        let (out_width, padding, stride) = (sizes.out_width(), sizes.padding[1], sizes.stride[1]);
        let (columns, padded) = buffer.split_at_mut(2 * out_width);
        let (origins, firsts) = columns.split_at_mut(out_width);
        for (j, (origin, first)) in origins.iter_mut().zip(firsts.iter_mut()).enumerate() {
            *origin = E::from_usize(j * stride) - E::from_usize(padding);
            *first = E::from_usize(padding.saturating_sub(j * stride));
        }
        padded.fill(E::NEG_INFINITY);
        let pitch = sizes.width + 2 * padding;
        let large = sizes.kernel[0] * sizes.width + sizes.kernel[1] > LARGEST_PLACE;
        let size = sizes.out_plane();
        for (i, (x, y)) in x.chunks_exact(sizes.in_plane()).zip(y.chunks_exact_mut(size)).enumerate() {
            let indices = indices.as_deref_mut().map(|indices| &mut indices[i * size..][..size]);
            if large {
                look_at_each(sizes, x, y, indices);
                continue;
            }
            let mut plane = Plane { sizes, x, pitch, origins, firsts };
            if padding > 0 {
                let size = [sizes.height, sizes.width];
                // SAFETY: a kernel runs where its instructions are.
                unsafe { copy_rows::<E, S>(x, [sizes.width, 1], &mut padded[padding..], pitch, size) };
                plane.x = padded;
            }
            match indices {
                Some(indices) => plane.look::<S, true>(y, indices),
                None => plane.look::<S, false>(y, &mut []),
            }
        }
    }
}

/// The largest of a plane, for windows with more places than [`LARGEST_PLACE`].
#[inline(always)]
fn look_at_each<E: Float>(sizes: &Pool2d, x: &[E], y: &mut [E], mut indices: Option<&mut [u32]>) {
    let out_width = sizes.out_width();
    for (window, y) in y.iter_mut().enumerate() {
        let (rows, cols) = (sizes.pixels(0, window / out_width), sizes.pixels(1, window % out_width));
        let mut place = rows.start * sizes.width + cols.start;
        for row in rows {
            for pixel in row * sizes.width + cols.start..row * sizes.width + cols.end {
                let takes = (x[pixel] > x[place]) | x[pixel].is_nan();
                place = if takes { pixel } else { place };
            }
        }
        *y = x[place];
        if let Some(indices) = &mut indices {
            indices[window] = place as u32;
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
    /// The largest of each window, and if `PLACES` holds their places.
    #[inline(always)]
    fn look<S: Simd, const PLACES: bool>(&self, y: &mut [E], indices: &mut [u32]) {
        // The usual windows, as constants for the compiler.
        // SAFETY: a kernel runs where its instructions are.
        unsafe {
            match (self.sizes.kernel[1], self.sizes.stride[1]) {
                (2, 2) => self.in_windows::<S, PLACES>(2, 2, y, indices),
                (3, 2) => self.in_windows::<S, PLACES>(3, 2, y, indices),
                (kernel, 1) => self.in_windows::<S, PLACES>(kernel, 1, y, indices),
                (kernel, stride) => self.in_windows::<S, PLACES>(kernel, stride, y, indices),
            }
        }
    }

    /// # Safety
    /// The machine has the instructions.
    #[inline(always)]
    unsafe fn in_windows<S: Simd, const PLACES: bool>(
        &self,
        kernel: usize,
        stride: usize,
        y: &mut [E],
        indices: &mut [u32],
    ) {
        let (lanes, out_width) = (<E::Vector<S> as Vector<E>>::LANES, self.origins.len());
        assert!((out_width - 1) * stride + kernel <= self.pitch && out_width == self.firsts.len());
        assert!(self.pitch * self.sizes.height <= self.x.len());
        assert!(!PLACES || indices.len() == y.len());
        for (i, y) in y.chunks_exact_mut(out_width).enumerate() {
            let rows = self.sizes.pixels(0, i);
            let indices = if PLACES { &mut indices[i * out_width..][..out_width] } else { &mut [] };
            // SAFETY: the caller has the instructions; the windows are in the rows, as asserted.
            unsafe {
                if out_width < lanes {
                    self.largest::<S, PLACES>(kernel, stride, rows, 0, out_width, y, indices);
                    continue;
                }
                for j in (0..out_width).step_by(lanes) {
                    // The last vector overlaps the one before it.
                    let j = j.min(out_width - lanes);
                    self.largest::<S, PLACES>(kernel, stride, rows.clone(), j, lanes, y, indices);
                }
            }
        }
    }

    /// The largest of `n` windows of a row from `first` on.
    ///
    /// # Safety
    /// The machine has the instructions; there are so many windows, they are in the plane, and the row's
    /// numbers and places are there to be written.
    #[inline(always)]
    unsafe fn largest<S: Simd, const PLACES: bool>(
        &self,
        kernel: usize,
        stride: usize,
        rows: Range<usize>,
        first: usize,
        n: usize,
        y: &mut [E],
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
            best.store_first(y.as_mut_ptr().add(first), n);
            if PLACES {
                let origins = E::Vector::<S>::load_first(self.origins.as_ptr().add(first), n);
                places.add(origins).store_indices(offset, indices.as_mut_ptr().add(first), n);
            }
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
