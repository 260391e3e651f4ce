//! The fully connected layer.

use rand::Rng;
use tenon_tensor::prelude::{Dyn, U2, U3};
use tenon_tensor::proof::{Domain, Naive};
use tenon_tensor::shape::{InFeatures, Last, StaticDim, StaticShape};
use tenon_tensor::{Backend, Tensor};

use crate::context::Context;
use crate::cost::{Cost, Operation, StaticCost, elements};
use crate::init::{self, Init};
use crate::layer::Layer;
use crate::param::Param;
use crate::proof::times_transposed;

/// The affine map of the last axis: `y = x Wᵀ + b`.
///
/// # Shapes
/// `(…, In) → (…, Out)`, for any leading axes
///
/// # Parameters
/// - `weight: (Out, In)`, uniform on `±1/√In`
/// - `bias: (Out,)`, the same; none after [`without_bias`](Linear::without_bias)
///
/// # Source
/// Names, layout and initial distribution are those of PyTorch's `nn.Linear`.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// let layer: Linear<U3, U2> = Init::init(&mut SeededRng::new(0));
/// let y: Tensor<(U5, U2)> = layer.forward(Tensor::<(U5, U3)>::zeros(), &mut Context::eval());
/// ```
#[derive(Clone, Debug, tenon_derive::Module)]
pub struct Linear<In: StaticDim, Out: StaticDim> {
    /// `W`, one row per output.
    pub weight: Param<(Out, In)>,
    /// `b`.
    pub bias: Option<Param<(Out,)>>,
}

impl<In: StaticDim, Out: StaticDim> Init for Linear<In, Out> {
    fn init(rng: &mut impl Rng) -> Self {
        let weight = init::torch_default(rng, In::N);
        Linear { weight, bias: Some(init::torch_default(rng, In::N)) }
    }
}

impl<In: StaticDim, Out: StaticDim> Linear<In, Out> {
    /// A linear map without a bias.
    pub fn without_bias(rng: &mut impl Rng) -> Self {
        Linear { weight: init::torch_default(rng, In::N), bias: None }
    }
}

impl<S: Last, In: StaticDim, Out: StaticDim, B: Backend> Layer<Tensor<S, B>, B> for Linear<In, Out>
where
    S::Last: InFeatures<In>,
{
    type Output = Tensor<S::WithLast<Out>, B>;

    fn forward(&self, x: Tensor<S, B>, ctx: &mut Context<B>) -> Self::Output {
        let weight = ctx.param(&self.weight);
        match &self.bias {
            Some(bias) => x.linear(&weight, &ctx.param(bias)),
            None => x.linear_without_bias(&weight),
        }
    }
}

impl<S: Last + StaticShape, In: StaticDim, Out: StaticDim> StaticCost<Tensor<S>> for Linear<In, Out>
where
    S::Last: InFeatures<In>,
{
    const COST: Cost = Cost::of(Operation {
        parameters: (In::N + 1) * Out::N,
        flops: (elements::<S::WithLast<Out>>() * (2 * In::N + 1)) as u64,
        reads_input: true,
        ..Operation::between::<S, S::WithLast<Out>>()
    });
}

crate::prove_layer! {
    LinearProof "Linear": [Linear<U3, U2>] on |n| (Dyn(n), U3::new()),
    within Domain::Within(-1.0, 1.0),
    oracle |[x, weight, bias]| {
        let product = times_transposed(x, weight);
        Naive::from_fn(product.dims, |at| product.at(at) + bias.at(&[at[1]]))
    }
}
