//! A size known only at run time is not a static one.

use tenon_layers::prelude::*;

fn main() {
    let x: Tensor<(U2, Dyn)> = Tensor::full((U2::new(), Dyn(3)), 1.0);
    let weight: Tensor<(U3, U5)> = Tensor::ones();
    let _ = x.matmul(&weight);
}
