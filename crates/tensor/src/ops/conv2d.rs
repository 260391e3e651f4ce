//! Convolution of images.

mod geometry;

use tenon_kernels::conv2d as kernel;
use tenon_kernels::gemm::Activation;
use tenon_shape::typenum::Unsigned;
use tenon_shape::{Channels, DivExact, Image, StaticDim, WindowOut};

use crate::proof::{Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Fused, Op, Reads, Tensor, Value, Vjp};

pub use geometry::{ConvShape, Geometry, Window};

impl<X: Image, B: Backend> Tensor<X, B> {
    /// Two-dimensional convolution (cross-correlation, as everywhere in deep learning):
    /// `yₙₒᵢⱼ = Σ꜀ₖₗ xₙ꜀,ᵢₛ₊ₖ,ⱼₛ₊ₗ wₒ꜀ₖₗ`.
    ///
    /// # Shapes
    /// `x: (N, C, H, W), weight: (O, C, K, L) → (N, O, H', W')` with
    /// `H' = ⌊(H + 2P − D(K − 1) − 1) / S⌋ + 1`
    ///
    /// Windows of 3 × 3 and of 5 × 5 that move by one pixel, and their gradients, are computed by tiles
    /// of 4 × 4 or of 2 × 2 results where that is faster. Rounding errors are then up to a few times
    /// those of a plain sum, a NaN or an infinity spreads to all results of the tiles that read it, and
    /// results within a factor of some thousand of the largest float may overflow.
    ///
    /// # Source
    /// Lavin and Gray 2016, "Fast algorithms for convolutional neural networks", section 4.1, for
    /// the tiles.
    ///
    /// # Gradient
    /// `dx` is `dy` convolved back through the weight, `dw` the correlation of `x` with `dy`; both
    /// are operations themselves. Keeps both arguments.
    ///
    /// # Panics
    /// When a run-time image is smaller than the window.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::{prelude::*, Window};
    /// let x: Tensor<(U1, U1, U3, U3)> = Tensor::ones();
    /// let weight: Tensor<(U2, U1, U2, U2)> = Tensor::ones();
    /// let y: Tensor<(U1, U2, U2, U2)> = x.conv2d(&weight, Window::<U1>::new());
    /// assert_eq!(y.to_vec(), [4.0; 8]);
    /// ```
    pub fn conv2d<O, C, K, L, S, P, D>(
        &self,
        weight: &Tensor<(O, C, K, L), B>,
        window: Window<S, P, D>,
    ) -> Tensor<ConvShape<X, O, K, L, S, P, D>, B>
    where
        O: StaticDim,
        C: StaticDim,
        K: StaticDim,
        L: StaticDim,
        S: Unsigned,
        P: Unsigned,
        D: Unsigned,
        X::C: Channels<C>,
        X::H: WindowOut<K::Size, S, P, D>,
        X::W: WindowOut<L::Size, S, P, D>,
    {
        let (n, c, h, w) = self.shape.bchw();
        c.check_channels(C::default());
        let value = Conv2d { geometry: window.geometry(1) }.on([self.value.clone(), weight.value.clone()]);
        Tensor { shape: (n, O::default(), h.window_out(), w.window_out()), value }
    }

    /// [`conv2d`](Tensor::conv2d) plus a bias per output channel, in one pass.
    ///
    /// # Gradient
    /// As for [`conv2d`](Tensor::conv2d), and `db = Σ dy` over images and positions.
    pub fn conv2d_bias<O, C, K, L, S, P, D>(
        &self,
        weight: &Tensor<(O, C, K, L), B>,
        bias: &Tensor<(O,), B>,
        window: Window<S, P, D>,
    ) -> Tensor<ConvShape<X, O, K, L, S, P, D>, B>
    where
        O: StaticDim,
        C: StaticDim,
        K: StaticDim,
        L: StaticDim,
        S: Unsigned,
        P: Unsigned,
        D: Unsigned,
        X::C: Channels<C>,
        X::H: WindowOut<K::Size, S, P, D>,
        X::W: WindowOut<L::Size, S, P, D>,
    {
        let (n, c, h, w) = self.shape.bchw();
        c.check_channels(C::default());
        let conv = Conv2dBias { geometry: window.geometry(1) };
        let value = conv.on([self.value.clone(), weight.value.clone(), bias.value.clone()]);
        Tensor { shape: (n, O::default(), h.window_out(), w.window_out()), value }
    }

    /// [`conv2d`](Tensor::conv2d) in `G` groups: each group of output channels sees its own group
    /// of input channels. With as many groups as channels it is depthwise.
    ///
    /// # Shapes
    /// `x: (N, C, H, W), weight: (O, C/G, K, L) → (N, O, H', W')`
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::{prelude::*, Window};
    /// let x: Tensor<(U1, U4, U3, U3)> = Tensor::ones();
    /// let depthwise: Tensor<(U4, U1, U3, U3)> = Tensor::ones();
    /// let y: Tensor<(U1, U4, U3, U3)> = x.conv2d_grouped::<U4, _, _, _, _, _, _, _>(&depthwise, Window::<U1, U1>::new());
    /// ```
    pub fn conv2d_grouped<G, O, C, K, L, S, P, D>(
        &self,
        weight: &Tensor<(O, C, K, L), B>,
        window: Window<S, P, D>,
    ) -> Tensor<ConvShape<X, O, K, L, S, P, D>, B>
    where
        G: StaticDim,
        O: StaticDim + DivExact<G>,
        C: StaticDim,
        K: StaticDim,
        L: StaticDim,
        S: Unsigned,
        P: Unsigned,
        D: Unsigned,
        X::C: DivExact<G>,
        <X::C as DivExact<G>>::Output: Channels<C>,
        X::H: WindowOut<K::Size, S, P, D>,
        X::W: WindowOut<L::Size, S, P, D>,
    {
        let (n, _, h, w) = self.shape.bchw();
        let value = Conv2d { geometry: window.geometry(G::N) }.on([self.value.clone(), weight.value.clone()]);
        Tensor { shape: (n, O::default(), h.window_out(), w.window_out()), value }
    }
}

fn slice<E: Element>(array: &Array<E>) -> &[E] {
    array.as_slice().expect("contiguous")
}

/// The operation of [`Tensor::conv2d`], on images and a weight.
#[derive(Clone, Copy, Debug)]
pub struct Conv2d {
    /// The attributes.
    pub geometry: Geometry,
}

impl Op<2> for Conv2d {
    const NAME: &'static str = "conv2d";
    const READS: Reads<2> = Reads::ARGS;

    fn forward<E: Element>(&self, [x, weight]: [Array<E>; 2]) -> Array<E> {
        let sizes = self.geometry.sizes(x.dims(), weight.dims());
        let dims = self.geometry.output_dims(x.dims(), weight.dims());
        let (x, weight) = (x.contiguous(), weight.contiguous());
        Array::write(dims, |y| kernel::forward(&sizes, slice(&x), weight.weights(), None, Activation::Identity, y))
    }

    fn flops(&self, args: &[Dims; 2], output: Dims) -> u64 {
        2 * (output.numel() * args[1][1..].iter().product::<usize>()) as u64
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 2>) -> [Option<Value<B>>; 2] {
        let geometry = self.geometry;
        let x = at.wrt(0, |at| Conv2dInput { geometry, dims: at.dims(0) }.on([at.dy.clone(), at.arg(1)]));
        let weight = at.wrt(1, |at| Conv2dWeight { geometry, dims: at.dims(1) }.on([at.dy.clone(), at.arg(0)]));
        [x, weight]
    }
}

/// The cotangent of the images of a [`Conv2d`], from that of its result and the weight.
#[derive(Clone, Copy, Debug)]
pub struct Conv2dInput {
    /// The attributes of the convolution.
    pub geometry: Geometry,
    /// The dims of the images.
    pub dims: Dims,
}

impl Op<2> for Conv2dInput {
    const NAME: &'static str = "conv2d_input";
    const READS: Reads<2> = Reads::ARGS;

    fn forward<E: Element>(&self, [dy, weight]: [Array<E>; 2]) -> Array<E> {
        let sizes = self.geometry.sizes(self.dims, weight.dims());
        let (dy, weight) = (dy.contiguous(), weight.contiguous());
        Array::write(self.dims, |dx| kernel::input_gradient(&sizes, slice(&dy), weight.weights(), dx))
    }

    fn flops(&self, args: &[Dims; 2], _: Dims) -> u64 {
        2 * (args[0].numel() * args[1][1..].iter().product::<usize>()) as u64
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 2>) -> [Option<Value<B>>; 2] {
        let geometry = self.geometry;
        let dy = at.wrt(0, |at| Conv2d { geometry }.on([at.dy.clone(), at.arg(1)]));
        let weight = at.wrt(1, |at| Conv2dWeight { geometry, dims: at.dims(1) }.on([at.arg(0), at.dy.clone()]));
        [dy, weight]
    }
}

/// The cotangent of the weight of a [`Conv2d`], from that of its result and the images.
#[derive(Clone, Copy, Debug)]
pub struct Conv2dWeight {
    /// The attributes of the convolution.
    pub geometry: Geometry,
    /// The dims of the weight.
    pub dims: Dims,
}

impl Op<2> for Conv2dWeight {
    const NAME: &'static str = "conv2d_weight";
    const READS: Reads<2> = Reads::ARGS;

    fn forward<E: Element>(&self, [dy, x]: [Array<E>; 2]) -> Array<E> {
        let sizes = self.geometry.sizes(x.dims(), self.dims);
        let (dy, x) = (dy.contiguous(), x.contiguous());
        Array::write(self.dims, |dw| kernel::weight_gradient(&sizes, slice(&x), slice(&dy), dw))
    }

    fn flops(&self, args: &[Dims; 2], output: Dims) -> u64 {
        2 * (args[1].numel() * output[1..].iter().product::<usize>()) as u64
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 2>) -> [Option<Value<B>>; 2] {
        let geometry = self.geometry;
        let dy = at.wrt(0, |at| Conv2d { geometry }.on([at.arg(1), at.dy.clone()]));
        let x = at.wrt(1, |at| Conv2dInput { geometry, dims: at.dims(1) }.on([at.arg(0), at.dy.clone()]));
        [dy, x]
    }
}

/// The operation of [`Tensor::conv2d_bias`], on images, a weight and a bias.
#[derive(Clone, Copy, Debug)]
pub struct Conv2dBias {
    /// The attributes.
    pub geometry: Geometry,
}

impl Fused<3> for Conv2dBias {
    const NAME: &'static str = "conv2d_bias";
    const READS: Reads<3> = Reads { args: [true, true, false], output: false };
    type Kept<E: Element> = ();

    fn definition<B: Backend>(&self, [x, weight, bias]: [Value<B>; 3]) -> Value<B> {
        let y = Conv2d { geometry: self.geometry }.on([x, weight]);
        let (channels, dims) = (bias.dims()[0], y.dims());
        y + bias.reshaped(Dims::new(&[channels, 1, 1])).expanded(dims)
    }

    fn forward<E: Element>(&self, [x, weight, bias]: [Array<E>; 3]) -> (Array<E>, ()) {
        let sizes = self.geometry.sizes(x.dims(), weight.dims());
        let dims = self.geometry.output_dims(x.dims(), weight.dims());
        let (x, weight, bias) = (x.contiguous(), weight.contiguous(), bias.contiguous());
        (Array::write(dims, |y| kernel::forward(&sizes, slice(&x), weight.weights(), Some(slice(&bias)), Activation::Identity, y)), ())
    }

    fn flops(&self, args: &[Dims; 3], output: Dims) -> u64 {
        (output.numel() * (2 * args[1][1..].iter().product::<usize>() + 1)) as u64
    }

    fn backward<E: Element>(&self, at: Vjp<Array<E>, 3>, (): &()) -> [Option<Array<E>>; 3] {
        let geometry = self.geometry;
        let dy = at.dy.clone().contiguous();
        let x = at.wrt(0, |at| Conv2dInput { geometry, dims: at.dims(0) }.forward([dy.clone(), at.arg(1)]));
        let weight = at.wrt(1, |at| Conv2dWeight { geometry, dims: at.dims(1) }.forward([dy.clone(), at.arg(0)]));
        let bias = at.wrt(2, |_| {
            let [n, channels, height, width] = [0, 1, 2, 3].map(|axis| dy.dims()[axis]);
            let positions = dy.clone().reshaped(Dims::new(&[n, channels, height * width]));
            super::sum::sum_axis(super::sum::sum_axis(positions, 2), 0)
        });
        [x, weight, bias]
    }
}

impl Proof<2> for Conv2d {
    const PROVES: &'static str = "conv2d";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 2]) {
        let (geometry, x, weight) = Geometry::draw(draw);
        (Conv2d { geometry }, [x, weight])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 2]) -> Value<B> {
        self.on(args)
    }

    fn oracle(&self, [x, weight]: [&Naive; 2]) -> Naive {
        let mut y = Naive::zeros(self.geometry.output_dims(x.dims, weight.dims));
        self.geometry.for_each_product(x.dims, weight.dims, |i, k, o| *y.at_mut(o) += x.at(i) * weight.at(k));
        y
    }
}

impl Proof<2> for Conv2dInput {
    const PROVES: &'static str = "conv2d_input";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 2]) {
        let (geometry, x, weight) = Geometry::draw(draw);
        (Conv2dInput { geometry, dims: x }, [geometry.output_dims(x, weight), weight])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 2]) -> Value<B> {
        self.on(args)
    }

    fn oracle(&self, [dy, weight]: [&Naive; 2]) -> Naive {
        let mut dx = Naive::zeros(self.dims);
        self.geometry.for_each_product(self.dims, weight.dims, |i, k, o| *dx.at_mut(i) += dy.at(o) * weight.at(k));
        dx
    }
}

impl Proof<2> for Conv2dWeight {
    const PROVES: &'static str = "conv2d_weight";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 2]) {
        let (geometry, x, weight) = Geometry::draw(draw);
        (Conv2dWeight { geometry, dims: weight }, [geometry.output_dims(x, weight), x])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 2]) -> Value<B> {
        self.on(args)
    }

    fn oracle(&self, [dy, x]: [&Naive; 2]) -> Naive {
        let mut dw = Naive::zeros(self.dims);
        self.geometry.for_each_product(x.dims, self.dims, |i, k, o| *dw.at_mut(k) += dy.at(o) * x.at(i));
        dw
    }
}

impl Proof<3> for Conv2dBias {
    const PROVES: &'static str = "conv2d_bias";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 3]) {
        let (geometry, x, weight) = Geometry::draw(draw);
        (Conv2dBias { geometry }, [x, weight, Dims::new(&[weight[0]])])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 3]) -> Value<B> {
        self.on(args)
    }

    fn definition<B: Backend>(&self, args: [Value<B>; 3]) -> Option<Value<B>> {
        Some(Fused::definition(self, args))
    }

    fn oracle(&self, [x, weight, bias]: [&Naive; 3]) -> Naive {
        let y = Proof::oracle(&Conv2d { geometry: self.geometry }, [x, weight]);
        Naive::from_fn(y.dims, |index| y.at(index) + bias.at(&[index[1]]))
    }
}

register!(Conv2d, Conv2dInput, Conv2dWeight, Conv2dBias);
