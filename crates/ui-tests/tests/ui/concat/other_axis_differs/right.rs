//! Joined along axis 1.

use tenon_layers::prelude::*;

fn main() {
    let a: Tensor<(U2, U4)> = Tensor::ones();
    let b: Tensor<(U2, U5)> = Tensor::ones();
    let _ = a.concat::<1, _>(&b);
}
