//! All axes but the first joined.

use tenon_tensor::prelude::{Dyn, U2, U3};
use tenon_tensor::proof::{Domain, Naive};
use tenon_tensor::Dims;
use tenon_tensor::shape::{Flatten as FlattenShape, Last, StaticShape};
use tenon_tensor::{Backend, Tensor};

use crate::context::Context;
use crate::cost::{Cost, StaticCost};
use crate::init::Init;
use crate::layer::Layer;

/// Joins all axes but the first; see [`Tensor::flatten`].
///
/// # Shapes
/// `(N, C, H, W) → (N, C·H·W)`
///
/// # Source
/// PyTorch's `nn.Flatten`.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// let maps: Tensor<(U2, U16, U5, U5)> = Tensor::zeros();
/// let rows: Tensor<(U2, U400)> = Flatten.forward(maps, &mut Context::eval());
/// ```
#[derive(Clone, Copy, Debug, Default, tenon_derive::Module)]
pub struct Flatten;

impl Init for Flatten {
    fn init(_: &mut impl rand::Rng) -> Self {
        Flatten
    }
}

impl<S: FlattenShape, B: Backend> Layer<Tensor<S, B>, B> for Flatten {
    type Output = Tensor<S::Output, B>;

    fn forward(&self, x: Tensor<S, B>, _: &mut Context<B>) -> Self::Output {
        x.flatten()
    }
}

impl<S: FlattenShape + Last + StaticShape> StaticCost<Tensor<S>> for Flatten {
    const COST: Cost = Cost::of_joining::<S>();
}

crate::prove_layer! {
    FlattenProof "Flatten": [Flatten] on |n| (Dyn(n), U2::new(), U3::new()),
    within Domain::Within(-1.0, 1.0),
    oracle |[x]| Naive { dims: Dims::new(&[x.dims[0], 6]), data: x.data.clone() }
}
