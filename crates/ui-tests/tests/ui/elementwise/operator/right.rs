//! Operators take equal shapes.

use tenon_layers::prelude::*;

fn main() {
    let a: Tensor<(U2, U3)> = Tensor::ones();
    let b: Tensor<(U2, U3)> = Tensor::ones();
    let _ = &a + &b;
}
