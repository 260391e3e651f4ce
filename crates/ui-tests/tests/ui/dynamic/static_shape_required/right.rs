//! A tensor of ones has a static shape.

use tenon_layers::prelude::*;

fn main() {
    let _: Tensor<(U2, U10)> = Tensor::ones();
}
