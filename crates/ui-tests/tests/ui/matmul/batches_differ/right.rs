//! Eight matrices times eight.

use tenon_layers::prelude::*;

fn main() {
    let x: Tensor<(U8, U3, U5)> = Tensor::ones();
    let y: Tensor<(U8, U5, U2)> = Tensor::ones();
    let _ = x.matmul(&y);
}
