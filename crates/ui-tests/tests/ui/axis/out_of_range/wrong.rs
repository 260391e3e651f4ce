//! A matrix has no axis 2.

use tenon_layers::prelude::*;

fn main() {
    let x: Tensor<(U2, U3)> = Tensor::ones();
    let _ = x.sum::<2>();
}
