//! FILL IN: what the layer is, in a few words.

use rand::Rng;
use tenon_tensor::prelude::{Dyn, U3};
use tenon_tensor::proof::{Domain, Naive};
use tenon_tensor::shape::{InFeatures, Last, StaticDim, StaticShape};
use tenon_tensor::{Backend, Tensor};

use crate::context::Context;
use crate::cost::{Cost, Operation, StaticCost};
use crate::init::{self, Init};
use crate::layer::Layer;
use crate::param::Param;

/// FILL IN: the name and the equation: `y = x`.
///
/// # Shapes
/// `(…, Features) → (…, Features)`, for any leading axes
///
/// # Parameters
/// - `weight: (Features,)`: FILL IN the initial distribution
///
/// # Source
/// FILL IN: whose names, layout and defaults these are.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// let layer: tenon_layers::ExampleName<U3> = Init::init(&mut SeededRng::new(0));
/// let y: Tensor<(U2, U3)> = layer.forward(Tensor::<(U2, U3)>::zeros(), &mut Context::eval());
/// ```
#[derive(Clone, Debug, tenon_derive::Module)]
pub struct ExampleName<Features: StaticDim> {
    /// FILL IN: its symbol in the equation.
    pub weight: Param<(Features,)>,
}

impl<Features: StaticDim> Init for ExampleName<Features> {
    fn init(rng: &mut impl Rng) -> Self {
        ExampleName { weight: init::torch_default(rng, Features::N) }
    }
}

impl<S: Last, Features: StaticDim, B: Backend> Layer<Tensor<S, B>, B> for ExampleName<Features>
where
    S::Last: InFeatures<Features>,
{
    type Output = Tensor<S, B>;

    fn forward(&self, x: Tensor<S, B>, ctx: &mut Context<B>) -> Self::Output {
        // FILL IN: `weight` enters the computation here.
        let _weight = ctx.param(&self.weight);
        x
    }
}

impl<S: Last + StaticShape, Features: StaticDim> StaticCost<Tensor<S>> for ExampleName<Features>
where
    S::Last: InFeatures<Features>,
{
    // FILL IN: the arithmetic and what is kept; a line in `tests/cost.rs` holds it against a summary.
    const COST: Cost = Cost::of(Operation { parameters: Features::N, ..Operation::between::<S, S>() });
}

crate::prove_layer! {
    ExampleNameProof "ExampleName": [ExampleName<U3>] on |n| (Dyn(n), U3::new()),
    within Domain::Within(-1.0, 1.0),
    // FILL IN: the equation, one number at a time. Nothing agrees with NaN.
    oracle |[x, weight]| Naive::from_fn(x.dims, |at| x.at(at) * weight.at(&[at[1]]) * f64::NAN)
}
