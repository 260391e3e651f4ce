//! A branch of stride 1 is added to its input.

use tenon_layers::prelude::*;

fn main() {
    let branch: Conv2d<U64, U64, U3, U1, U1> = Init::init(&mut SeededRng::new(0));
    let x: Tensor<(U8, U64, U56, U56)> = Tensor::ones();
    let y = branch.forward(x.clone(), &mut Context::eval());
    let _ = y + x;
}
