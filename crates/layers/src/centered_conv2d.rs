//! Convolution with a window that is centered on the pixels.

use rand::Rng;
use tenon_tensor::ops::conv2d::{self as ops, Geometry};
use tenon_tensor::prelude::{Dyn, U2, U3, U4, U5};
use tenon_tensor::proof::{Domain, Proof};
use tenon_tensor::shape::typenum::{U1, Unsigned};
use tenon_tensor::shape::{Channels, Every, Image, StaticDim, StaticShape};
use tenon_tensor::{Backend, Op, Tensor};

use crate::context::Context;
use crate::cost::{Cost, Operation, StaticCost, elements};
use crate::init::{self, Init};
use crate::layer::Layer;
use crate::param::Param;

/// Convolution of images with a square window of odd side `K`, centered on every `S`-th pixel and
/// without a bias, as before a normalization.
///
/// The padding is `(K − 1)/2`, so the size of the result does not depend on `K`: with `S = 1`
/// height and width stay by definition, and code that is generic over them needs no bounds.
///
/// # Shapes
/// `(N, In, H, W) → (N, Out, ⌈H/S⌉, ⌈W/S⌉)`
///
/// # Parameters
/// - `weight: (Out, In, K, K)`, normal with deviation `√(2 / (Out K²))`
///
/// # Source
/// PyTorch's `nn.Conv2d(…, padding=(K − 1) // 2, bias=False)`, as in torchvision's ResNet; its
/// initial distribution is that of He et al. 2015, "Delving deep into rectifiers", equation 14.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// let layer: CenteredConv2d<U3, U8, U3, U2> = Init::init(&mut SeededRng::new(0));
/// let images: Tensor<(U2, U3, U7, U28)> = Tensor::zeros();
/// let maps: Tensor<(U2, U8, U4, U14)> = layer.forward(images, &mut Context::eval());
/// ```
#[derive(Clone, Debug, tenon_derive::Module)]
pub struct CenteredConv2d<In: StaticDim, Out: StaticDim, K: StaticDim, S = U1> {
    /// One window per pair of channels.
    pub weight: Param<(Out, In, K, K)>,
    #[module(skip)]
    stride: std::marker::PhantomData<S>,
}

impl<In: StaticDim, Out: StaticDim, K: StaticDim, S> CenteredConv2d<In, Out, K, S> {
    /// How many numbers are learned.
    pub const PARAMETERS: usize = Out::N * In::N * K::N * K::N;

    /// The positions on each side of the center.
    const PADDING: usize = {
        assert!(K::N % 2 == 1, "a window of even size has no center");
        K::N / 2
    };
}

impl<In: StaticDim, Out: StaticDim, K: StaticDim, S> Init for CenteredConv2d<In, Out, K, S> {
    fn init(rng: &mut impl Rng) -> Self {
        let fan_out = (Out::N * K::N * K::N) as f64;
        CenteredConv2d { weight: init::normal(rng, 0.0, (2.0 / fan_out).sqrt()), stride: Default::default() }
    }
}

impl<X, In, Out, K, S, B> Layer<Tensor<X, B>, B> for CenteredConv2d<In, Out, K, S>
where
    X: Image,
    In: StaticDim,
    Out: StaticDim,
    K: StaticDim,
    S: Unsigned,
    B: Backend,
    X::C: Channels<In>,
    X::H: Every<S>,
    X::W: Every<S>,
{
    type Output = Tensor<EveryPixel<X, Out, S>, B>;

    fn forward(&self, x: Tensor<X, B>, ctx: &mut Context<B>) -> Self::Output {
        let (n, c, h, w) = x.shape().bchw();
        c.check_channels(In::default());
        let geometry = Geometry { stride: S::USIZE, padding: Self::PADDING, dilation: 1, groups: 1 };
        let y = ops::Conv2d { geometry }.on([x.into_value(), ctx.param(&self.weight).into_value()]);
        Tensor::from_value((n, Out::default(), h.every(), w.every()), y)
    }
}

/// Every `S`-th pixel of images, in so many channels.
type EveryPixel<X, Out, S> =
    (<X as Image>::B, Out, <<X as Image>::H as Every<S>>::Output, <<X as Image>::W as Every<S>>::Output);

impl<X, In, Out, K, S> StaticCost<Tensor<X>> for CenteredConv2d<In, Out, K, S>
where
    X: Image + StaticShape,
    In: StaticDim,
    Out: StaticDim,
    K: StaticDim,
    S: Unsigned,
    X::C: Channels<In>,
    X::H: Every<S>,
    X::W: Every<S>,
{
    const COST: Cost = Cost::of(Operation {
        parameters: Self::PARAMETERS,
        flops: (elements::<EveryPixel<X, Out, S>>() * 2 * In::N * K::N * K::N) as u64,
        reads_input: true,
        ..Operation::between::<X, EveryPixel<X, Out, S>>()
    });
}

crate::prove_layer! {
    CenteredConv2dProof "CenteredConv2d": [CenteredConv2d<U2, U3, U3, U2>] on |n| (Dyn(n), U2::new(), U5::new(), U4::new()),
    within Domain::Within(-1.0, 1.0),
    oracle |[x, weight]| {
        let geometry = Geometry { stride: 2, padding: 1, dilation: 1, groups: 1 };
        Proof::oracle(&ops::Conv2d { geometry }, [x, weight])
    }
}
