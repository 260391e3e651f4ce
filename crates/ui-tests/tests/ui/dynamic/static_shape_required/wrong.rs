//! A tensor of ones needs a static shape.

use tenon_layers::prelude::*;

fn main() {
    let _: Tensor<(Dyn, U10)> = Tensor::ones();
}
