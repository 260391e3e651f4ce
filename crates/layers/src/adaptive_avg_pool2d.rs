//! The mean of bins that divide an image, however large it is.

use std::marker::PhantomData;

use tenon_tensor::ops::adaptive_avg_pool2d as ops;
use tenon_tensor::prelude::{Dyn, U2, U3, U5};
use tenon_tensor::proof::{Domain, Proof};
use tenon_tensor::shape::{Image, StaticDim, StaticShape};
use tenon_tensor::{Backend, Tensor};

use crate::context::Context;
use crate::cost::{Cost, Operation, StaticCost};
use crate::init::Init;
use crate::layer::Layer;

/// The mean of each of `H × W` bins (as many rows as columns unless said otherwise); see
/// [`Tensor::adaptive_avg_pool2d`].
///
/// # Shapes
/// `(N, C, any, any) → (N, C, H, W)`
///
/// # Source
/// PyTorch's `nn.AdaptiveAvgPool2d`.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// let pool = AdaptiveAvgPool2d::<U2>::default();
/// let maps: Tensor<(U1, U6, U7, U5)> = Tensor::zeros();
/// let pooled: Tensor<(U1, U6, U2, U2)> = pool.forward(maps, &mut Context::eval());
/// ```
#[derive(Clone, Debug, tenon_derive::Module)]
pub struct AdaptiveAvgPool2d<H, W = H> {
    #[module(skip)]
    bins: PhantomData<(H, W)>,
}

impl<H, W> Default for AdaptiveAvgPool2d<H, W> {
    fn default() -> Self {
        AdaptiveAvgPool2d { bins: PhantomData }
    }
}

impl<H, W> Init for AdaptiveAvgPool2d<H, W> {
    fn init(_: &mut impl rand::Rng) -> Self {
        AdaptiveAvgPool2d::default()
    }
}

impl<X: Image, H: StaticDim, W: StaticDim, B: Backend> Layer<Tensor<X, B>, B> for AdaptiveAvgPool2d<H, W> {
    type Output = Tensor<(X::B, X::C, H, W), B>;

    fn forward(&self, x: Tensor<X, B>, _: &mut Context<B>) -> Self::Output {
        x.adaptive_avg_pool2d()
    }
}

impl<X: Image + StaticShape, H: StaticDim, W: StaticDim> StaticCost<Tensor<X>> for AdaptiveAvgPool2d<H, W> {
    const COST: Cost = Cost::of(Operation::between::<X, (X::B, X::C, H, W)>());
}

crate::prove_layer! {
    AdaptiveAvgPool2dProof "AdaptiveAvgPool2d": [AdaptiveAvgPool2d<U2, U3>] on |n| (Dyn(n), U2::new(), U5::new(), U5::new()),
    within Domain::Within(-1.0, 1.0),
    oracle |[x]| Proof::oracle(&ops::AdaptiveAvgPool2d { bins: [2, 3] }, [x])
}
