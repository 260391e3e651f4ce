//! Convolution layers.

use rand::Rng;
use tenon_tensor::ops::conv2d::{self as ops, ConvShape, Geometry};
use tenon_tensor::prelude::{Dyn, U2, U3, U4, U5, U6};
use tenon_tensor::proof::{Domain, Proof};
use tenon_tensor::shape::typenum::{U0, U1, Unsigned};
use tenon_tensor::shape::{Channels, DivExact, ExactQuotient, Image, StaticDim, StaticShape, WindowOut};
use tenon_tensor::{Backend, Tensor, Window};

use crate::context::Context;
use crate::cost::{Cost, Operation, StaticCost, elements};
use crate::init::{self, Init};
use crate::layer::Layer;
use crate::param::Param;

/// Convolution of images with a square window of side `K`: stride `S`, padding `P`, dilation `D`.
///
/// # Shapes
/// `(N, In, H, W) → (N, Out, H', W')` with `H' = ⌊(H + 2P − D(K − 1) − 1) / S⌋ + 1`
///
/// # Parameters
/// - `weight: (Out, In, K, K)`, uniform on `±1/√(In K²)`
/// - `bias: (Out,)`, the same; none after [`without_bias`](Conv2d::without_bias)
///
/// # Source
/// Names, layout and initial distribution are those of PyTorch's `nn.Conv2d`.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// let layer: Conv2d<U1, U6, U5> = Init::init(&mut SeededRng::new(0));
/// let images: Tensor<(U2, U1, U28, U28)> = Tensor::zeros();
/// let maps: Tensor<(U2, U6, U24, U24)> = layer.forward(images, &mut Context::eval());
/// ```
#[derive(Clone, Debug, tenon_derive::Module)]
pub struct Conv2d<In: StaticDim, Out: StaticDim, K: StaticDim, S = U1, P = U0, D = U1> {
    /// One window per pair of channels.
    pub weight: Param<(Out, In, K, K)>,
    /// One number per output channel.
    pub bias: Option<Param<(Out,)>>,
    #[module(skip)]
    window: Window<S, P, D>,
}

impl<In: StaticDim, Out: StaticDim, K: StaticDim, S, P, D> Init for Conv2d<In, Out, K, S, P, D> {
    fn init(rng: &mut impl Rng) -> Self {
        let fan_in = In::N * K::N * K::N;
        let weight = init::torch_default(rng, fan_in);
        Conv2d { weight, bias: Some(init::torch_default(rng, fan_in)), window: Window::new() }
    }
}

impl<In: StaticDim, Out: StaticDim, K: StaticDim, S, P, D> Conv2d<In, Out, K, S, P, D> {
    /// A convolution without a bias, as before a normalization.
    pub fn without_bias(rng: &mut impl Rng) -> Self {
        Conv2d { weight: init::torch_default(rng, In::N * K::N * K::N), bias: None, window: Window::new() }
    }
}

impl<X, In, Out, K, S, P, D, B> Layer<Tensor<X, B>, B> for Conv2d<In, Out, K, S, P, D>
where
    X: Image,
    In: StaticDim,
    Out: StaticDim,
    K: StaticDim,
    S: Unsigned,
    P: Unsigned,
    D: Unsigned,
    B: Backend,
    X::C: Channels<In>,
    X::H: WindowOut<K::Size, S, P, D>,
    X::W: WindowOut<K::Size, S, P, D>,
{
    type Output = Tensor<ConvShape<X, Out, K, K, S, P, D>, B>;

    fn forward(&self, x: Tensor<X, B>, ctx: &mut Context<B>) -> Self::Output {
        let weight = ctx.param(&self.weight);
        match &self.bias {
            Some(bias) => x.conv2d_bias(&weight, &ctx.param(bias), self.window),
            None => x.conv2d(&weight, self.window),
        }
    }
}

impl<X, In, Out, K, S, P, D> StaticCost<Tensor<X>> for Conv2d<In, Out, K, S, P, D>
where
    X: Image + StaticShape,
    In: StaticDim,
    Out: StaticDim,
    K: StaticDim,
    S: Unsigned,
    P: Unsigned,
    D: Unsigned,
    X::C: Channels<In>,
    X::H: WindowOut<K::Size, S, P, D>,
    X::W: WindowOut<K::Size, S, P, D>,
{
    const COST: Cost = Cost::of(Operation {
        parameters: Out::N * (In::N * K::N * K::N + 1),
        flops: (elements::<ConvShape<X, Out, K, K, S, P, D>>() * (2 * In::N * K::N * K::N + 1)) as u64,
        reads_input: true,
        ..Operation::between::<X, ConvShape<X, Out, K, K, S, P, D>>()
    });
}

/// Convolution in `G` groups of channels that do not see each other, without a bias; with
/// `G = In` it is depthwise.
///
/// # Shapes
/// As [`Conv2d`].
///
/// # Parameters
/// - `weight: (Out, In/G, K, K)`, uniform on `±1/√(In/G · K²)`
///
/// # Source
/// PyTorch's `nn.Conv2d` with `groups` and `bias=False`.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// let depthwise: GroupedConv2d<U8, U8, U3, U8, U1, U1> = Init::init(&mut SeededRng::new(0));
/// let images: Tensor<(U2, U8, U5, U5)> = Tensor::zeros();
/// let maps: Tensor<(U2, U8, U5, U5)> = depthwise.forward(images, &mut Context::eval());
/// ```
#[derive(Clone)]
pub struct GroupedConv2d<In, Out, K, G, S = U1, P = U0, D = U1>
where
    In: DivExact<G>,
    Out: StaticDim,
    K: StaticDim,
    G: StaticDim,
{
    /// One window per pair of channels of a group.
    pub weight: Param<(Out, ExactQuotient<In, G>, K, K)>,
    window: Window<S, P, D>,
}

impl<In, Out, K, G, S, P, D> crate::Module for GroupedConv2d<In, Out, K, G, S, P, D>
where
    In: DivExact<G>,
    Out: StaticDim,
    K: StaticDim,
    G: StaticDim,
{
    fn visit(&self, path: &mut crate::Path, visitor: &mut dyn crate::Visitor) {
        path.enter("weight", |path| self.weight.visit(path, visitor));
    }

    fn visit_mut(&mut self, path: &mut crate::Path, visitor: &mut dyn crate::VisitorMut) {
        path.enter("weight", |path| self.weight.visit_mut(path, visitor));
    }
}

impl<In, Out, K, G, S, P, D> Init for GroupedConv2d<In, Out, K, G, S, P, D>
where
    In: DivExact<G>,
    ExactQuotient<In, G>: StaticDim,
    Out: StaticDim,
    K: StaticDim,
    G: StaticDim,
{
    fn init(rng: &mut impl Rng) -> Self {
        let fan_in = <ExactQuotient<In, G> as StaticDim>::N * K::N * K::N;
        GroupedConv2d { weight: init::torch_default(rng, fan_in), window: Window::new() }
    }
}

impl<X, In, Out, K, G, S, P, D, B> Layer<Tensor<X, B>, B> for GroupedConv2d<In, Out, K, G, S, P, D>
where
    X: Image,
    In: DivExact<G>,
    ExactQuotient<In, G>: StaticDim,
    Out: StaticDim + DivExact<G>,
    K: StaticDim,
    G: StaticDim,
    S: Unsigned,
    P: Unsigned,
    D: Unsigned,
    B: Backend,
    X::C: Channels<In> + DivExact<G>,
    ExactQuotient<X::C, G>: Channels<ExactQuotient<In, G>>,
    X::H: WindowOut<K::Size, S, P, D>,
    X::W: WindowOut<K::Size, S, P, D>,
{
    type Output = Tensor<ConvShape<X, Out, K, K, S, P, D>, B>;

    fn forward(&self, x: Tensor<X, B>, ctx: &mut Context<B>) -> Self::Output {
        x.conv2d_grouped::<G, _, _, _, _, _, _, _>(&ctx.param(&self.weight), self.window)
    }
}

impl<X, In, Out, K, G, S, P, D> StaticCost<Tensor<X>> for GroupedConv2d<In, Out, K, G, S, P, D>
where
    X: Image + StaticShape,
    In: StaticDim + DivExact<G>,
    Out: StaticDim,
    K: StaticDim,
    G: StaticDim,
    S: Unsigned,
    P: Unsigned,
    D: Unsigned,
    X::C: Channels<In>,
    X::H: WindowOut<K::Size, S, P, D>,
    X::W: WindowOut<K::Size, S, P, D>,
{
    const COST: Cost = {
        let window = In::N / G::N * K::N * K::N;
        Cost::of(Operation {
            parameters: Out::N * window,
            flops: (elements::<ConvShape<X, Out, K, K, S, P, D>>() * 2 * window) as u64,
            reads_input: true,
            ..Operation::between::<X, ConvShape<X, Out, K, K, S, P, D>>()
        })
    };
}

crate::prove_layer! {
    Conv2dProof "Conv2d": [Conv2d<U2, U3, U3, U2, U1>] on |n| (Dyn(n), U2::new(), U5::new(), U4::new()),
    within Domain::Within(-1.0, 1.0),
    oracle |[x, weight, bias]| {
        let geometry = Geometry { stride: 2, padding: 1, dilation: 1, groups: 1 };
        Proof::oracle(&ops::Conv2dBias { geometry }, [x, weight, bias])
    }

    GroupedConv2dProof "GroupedConv2d": [GroupedConv2d<U4, U6, U2, U2>] on |n| (Dyn(n), U4::new(), U3::new(), U3::new()),
    within Domain::Within(-1.0, 1.0),
    oracle |[x, weight]| {
        let geometry = Geometry { stride: 1, padding: 0, dilation: 1, groups: 2 };
        Proof::oracle(&ops::Conv2d { geometry }, [x, weight])
    }
}
