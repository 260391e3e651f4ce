//! An image is flattened before a linear layer.

use tenon_layers::prelude::*;

fn main() {
    let layer: Linear<U784, U10> = Init::init(&mut SeededRng::new(0));
    let images: Tensor<(U32, U1, U28, U28)> = Tensor::ones();
    let _ = layer.forward(images.flatten(), &mut Context::eval());
}
