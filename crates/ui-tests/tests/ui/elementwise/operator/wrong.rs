//! Operators do not broadcast.

use tenon_layers::prelude::*;

fn main() {
    let a: Tensor<(U2, U3)> = Tensor::ones();
    let b: Tensor<(U1, U3)> = Tensor::ones();
    let _ = &a + &b;
}
