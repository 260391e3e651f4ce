//! 128 features come out and go in.

use tenon_layers::prelude::*;

type Classifier = (Linear<U784, U128>, ReLU, Linear<U128, U10>);

fn main() {
    let net: Classifier = Init::init(&mut SeededRng::new(0));
    let images: Tensor<(U32, U784)> = Tensor::ones();
    let _ = net.forward(images, &mut Context::eval());
}
