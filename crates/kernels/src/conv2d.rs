//! Two-dimensional convolution of images `(N, C, H, W)` and its derivatives.
//!
//! With groups G, output channel o of group g sees the C/G input channels of that group:
//! `y[n, o, i, j] = bias[o] + Σ w[o, c, p, q] · x[n, g·C/G + c, i·s₀ + p·d₀ − p₀, j·s₁ + q·d₁ − p₁]`,
//! where x is 0 outside of the image (s stride, d dilation, p padding). This is PyTorch's
//! convolution, which mathematics calls cross-correlation.
//!
//! There are several ways to compute it, each the best for some sizes, which alone decide: over images
//! laid out as planes (the general one), by transformed tiles, or over the pixels as they lie.

mod by_pixels;
pub(crate) mod columns;
mod correlate;
mod cut;
pub(crate) mod depthwise;
pub(crate) mod finish;
mod forward;
mod general;
mod input_gradient;
pub(crate) mod planes;
mod pointwise;
mod turned;
pub(crate) mod weight_gradient;
mod whole;
pub(crate) mod winograd;

pub use forward::forward;
pub use input_gradient::input_gradient;
pub use weight_gradient::{bias_gradient, weight_gradient};

use crate::kept::Kept;

/// The weights of a convolution, `(O, C/G, kernel₀, kernel₁)`.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a, E> {
    numbers: &'a [E],
    kept: Option<&'a Kept<E>>,
}

impl<'a, E> Weights<'a, E> {
    /// These numbers.
    pub fn new(numbers: &'a [E]) -> Self {
        Weights { numbers, kept: None }
    }

    /// The same weights, of which `kept` keeps what convolutions make of them.
    pub fn kept_in(self, kept: &'a Kept<E>) -> Self {
        Weights { kept: Some(kept), ..self }
    }
}

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
        assert!(padded >= window, "a window of {window} in an axis of {padded}");
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

    /// Whether a result is of one pixel, and its place.
    fn is_pointwise(&self) -> bool {
        self.kernel == [1, 1] && self.stride == [1, 1] && self.padding == [0, 0]
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

impl Conv2d {
    /// Square images of so many channels, and square windows that move by one pixel to so many others.
    ///
    /// # Example
    /// ```
    /// use tenon_kernels::conv2d::Conv2d;
    /// let sizes = Conv2d { stride: [2; 2], ..Conv2d::square(1, [3, 64], 224, 7, 3) };
    /// assert_eq!(sizes.out_height(), 112);
    /// ```
    pub const fn square(
        batch: usize,
        channels: [usize; 2],
        side: usize,
        kernel: usize,
        padding: usize,
    ) -> Conv2d {
        Conv2d {
            batch,
            in_channels: channels[0],
            height: side,
            width: side,
            out_channels: channels[1],
            kernel: [kernel; 2],
            stride: [1; 2],
            padding: [padding; 2],
            dilation: [1; 2],
            groups: 1,
        }
    }
}
