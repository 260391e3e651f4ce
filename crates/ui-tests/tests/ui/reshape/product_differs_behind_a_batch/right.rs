//! 784 pixels into 784 features, for a batch of any size.

use tenon_layers::prelude::*;

fn rows(images: Tensor<(Dyn, U1, U28, U28)>) -> Tensor<(Dyn, U784)> {
    images.reshape_as((images.shape().0, Default::default()))
}

fn main() {
    rows(Tensor::full((Dyn(2), U1::new(), U28::new(), U28::new()), 0.0));
}
