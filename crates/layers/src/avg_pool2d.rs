//! The mean of each window of an image.

use tenon_tensor::ops::avg_pool2d::PoolWindow;
use tenon_tensor::ops::{avg_pool2d as ops, max_pool2d::PoolShape};
use tenon_tensor::prelude::{Dyn, U1, U2, U3, U4, U5};
use tenon_tensor::proof::{Domain, Proof};
use tenon_tensor::shape::typenum::{U0, Unsigned};
use tenon_tensor::shape::{Image, StaticShape, WindowOut};
use tenon_tensor::{Backend, Tensor, Window};

use crate::context::Context;
use crate::cost::{Cost, Operation, StaticCost, elements};
use crate::init::Init;
use crate::layer::Layer;

/// The mean under a `K × K` window that moves by `S` (by its own size unless said otherwise) over
/// `P` padding on each side; see [`Tensor::avg_pool2d`].
///
/// # Shapes
/// `(N, C, H, W) → (N, C, H', W')` with `H' = ⌊(H + 2P − K) / S⌋ + 1`
///
/// # Source
/// PyTorch's `nn.AvgPool2d`.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// let pool = AvgPool2d::<U2>::default();
/// let maps: Tensor<(U1, U6, U28, U28)> = Tensor::zeros();
/// let halved: Tensor<(U1, U6, U14, U14)> = pool.forward(maps, &mut Context::eval());
/// ```
#[derive(Clone, Debug, tenon_derive::Module)]
pub struct AvgPool2d<K, S = K, P = U0> {
    #[module(skip)]
    window: Window<S, P>,
    #[module(skip)]
    kernel: std::marker::PhantomData<K>,
}

impl<K, S, P> Default for AvgPool2d<K, S, P> {
    fn default() -> Self {
        AvgPool2d { window: Window::new(), kernel: std::marker::PhantomData }
    }
}

impl<K, S, P> Init for AvgPool2d<K, S, P> {
    fn init(_: &mut impl rand::Rng) -> Self {
        AvgPool2d::default()
    }
}

impl<X, K, S, P, B> Layer<Tensor<X, B>, B> for AvgPool2d<K, S, P>
where
    X: Image,
    K: Unsigned,
    S: Unsigned,
    P: Unsigned,
    B: Backend,
    X::H: WindowOut<K, S, P>,
    X::W: WindowOut<K, S, P>,
{
    type Output = Tensor<PoolShape<X, K, S, P>, B>;

    fn forward(&self, x: Tensor<X, B>, _: &mut Context<B>) -> Self::Output {
        x.avg_pool2d::<K, S, P>(self.window)
    }
}

impl<X, K, S, P> StaticCost<Tensor<X>> for AvgPool2d<K, S, P>
where
    X: Image + StaticShape,
    K: Unsigned,
    S: Unsigned,
    P: Unsigned,
    X::H: WindowOut<K, S, P>,
    X::W: WindowOut<K, S, P>,
{
    const COST: Cost = Cost::of(Operation {
        flops: (elements::<PoolShape<X, K, S, P>>() * K::USIZE * K::USIZE) as u64,
        ..Operation::between::<X, PoolShape<X, K, S, P>>()
    });
}

crate::prove_layer! {
    AvgPool2dProof "AvgPool2d": [AvgPool2d<U3, U2, U1>] on |n| (Dyn(n), U2::new(), U5::new(), U4::new()),
    within Domain::Within(-1.0, 1.0),
    oracle |[x]| {
        let window = PoolWindow { kernel: 3, stride: 2, padding: 1 };
        Proof::oracle(&ops::AvgPool2d { window }, [x])
    }
}
