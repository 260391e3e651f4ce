//! Normalization of rows.

use rand::Rng;
use tenon_tensor::prelude::{Dyn, U5};
use tenon_tensor::proof::{Domain, Naive};
use tenon_tensor::shape::{InFeatures, Last, StaticDim, StaticShape};
use tenon_tensor::{Backend, Tensor};

use crate::context::Context;
use crate::cost::{Cost, Operation, StaticCost, bytes, elements};
use crate::init::{self, Init};
use crate::layer::Layer;
use crate::param::Param;

/// Layer normalization over the last axis; see [`Tensor::layer_norm`].
///
/// # Shapes
/// `(…, D) → (…, D)`, for any leading axes
///
/// # Parameters
/// - `weight: (D,)`, ones
/// - `bias: (D,)`, zeros
///
/// # Source
/// Ba, Kiros and Hinton 2016, "Layer normalization"; names, initial values and the default ε of
/// 10⁻⁵ are those of PyTorch's `nn.LayerNorm`.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// let layer = LayerNorm::<U3>::with_epsilon(1e-12);
/// let y: Tensor<(U5, U3)> = layer.forward(Tensor::<(U5, U3)>::ones(), &mut Context::eval());
/// assert_eq!(y.to_vec(), [0.0; 15]);
/// ```
#[derive(Clone, Debug, tenon_derive::Module)]
pub struct LayerNorm<D: StaticDim> {
    /// γ.
    pub weight: Param<(D,)>,
    /// β.
    pub bias: Param<(D,)>,
    #[module(skip)]
    epsilon: f64,
}

impl<D: StaticDim> LayerNorm<D> {
    /// With this ε.
    pub fn with_epsilon(epsilon: f64) -> Self {
        LayerNorm { weight: init::constant(1.0), bias: init::constant(0.0), epsilon }
    }
}

impl<D: StaticDim> Init for LayerNorm<D> {
    fn init(_: &mut impl Rng) -> Self {
        LayerNorm::with_epsilon(1e-5)
    }
}

impl<S: Last, D: StaticDim, B: Backend> Layer<Tensor<S, B>, B> for LayerNorm<D>
where
    S::Last: InFeatures<D>,
{
    type Output = Tensor<S, B>;

    fn forward(&self, x: Tensor<S, B>, ctx: &mut Context<B>) -> Tensor<S, B> {
        x.layer_norm(&ctx.param(&self.weight), &ctx.param(&self.bias), self.epsilon)
    }
}

/// Root-mean-square normalization over the last axis; see [`Tensor::rms_norm`].
///
/// # Shapes
/// `(…, D) → (…, D)`, for any leading axes
///
/// # Parameters
/// `weight: (D,)`, ones
///
/// # Source
/// Zhang and Sennrich 2019, "Root mean square layer normalization"; names and defaults are those
/// of PyTorch's `nn.RMSNorm`, whose ε is that of its numbers: 2⁻²³.
#[derive(Clone, Debug, tenon_derive::Module)]
pub struct RMSNorm<D: StaticDim> {
    /// γ.
    pub weight: Param<(D,)>,
    #[module(skip)]
    epsilon: f64,
}

impl<D: StaticDim> RMSNorm<D> {
    /// With this ε.
    pub fn with_epsilon(epsilon: f64) -> Self {
        RMSNorm { weight: init::constant(1.0), epsilon }
    }
}

impl<D: StaticDim> Init for RMSNorm<D> {
    fn init(_: &mut impl Rng) -> Self {
        RMSNorm::with_epsilon(f64::from(f32::EPSILON))
    }
}

impl<S: Last, D: StaticDim, B: Backend> Layer<Tensor<S, B>, B> for RMSNorm<D>
where
    S::Last: InFeatures<D>,
{
    type Output = Tensor<S, B>;

    fn forward(&self, x: Tensor<S, B>, ctx: &mut Context<B>) -> Tensor<S, B> {
        x.rms_norm(&ctx.param(&self.weight), self.epsilon)
    }
}

impl<S: Last + StaticShape, D: StaticDim> StaticCost<Tensor<S>> for LayerNorm<D>
where
    S::Last: InFeatures<D>,
{
    const COST: Cost = normalization::<S>(2 * D::N, 8);
}

impl<S: Last + StaticShape, D: StaticDim> StaticCost<Tensor<S>> for RMSNorm<D>
where
    S::Last: InFeatures<D>,
{
    const COST: Cost = normalization::<S>(D::N, 4);
}

/// The cost of normalizing rows with so many parameters and steps for each element; the input is
/// kept, and two numbers for each row.
const fn normalization<S: Last>(parameters: usize, steps: u64) -> Cost {
    Cost::of(Operation {
        parameters,
        flops: steps * elements::<S>() as u64,
        reads_input: true,
        kept_bytes: 2 * bytes::<S::Init>(),
        ..Operation::between::<S, S>()
    })
}

/// The mean of `f` over the row of an index.
fn row_mean(x: &Naive, at: &[usize], f: impl Fn(f64) -> f64) -> f64 {
    (0..x.dims[1]).map(|i| f(x.at(&[at[0], i]))).sum::<f64>() / x.dims[1] as f64
}

crate::prove_layer! {
    LayerNormProof "LayerNorm": [LayerNorm<U5>] on |n| (Dyn(n), U5::new()),
    within Domain::Distinct,
    oracle |[x, weight, bias]| Naive::from_fn(x.dims, |at| {
        let mean = row_mean(x, at, |x| x);
        let variance = row_mean(x, at, |x| (x - mean).powi(2));
        (x.at(at) - mean) / (variance + 1e-5).sqrt() * weight.at(&at[1..]) + bias.at(&at[1..])
    })

    RmsNormProof "RMSNorm": [RMSNorm<U5>] on |n| (Dyn(n), U5::new()),
    within Domain::Distinct,
    oracle |[x, weight]| Naive::from_fn(x.dims, |at| {
        let mean_square = row_mean(x, at, |x| x * x);
        x.at(at) / (mean_square + f64::from(f32::EPSILON)).sqrt() * weight.at(&at[1..])
    })
}
