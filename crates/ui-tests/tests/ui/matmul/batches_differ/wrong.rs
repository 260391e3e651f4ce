//! Eight matrices times four.

use tenon_layers::prelude::*;

fn main() {
    let x: Tensor<(U8, U3, U5)> = Tensor::ones();
    let y: Tensor<(U4, U5, U2)> = Tensor::ones();
    let _ = x.matmul(&y);
}
