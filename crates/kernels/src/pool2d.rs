//! Maximum and average of windows of images `(N, C, H, W)`, plane by plane.
//!
//! The maximum is computed as places first: [`max_indices`] says which pixel wins each window,
//! [`gather`] reads the pixels and [`scatter_add`] sends gradients back to them.

use crate::Float;
use crate::threads::parallel_chunks_mut;

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

    /// The part of window `at` of an axis that lies on the image.
    fn window(&self, axis: usize, size: usize, at: usize) -> std::ops::Range<usize> {
        let start = at * self.stride[axis];
        let end = (start + self.kernel[axis]).saturating_sub(self.padding[axis]).min(size);
        start.saturating_sub(self.padding[axis]).min(end)..end
    }

    fn check(&self, x: usize, y: usize) {
        assert_eq!(x, self.planes * self.in_plane(), "elements of the input of {self:?}");
        assert_eq!(y, self.planes * self.out_plane(), "elements of the output of {self:?}");
    }

    /// How many planes a task has.
    fn planes_per_task(&self) -> usize {
        const BLOCK: usize = 16 * 1024;
        (BLOCK / (self.in_plane() + self.out_plane()).max(1)).max(1)
    }
}

/// For each window, which pixel of its plane is the first of the largest; the last NaN where there
/// is one, as in PyTorch. Padding never wins.
pub fn max_indices<E: Float>(sizes: &Pool2d, x: &[E], indices: &mut [u32]) {
    sizes.check(x.len(), indices.len());
    let n = sizes.planes_per_task();
    parallel_chunks_mut(indices, n * sizes.out_plane(), |task, indices| {
        for (plane, indices) in indices.chunks_exact_mut(sizes.out_plane()).enumerate() {
            let x = &x[(task * n + plane) * sizes.in_plane()..][..sizes.in_plane()];
            for_each_window(sizes, |at, rows, cols| {
                let mut best = E::NEG_INFINITY;
                let mut place = rows.start * sizes.width + cols.start;
                for row in rows {
                    for col in cols.clone() {
                        let value = x[row * sizes.width + col];
                        if value > best || value.is_nan() {
                            (best, place) = (value, row * sizes.width + col);
                        }
                    }
                }
                indices[at] = place as u32;
            });
        }
    });
}

/// The maximum of each window and its place: [`max_indices`] and [`gather`] in one pass.
pub fn max_pool<E: Float>(sizes: &Pool2d, x: &[E], y: &mut [E], indices: &mut [u32]) {
    sizes.check(x.len(), y.len());
    max_indices(sizes, x, indices);
    gather(sizes, x, indices, y);
}

/// `y[plane, i] = x[plane, indices[plane, i]]`.
pub fn gather<E: Float>(sizes: &Pool2d, x: &[E], indices: &[u32], y: &mut [E]) {
    sizes.check(x.len(), y.len());
    assert_eq!(indices.len(), y.len(), "an index for each element of the output");
    let n = sizes.planes_per_task();
    parallel_chunks_mut(y, n * sizes.out_plane(), |task, y| {
        for (plane, y) in y.chunks_exact_mut(sizes.out_plane()).enumerate() {
            let plane = task * n + plane;
            let x = &x[plane * sizes.in_plane()..][..sizes.in_plane()];
            for (y, &index) in y.iter_mut().zip(&indices[plane * sizes.out_plane()..]) {
                *y = x[index as usize];
            }
        }
    });
}

/// The derivative of [`gather`]: `dx[plane, h] = Σ dy[plane, i]` over the `i` with
/// `indices[plane, i] = h`, in the order of `i`.
pub fn scatter_add<E: Float>(sizes: &Pool2d, dy: &[E], indices: &[u32], dx: &mut [E]) {
    sizes.check(dx.len(), dy.len());
    assert_eq!(indices.len(), dy.len(), "an index for each element of the output");
    let n = sizes.planes_per_task();
    let out_plane = sizes.out_plane();
    parallel_chunks_mut(dx, n * sizes.in_plane(), |task, dx| {
        dx.fill(E::ZERO);
        for (plane, dx) in dx.chunks_exact_mut(sizes.in_plane()).enumerate() {
            let plane = (task * n + plane) * out_plane;
            for (&dy, &index) in dy[plane..][..out_plane].iter().zip(&indices[plane..]) {
                dx[index as usize] += dy;
            }
        }
    });
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
    fn factor<E: Float>(self, sizes: &Pool2d, pixels: usize) -> E {
        let divisor = match self {
            Divisor::Window => sizes.kernel[0] * sizes.kernel[1],
            Divisor::Pixels => pixels.max(1),
        };
        E::ONE / E::from_usize(divisor)
    }
}

/// The mean of each window.
pub fn avg_pool<E: Float>(sizes: &Pool2d, divisor: Divisor, x: &[E], y: &mut [E]) {
    sizes.check(x.len(), y.len());
    let n = sizes.planes_per_task();
    parallel_chunks_mut(y, n * sizes.out_plane(), |task, y| {
        for (plane, y) in y.chunks_exact_mut(sizes.out_plane()).enumerate() {
            let x = &x[(task * n + plane) * sizes.in_plane()..][..sizes.in_plane()];
            for_each_window(sizes, |at, rows, cols| {
                let factor = divisor.factor::<E>(sizes, rows.len() * cols.len());
                let mut sum = E::ZERO;
                for row in rows {
                    for &x in &x[row * sizes.width..][cols.clone()] {
                        sum += x;
                    }
                }
                y[at] = sum * factor;
            });
        }
    });
}

/// The derivative of [`avg_pool`]: each pixel gets its share of every window that it is in.
pub fn avg_pool_backward<E: Float>(sizes: &Pool2d, divisor: Divisor, dy: &[E], dx: &mut [E]) {
    sizes.check(dx.len(), dy.len());
    let n = sizes.planes_per_task();
    let out_plane = sizes.out_plane();
    parallel_chunks_mut(dx, n * sizes.in_plane(), |task, dx| {
        dx.fill(E::ZERO);
        for (plane, dx) in dx.chunks_exact_mut(sizes.in_plane()).enumerate() {
            let dy = &dy[(task * n + plane) * out_plane..][..out_plane];
            for_each_window(sizes, |at, rows, cols| {
                let share = dy[at] * divisor.factor::<E>(sizes, rows.len() * cols.len());
                for row in rows {
                    for dx in &mut dx[row * sizes.width..][cols.clone()] {
                        *dx += share;
                    }
                }
            });
        }
    });
}

/// Calls `visit(place in the output, rows, columns)` with the part of each window on the image.
#[inline(always)]
fn for_each_window(
    sizes: &Pool2d,
    mut visit: impl FnMut(usize, std::ops::Range<usize>, std::ops::Range<usize>),
) {
    let (out_height, out_width) = (sizes.out_height(), sizes.out_width());
    for i in 0..out_height {
        let rows = sizes.window(0, sizes.height, i);
        for j in 0..out_width {
            visit(i * out_width + j, rows.clone(), sizes.window(1, sizes.width, j));
        }
    }
}
