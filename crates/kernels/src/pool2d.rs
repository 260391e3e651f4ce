//! Maximum and average of windows of images `(N, C, H, W)`, plane by plane.
//!
//! With the maximum comes, where it is asked for, which pixel wins each window:
//! [`crate::index::scatter_add`] sends gradients back to them.

mod max_pool;

use std::ops::Range;

pub(crate) use max_pool::MaxPool;
pub use max_pool::{max_pool, max_pool_with_indices};

use crate::simd::{Kernel, Simd};
use crate::threads::parallel_chunks_mut;
use crate::{Float, scratch};

/// The sizes of a pooling; pairs are (vertical, horizontal).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pool2d {
    /// N·C, the number of planes.
    pub planes: usize,
    /// H, the height of the input.
    pub height: usize,
    /// W, the width of the input.
    pub width: usize,
    /// The size of the window; at least 1.
    pub kernel: [usize; 2],
    /// How far the window moves; at least 1.
    pub stride: [usize; 2],
    /// How far windows reach over the edge; at most half of the window.
    pub padding: [usize; 2],
}

impl Pool2d {
    /// The height of the output.
    ///
    /// # Panics
    /// If the window is larger than the padded image.
    pub fn out_height(&self) -> usize {
        self.out_size(self.height, 0)
    }

    /// The width of the output.
    ///
    /// # Panics
    /// If the window is larger than the padded image.
    pub fn out_width(&self) -> usize {
        self.out_size(self.width, 1)
    }

    fn out_size(&self, size: usize, axis: usize) -> usize {
        let (window, padding) = (self.kernel[axis], self.padding[axis]);
        assert!(2 * padding <= window, "padding {padding} is at most half of a window of {window}");
        let padded = size + 2 * padding;
        assert!(padded >= window, "a window of {window} in an axis of {padded}");
        (padded - window) / self.stride[axis] + 1
    }

    /// The elements of a plane of the input.
    pub fn in_plane(&self) -> usize {
        self.height * self.width
    }

    /// The elements of a plane of the output.
    pub fn out_plane(&self) -> usize {
        self.out_height() * self.out_width()
    }

    /// The windows along an axis whose element `tap` is a pixel, and the first of those pixels.
    fn windows(&self, axis: usize, tap: usize) -> (Range<usize>, usize) {
        let (size, out) = [(self.height, self.out_height()), (self.width, self.out_width())][axis];
        let (stride, padding) = (self.stride[axis], self.padding[axis]);
        let start = padding.saturating_sub(tap).div_ceil(stride);
        let end = (size + padding).saturating_sub(tap).div_ceil(stride).min(out);
        (start.min(end)..end, (start * stride + tap).saturating_sub(padding))
    }

    /// The pixels along an axis that window `at` shows.
    fn pixels(&self, axis: usize, at: usize) -> Range<usize> {
        let (size, start) = ([self.height, self.width][axis], at * self.stride[axis]);
        let end = (start + self.kernel[axis]).saturating_sub(self.padding[axis]).min(size);
        start.saturating_sub(self.padding[axis]).min(end)..end
    }

    /// Walks over all elements of all windows, for each element of the window in order over the
    /// rows of the output: `visit(first pixel, first window, number of windows)` is a row, whose
    /// pixels lie `stride[1]` apart.
    #[inline(always)]
    fn for_each_row(&self, mut visit: impl FnMut(usize, usize, usize)) {
        let out_width = self.out_width();
        for vertical in 0..self.kernel[0] {
            let (rows, first_row) = self.windows(0, vertical);
            for horizontal in 0..self.kernel[1] {
                let (cols, first_col) = self.windows(1, horizontal);
                if cols.is_empty() {
                    continue;
                }
                for (i, row) in rows.clone().enumerate() {
                    let pixel = (first_row + i * self.stride[0]) * self.width + first_col;
                    visit(pixel, row * out_width + cols.start, cols.len());
                }
            }
        }
    }

    fn check(&self, x: usize, y: usize) {
        assert!(self.in_plane() > 0, "an image with pixels, not {self:?}");
        assert_eq!(x, self.planes * self.in_plane(), "elements of the input of {self:?}");
        assert_eq!(y, self.planes * self.out_plane(), "elements of the output of {self:?}");
    }

    /// How many planes a task has.
    fn planes_per_task(&self) -> usize {
        const BLOCK: usize = 16 * 1024;
        (BLOCK / (self.in_plane() + self.out_plane()).max(1)).max(1)
    }
}

/// What the sum of a window is divided by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Divisor {
    /// The size of the window, padding included: PyTorch's default.
    #[default]
    Window,
    /// The number of pixels of the window that lie on the image.
    Pixels,
}

impl Divisor {
    /// What the sum of a window with this many pixels is multiplied by.
    fn factor<E: Float>(self, sizes: &Pool2d, pixels: usize) -> E {
        let divisor = match self {
            Divisor::Window => sizes.kernel[0] * sizes.kernel[1],
            Divisor::Pixels => pixels.max(1),
        };
        E::ONE / E::from_usize(divisor)
    }

    /// The factor of each window of a plane.
    fn factors<E: Float>(self, sizes: &Pool2d, factors: &mut [E]) {
        for (row, factors) in factors.chunks_exact_mut(sizes.out_width()).enumerate() {
            let rows = sizes.pixels(0, row).len();
            for (col, factor) in factors.iter_mut().enumerate() {
                *factor = self.factor(sizes, rows * sizes.pixels(1, col).len());
            }
        }
    }
}

/// The mean of each window.
pub fn avg_pool<E: Float>(sizes: &Pool2d, divisor: Divisor, x: &[E], y: &mut [E]) {
    sizes.check(x.len(), y.len());
    let n = sizes.planes_per_task();
    parallel_chunks_mut(y, n * sizes.out_plane(), |task, y| {
        let x = &x[task * n * sizes.in_plane()..];
        scratch::with(sizes.out_plane(), |factors: &mut [E]| {
            divisor.factors(sizes, factors);
            E::avg_pool(AvgPool { sizes, x, factors, y });
        });
    });
}

/// The derivative of [`avg_pool`]: each pixel gets its share of every window that it is in.
pub fn avg_pool_backward<E: Float>(sizes: &Pool2d, divisor: Divisor, dy: &[E], dx: &mut [E]) {
    sizes.check(dx.len(), dy.len());
    let n = sizes.planes_per_task();
    parallel_chunks_mut(dx, n * sizes.in_plane(), |task, dx| {
        let dy = &dy[task * n * sizes.out_plane()..];
        scratch::with(2 * sizes.out_plane(), |buffer: &mut [E]| {
            let (factors, shares) = buffer.split_at_mut(sizes.out_plane());
            divisor.factors(sizes, factors);
            E::avg_pool_backward(AvgPoolBackward { sizes, dy, factors, shares, dx });
        });
    });
}

pub(crate) struct AvgPool<'a, 'y, E> {
    sizes: &'a Pool2d,
    x: &'a [E],
    factors: &'a [E],
    y: &'y mut [E],
}

impl<E: Float> Kernel for AvgPool<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let AvgPool { sizes, x, factors, y } = self;
        y.fill(E::ZERO);
        let x = x.chunks_exact(sizes.in_plane());
        for (x, y) in x.zip(y.chunks_exact_mut(sizes.out_plane())) {
            sizes.for_each_row(|pixel, window, n| {
                let x = x[pixel..].iter().step_by(sizes.stride[1]);
                y[window..][..n].iter_mut().zip(x).for_each(|(y, &x)| *y += x);
            });
            y.iter_mut().zip(factors).for_each(|(y, &factor)| *y *= factor);
        }
    }
}

pub(crate) struct AvgPoolBackward<'a, 'y, E> {
    sizes: &'a Pool2d,
    dy: &'a [E],
    factors: &'a [E],
    /// Room for a plane of the output.
    shares: &'y mut [E],
    dx: &'y mut [E],
}

impl<E: Float> Kernel for AvgPoolBackward<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let AvgPoolBackward { sizes, dy, factors, shares, dx } = self;
        dx.fill(E::ZERO);
        let dy = dy.chunks_exact(sizes.out_plane());
        for (dy, dx) in dy.zip(dx.chunks_exact_mut(sizes.in_plane())) {
            for ((share, &dy), &factor) in shares.iter_mut().zip(dy).zip(factors) {
                *share = dy * factor;
            }
            sizes.for_each_row(|pixel, window, n| {
                let dx = dx[pixel..].iter_mut().step_by(sizes.stride[1]);
                dx.zip(&shares[window..][..n]).for_each(|(dx, &share)| *dx += share);
            });
        }
    }
}
