//! Two-dimensional convolution of images `(N, C, H, W)` and its derivatives.
//!
//! With groups G, output channel o of group g sees the C/G input channels of that group:
//! `y[n, o, i, j] = bias[o] + Σ w[o, c, p, q] · x[n, g·C/G + c, i·s₀ + p·d₀ − p₀, j·s₁ + q·d₁ − p₁]`,
//! where x is 0 outside of the image (s stride, d dilation, p padding). This is PyTorch's
//! convolution, which mathematics calls cross-correlation.

use crate::gemm::{Activation, Bias, Epilogue, MatRef, product};
use crate::reduce::{Axis, sum};
use crate::threads::{Disjoint, parallel_chunks_mut, parallel_for};
use crate::{Float, scratch};

/// The sizes of a convolution; pairs are (vertical, horizontal).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Conv2d {
    /// N, the number of images.
    pub batch: usize,
    /// C, the channels of the input.
    pub in_channels: usize,
    /// H, the height of the input.
    pub height: usize,
    /// W, the width of the input.
    pub width: usize,
    /// O, the channels of the output.
    pub out_channels: usize,
    /// The size of the window.
    pub kernel: [usize; 2],
    /// How far the window moves; at least 1.
    pub stride: [usize; 2],
    /// How many zeros are thought around the image on each side.
    pub padding: [usize; 2],
    /// How far apart the window's elements are; at least 1.
    pub dilation: [usize; 2],
    /// G, the number of groups; divides C and O.
    pub groups: usize,
}

impl Conv2d {
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
        let padded = size + 2 * self.padding[axis];
        let window = self.dilation[axis] * (self.kernel[axis] - 1) + 1;
        assert!(
            padded >= window,
            "a window of {window} in an axis of {padded}"
        );
        (padded - window) / self.stride[axis] + 1
    }

    /// The elements of x.
    pub fn input_len(&self) -> usize {
        self.batch * self.in_channels * self.height * self.width
    }

    /// The elements of y.
    pub fn output_len(&self) -> usize {
        self.batch * self.out_channels * self.out_height() * self.out_width()
    }

    /// The elements of w, `(O, C/G, kernel₀, kernel₁)`.
    pub fn weight_len(&self) -> usize {
        self.out_channels * self.window_len()
    }

    /// The elements of w for one output channel: C/G · kernel₀ · kernel₁.
    fn window_len(&self) -> usize {
        self.in_channels / self.groups * self.kernel[0] * self.kernel[1]
    }

    fn check(&self, x: usize, w: usize, y: usize) {
        assert!(
            self.groups > 0
                && self.in_channels.is_multiple_of(self.groups)
                && self.out_channels.is_multiple_of(self.groups),
            "{} groups divide {} and {} channels",
            self.groups,
            self.in_channels,
            self.out_channels,
        );
        assert_eq!(x, self.input_len(), "elements of the input of {self:?}");
        assert_eq!(w, self.weight_len(), "elements of the weights of {self:?}");
        assert_eq!(y, self.output_len(), "elements of the output of {self:?}");
    }
}

/// `y = act(conv(x, w) + bias)`.
pub fn forward<E: Float>(
    sizes: &Conv2d,
    x: &[E],
    w: &[E],
    bias: Option<&[E]>,
    activation: Activation,
    y: &mut [E],
) {
    sizes.check(x.len(), w.len(), y.len());
    if y.is_empty() {
        return;
    }
    let pixels = sizes.out_height() * sizes.out_width();
    let (c, o) = (
        sizes.in_channels / sizes.groups,
        sizes.out_channels / sizes.groups,
    );
    let window = sizes.window_len();
    let plane = sizes.height * sizes.width;
    parallel_chunks_mut(y, o * pixels, |task, y| {
        let group = task % sizes.groups;
        let x = &x[task * c * plane..][..c * plane];
        scratch::with(window * pixels, |columns: &mut [E]| {
            gather_columns(sizes, x, columns);
            let epilogue = Epilogue {
                bias: bias.map_or(Bias::None, |bias| Bias::PerRow(&bias[group * o..][..o])),
                activation,
            };
            // SAFETY: the product fills this task's part of y.
            unsafe {
                product(
                    E::ONE,
                    MatRef::row_major(&w[group * o * window..][..o * window], o, window),
                    MatRef::row_major(columns, window, pixels),
                    E::ZERO,
                    y.as_mut_ptr(),
                    pixels,
                    epilogue,
                    [0, 0],
                );
            }
        });
    });
}

/// The derivative with respect to the input: `dx[n, c, h, w] = Σ w[o, c, p, q] · dy[n, o, i, j]`
/// over all places where the window at (i, j) shows (h, w) at (p, q).
pub fn input_gradient<E: Float>(sizes: &Conv2d, dy: &[E], w: &[E], dx: &mut [E]) {
    sizes.check(dx.len(), w.len(), dy.len());
    if dx.is_empty() {
        return;
    }
    let pixels = sizes.out_height() * sizes.out_width();
    let (c, o) = (
        sizes.in_channels / sizes.groups,
        sizes.out_channels / sizes.groups,
    );
    let window = sizes.window_len();
    let plane = sizes.height * sizes.width;
    parallel_chunks_mut(dx, c * plane, |task, dx| {
        let group = task % sizes.groups;
        let dy = &dy[task * o * pixels..][..o * pixels];
        scratch::with(window * pixels, |columns: &mut [E]| {
            // SAFETY: the product fills the columns.
            unsafe {
                product(
                    E::ONE,
                    MatRef::row_major(&w[group * o * window..][..o * window], o, window)
                        .transposed(),
                    MatRef::row_major(dy, o, pixels),
                    E::ZERO,
                    columns.as_mut_ptr(),
                    pixels,
                    Epilogue::default(),
                    [0, 0],
                );
            }
            dx.fill(E::ZERO);
            visit_columns(sizes, |place, column| dx[place] += columns[column]);
        });
    });
}

/// The derivative with respect to the weights:
/// `dw[o, c, p, q] = Σ dy[n, o, i, j] · x[n, c, i·s₀ + p·d₀ − p₀, j·s₁ + q·d₁ − p₁]`.
///
/// Images are added up in runs of a fixed number, and the runs to each other in order.
pub fn weight_gradient<E: Float>(sizes: &Conv2d, x: &[E], dy: &[E], dw: &mut [E]) {
    sizes.check(x.len(), dw.len(), dy.len());
    let pixels = sizes.out_height() * sizes.out_width();
    let (c, o) = (
        sizes.in_channels / sizes.groups,
        sizes.out_channels / sizes.groups,
    );
    let window = sizes.window_len();
    let plane = sizes.height * sizes.width;
    let run = sizes.batch.div_ceil(8).max(1);
    let n_runs = sizes.batch.div_ceil(run);
    scratch::with(n_runs * dw.len(), |partial: &mut [E]| {
        partial.fill(E::ZERO);
        let len = dw.len();
        let parts = Disjoint::new(partial);
        parallel_for(n_runs * sizes.groups, |task| {
            let (run_index, group) = (task / sizes.groups, task % sizes.groups);
            // SAFETY: each task has its own part.
            let dw = unsafe { parts.slice(run_index * len + group * o * window, o * window) };
            scratch::with(window * pixels, |columns: &mut [E]| {
                for n in run_index * run..((run_index + 1) * run).min(sizes.batch) {
                    let image = n * sizes.groups + group;
                    gather_columns(sizes, &x[image * c * plane..][..c * plane], columns);
                    // SAFETY: the product is added to this task's part.
                    unsafe {
                        product(
                            E::ONE,
                            MatRef::row_major(&dy[image * o * pixels..][..o * pixels], o, pixels),
                            MatRef::row_major(columns, window, pixels).transposed(),
                            E::ONE,
                            dw.as_mut_ptr(),
                            window,
                            Epilogue::default(),
                            [0, 0],
                        );
                    }
                }
            });
        });
        sum(
            partial,
            Axis {
                outer: 1,
                len: n_runs,
                inner: len,
            },
            dw,
        );
    });
}

/// The derivative with respect to the bias: `dbias[o] = Σ dy[n, o, i, j]`.
pub fn bias_gradient<E: Float>(sizes: &Conv2d, dy: &[E], dbias: &mut [E]) {
    assert_eq!(
        dbias.len(),
        sizes.out_channels,
        "a bias for each channel of {sizes:?}"
    );
    let pixels = sizes.out_height() * sizes.out_width();
    let planes = sizes.batch * sizes.out_channels;
    scratch::with(planes, |partial: &mut [E]| {
        sum(
            dy,
            Axis {
                outer: planes,
                len: pixels,
                inner: 1,
            },
            partial,
        );
        sum(
            partial,
            Axis {
                outer: 1,
                len: sizes.batch,
                inner: sizes.out_channels,
            },
            dbias,
        );
    });
}

/// Calls `visit(place in x, place in the columns)` for each element of a window on the image.
fn visit_columns(sizes: &Conv2d, mut visit: impl FnMut(usize, usize)) {
    let (height, width) = (sizes.out_height(), sizes.out_width());
    let mut column = 0;
    for c in 0..sizes.in_channels / sizes.groups {
        for p in 0..sizes.kernel[0] {
            for q in 0..sizes.kernel[1] {
                for i in 0..height {
                    for j in 0..width {
                        let h = (i * sizes.stride[0] + p * sizes.dilation[0])
                            .wrapping_sub(sizes.padding[0]);
                        let w = (j * sizes.stride[1] + q * sizes.dilation[1])
                            .wrapping_sub(sizes.padding[1]);
                        if h < sizes.height && w < sizes.width {
                            visit((c * sizes.height + h) * sizes.width + w, column);
                        }
                        column += 1;
                    }
                }
            }
        }
    }
}

/// The windows of one image and group as a matrix: a row for each element of the window, a column
/// for each pixel of the output.
fn gather_columns<E: Float>(sizes: &Conv2d, x: &[E], columns: &mut [E]) {
    columns.fill(E::ZERO);
    visit_columns(sizes, |place, column| columns[column] = x[place]);
}
