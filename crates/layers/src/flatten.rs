//! All axes but the first joined.

use tenon_tensor::shape::Flatten as FlattenShape;
use tenon_tensor::{Backend, Tensor};

use crate::context::Context;
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
