//! Rounding has no derivative, and the tensor is tracked.

use tenon_layers::prelude::*;
use tenon_layers::tensor::Untracked;

fn rounded<S: Shape, B: Untracked>(x: &Tensor<S, B>) -> Vec<f64> {
    x.to_vec().into_iter().map(|x| tenon_layers::tensor::Float::to_f64(x).round()).collect()
}

fn main() {
    let x: Tensor<(U3,)> = Tensor::ones();
    rounded(&x.track());
}
