//! How the window of a convolution moves, in types and in numbers.

use std::marker::PhantomData;

use tenon_kernels::conv2d as kernel;
use tenon_shape::typenum::{U0, U1, Unsigned};
use tenon_shape::{Image, WindowSize};

use crate::Dims;
use crate::proof::{Draw, for_each_index};

/// How a window moves over an image, the same way along height and width: in steps of `S`, over
/// `P` zeros on each side, with `D` positions from one tap to the next.
///
/// # Example
/// ```
/// use tenon_tensor::{prelude::*, Window};
/// let halving = Window::<U2, U1>::new();
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Window<S = U1, P = U0, D = U1>(PhantomData<(S, P, D)>);

impl<S, P, D> Window<S, P, D> {
    /// The window.
    pub const fn new() -> Self {
        Window(PhantomData)
    }
}

impl<S, P, D> Default for Window<S, P, D> {
    fn default() -> Self {
        Window::new()
    }
}

impl<S: Unsigned, P: Unsigned, D: Unsigned> Window<S, P, D> {
    /// The window in run-time numbers.
    pub fn geometry(self, groups: usize) -> Geometry {
        Geometry { stride: S::USIZE, padding: P::USIZE, dilation: D::USIZE, groups }
    }
}

/// The shape of a convolution's result.
pub type ConvShape<X, O, K, L, S, P, D> = (
    <X as Image>::B,
    O,
    WindowSize<<X as Image>::H, <K as tenon_shape::Dim>::Size, S, P, D>,
    WindowSize<<X as Image>::W, <L as tenon_shape::Dim>::Size, S, P, D>,
);

/// The run-time attributes of a convolution, the same along height and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Positions from one window to the next.
    pub stride: usize,
    /// Zeros on each side.
    pub padding: usize,
    /// Positions from one tap of the window to the next.
    pub dilation: usize,
    /// Groups of channels that do not see each other.
    pub groups: usize,
}

impl Geometry {
    /// The sizes as the kernels take them.
    pub(super) fn sizes(&self, x: Dims, weight: Dims) -> kernel::Conv2d {
        kernel::Conv2d {
            batch: x[0],
            in_channels: x[1],
            height: x[2],
            width: x[3],
            out_channels: weight[0],
            kernel: [weight[2], weight[3]],
            stride: [self.stride; 2],
            padding: [self.padding; 2],
            dilation: [self.dilation; 2],
            groups: self.groups,
        }
    }

    pub(super) fn output_dims(&self, x: Dims, weight: Dims) -> Dims {
        let sizes = self.sizes(x, weight);
        Dims::new(&[x[0], weight[0], sizes.out_height(), sizes.out_width()])
    }

    /// Calls `f` with the flat positions in `x`, `weight` and `y` of every product that a
    /// convolution adds up.
    pub(super) fn for_each_product(&self, x: Dims, weight: Dims, mut f: impl FnMut(&[usize], &[usize], &[usize])) {
        let y = self.output_dims(x, weight);
        let (channels_in, channels_out) = (weight[1], weight[0] / self.groups);
        for_each_index(y, |at| {
            let group = at[1] / channels_out;
            for_each_index(Dims::new(&weight[1..]), |tap| {
                let row = at[2] * self.stride + tap[1] * self.dilation;
                let column = at[3] * self.stride + tap[2] * self.dilation;
                let (Some(row), Some(column)) = (row.checked_sub(self.padding), column.checked_sub(self.padding))
                else {
                    return;
                };
                if row < x[2] && column < x[3] {
                    let source = [at[0], group * channels_in + tap[0], row, column];
                    f(&source, &[at[1], tap[0], tap[1], tap[2]], at);
                }
            });
        });
    }

    /// Draws a geometry, and dims of an image batch and a weight that fit it.
    pub(super) fn draw(draw: &mut Draw<'_>) -> (Self, Dims, Dims) {
        let groups = draw.between(1, 3);
        let (channels_in, channels_out) = (draw.between(1, 3), draw.between(1, 3));
        let geometry = Geometry {
            stride: draw.between(1, 3),
            padding: draw.below(3),
            dilation: draw.between(1, 2),
            groups,
        };
        let mut axis = || {
            let kernel = draw.between(1, 3);
            let reach = geometry.dilation * (kernel - 1) + 1;
            let least = reach.saturating_sub(2 * geometry.padding).max(1);
            (kernel, least + draw.below(4))
        };
        let ((kernel_height, height), (kernel_width, width)) = (axis(), axis());
        let batch = draw.size();
        let x = Dims::new(&[batch, groups * channels_in, height, width]);
        let weight = Dims::new(&[groups * channels_out, channels_in, kernel_height, kernel_width]);
        (geometry, x, weight)
    }
}
