//! Three channels, but the layer takes 16.

use tenon_layers::prelude::*;

fn main() {
    let layer: Conv2d<U16, U32, U3> = Init::init(&mut SeededRng::new(0));
    let images: Tensor<(U8, U3, U32, U32)> = Tensor::ones();
    let _ = layer.forward(images, &mut Context::eval());
}
