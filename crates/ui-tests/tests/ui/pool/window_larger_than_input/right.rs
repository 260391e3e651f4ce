//! A pool of side 4 on images of side 4.

use tenon_layers::prelude::*;

fn main() {
    let layer: MaxPool2d<U4> = MaxPool2d::default();
    let images: Tensor<(U8, U1, U4, U4)> = Tensor::ones();
    let _ = layer.forward(images, &mut Context::eval());
}
