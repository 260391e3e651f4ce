//! Rows of 3 are added to rows of 3.

use tenon_layers::prelude::*;

fn main() {
    let x: Tensor<(U8, U3)> = Tensor::ones();
    let bias: Tensor<(U3,)> = Tensor::ones();
    let _ = x.broadcast_add(&bias);
}
