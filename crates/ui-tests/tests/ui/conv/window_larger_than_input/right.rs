//! A window of side 5 on images of side 4, padded.

use tenon_layers::prelude::*;

fn main() {
    let layer: Conv2d<U1, U6, U5, U1, U2> = Init::init(&mut SeededRng::new(0));
    let images: Tensor<(U8, U1, U4, U4)> = Tensor::ones();
    let _ = layer.forward(images, &mut Context::eval());
}
