//! The mean under a moving window.

use tenon_kernels::pool2d::{self as kernel, Divisor};
use tenon_shape::typenum::Unsigned;
use tenon_shape::{Image, WindowOut};

use crate::proof::{Draw, Naive, Proof, for_each_index, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Tensor, Value, Vjp};

use super::conv2d::Window;
use super::max_pool2d::PoolShape;

impl<X: Image, B: Backend> Tensor<X, B> {
    /// The mean under a `K × K` window: `yₙ꜀ᵢⱼ = (1/K²) Σₖₗ xₙ꜀,ᵢₛ₊ₖ,ⱼₛ₊ₗ`. Padding counts as zeros, as
    /// with PyTorch's default `count_include_pad=True`.
    ///
    /// # Shapes
    /// `x: (N, C, H, W) → (N, C, H', W')` with `H' = ⌊(H + 2P − K) / S⌋ + 1`
    ///
    /// # Gradient
    /// `dy / K²` goes to every element of the window. Keeps nothing.
    ///
    /// # Panics
    /// When a run-time image is smaller than the window.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::{prelude::*, Window};
    /// let x: Tensor<(U1, U1, U2, U2)> = Tensor::from([[[[1.0, 7.0], [3.0, 5.0]]]]);
    /// let y: Tensor<(U1, U1, U1, U1)> = x.avg_pool2d::<U2, _, _>(Window::<U2>::new());
    /// assert_eq!(y.to_vec(), [4.0]);
    /// ```
    pub fn avg_pool2d<K: Unsigned, S: Unsigned, P: Unsigned>(
        &self,
        window: Window<S, P>,
    ) -> Tensor<PoolShape<X, K, S, P>, B>
    where
        X::H: WindowOut<K, S, P>,
        X::W: WindowOut<K, S, P>,
    {
        let (n, c, h, w) = self.shape.bchw();
        let window = PoolWindow { kernel: K::USIZE, stride: window.geometry(1).stride, padding: P::USIZE };
        let value = AvgPool2d { window }.on([self.value.clone()]);
        Tensor { shape: (n, c, h.window_out(), w.window_out()), value }
    }
}

/// The run-time attributes of a pooling, the same along height and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolWindow {
    /// The side of the window.
    pub kernel: usize,
    /// Positions from one window to the next.
    pub stride: usize,
    /// Positions outside the image on each side.
    pub padding: usize,
}

impl PoolWindow {
    /// The dims of the result.
    pub fn output_dims(&self, x: Dims) -> Dims {
        let sizes = self.sizes(x);
        x.with(2, sizes.out_height()).with(3, sizes.out_width())
    }

    pub(super) fn sizes(&self, x: Dims) -> kernel::Pool2d {
        kernel::Pool2d {
            planes: x[0] * x[1],
            height: x[2],
            width: x[3],
            kernel: [self.kernel; 2],
            stride: [self.stride; 2],
            padding: [self.padding; 2],
        }
    }

    /// Calls `f` with the index of every element and of the window that sees it.
    pub(super) fn for_each_element(&self, x: Dims, mut f: impl FnMut(&[usize], &[usize])) {
        for_each_index(self.output_dims(x), |to| {
            for_each_index(Dims::new(&[self.kernel; 2]), |tap| {
                let row = (to[2] * self.stride + tap[0]).checked_sub(self.padding);
                let column = (to[3] * self.stride + tap[1]).checked_sub(self.padding);
                if let (Some(row), Some(column)) = (row, column)
                    && row < x[2]
                    && column < x[3]
                {
                    f(&[to[0], to[1], row, column], to);
                }
            });
        });
    }

    /// Draws a window, and dims that it fits.
    pub(super) fn draw(draw: &mut Draw<'_>) -> (Self, Dims) {
        let kernel = draw.between(1, 3);
        let window = PoolWindow { kernel, stride: draw.between(1, 3), padding: draw.below(kernel / 2 + 1) };
        let least = kernel.saturating_sub(2 * window.padding).max(1);
        let dims = [draw.size(), draw.between(1, 3), least + draw.below(5), least + draw.below(5)];
        (window, Dims::new(&dims))
    }
}

/// The operation of [`Tensor::avg_pool2d`].
#[derive(Clone, Copy, Debug)]
pub struct AvgPool2d {
    /// The window.
    pub window: PoolWindow,
}

impl Op<1> for AvgPool2d {
    const NAME: &'static str = "avg_pool2d";
    const READS: Reads<1> = Reads::NOTHING;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        let sizes = self.window.sizes(x.dims());
        let x = x.contiguous();
        let numbers = x.as_slice().expect("contiguous");
        Array::write(self.window.output_dims(x.dims()), |y| kernel::avg_pool(&sizes, Divisor::Window, numbers, y))
    }

    fn flops(&self, _: &[Dims; 1], output: Dims) -> u64 {
        (output.numel() * self.window.kernel.pow(2)) as u64
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        [Some(AvgPool2dInput { window: self.window, dims: at.dims(0) }.on([at.dy]))]
    }
}

/// The cotangent of the images of an [`AvgPool2d`]: its transpose.
#[derive(Clone, Copy, Debug)]
pub struct AvgPool2dInput {
    /// The window.
    pub window: PoolWindow,
    /// The dims of the images.
    pub dims: Dims,
}

impl Op<1> for AvgPool2dInput {
    const NAME: &'static str = "avg_pool2d_input";
    const READS: Reads<1> = Reads::NOTHING;

    fn forward<E: Element>(&self, [dy]: [Array<E>; 1]) -> Array<E> {
        let sizes = self.window.sizes(self.dims);
        let dy = dy.contiguous();
        let numbers = dy.as_slice().expect("contiguous");
        Array::write(self.dims, |dx| kernel::avg_pool_backward(&sizes, Divisor::Window, numbers, dx))
    }

    fn flops(&self, args: &[Dims; 1], _: Dims) -> u64 {
        (args[0].numel() * self.window.kernel.pow(2)) as u64
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        [Some(AvgPool2d { window: self.window }.on([at.dy]))]
    }
}

impl Proof<1> for AvgPool2d {
    const PROVES: &'static str = "avg_pool2d";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let (window, dims) = PoolWindow::draw(draw);
        (AvgPool2d { window }, [dims])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        self.on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        let area = (self.window.kernel * self.window.kernel) as f64;
        let mut mean = Naive::zeros(self.window.output_dims(x.dims));
        self.window.for_each_element(x.dims, |from, to| *mean.at_mut(to) += x.at(from) / area);
        mean
    }
}

impl Proof<1> for AvgPool2dInput {
    const PROVES: &'static str = "avg_pool2d_input";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let (window, dims) = PoolWindow::draw(draw);
        (AvgPool2dInput { window, dims }, [window.output_dims(dims)])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        self.on(args)
    }

    fn oracle(&self, [dy]: [&Naive; 1]) -> Naive {
        let area = (self.window.kernel * self.window.kernel) as f64;
        let mut dx = Naive::zeros(self.dims);
        self.window.for_each_element(self.dims, |from, to| *dx.at_mut(from) += dy.at(to) / area);
        dx
    }
}

register!(AvgPool2d, AvgPool2dInput);
