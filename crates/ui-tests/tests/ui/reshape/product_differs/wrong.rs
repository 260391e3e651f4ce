//! 784 pixels into 783 features.

use tenon_layers::prelude::*;

fn main() {
    let images: Tensor<(U32, U1, U28, U28)> = Tensor::ones();
    let _ = images.reshape::<(U32, U783)>();
}
