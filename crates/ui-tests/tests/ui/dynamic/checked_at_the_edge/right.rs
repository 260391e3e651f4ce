//! A size known only at run time becomes static by a check.

use tenon_layers::prelude::*;

fn main() {
    let x: Tensor<(U2, Dyn)> = Tensor::full((U2::new(), Dyn(3)), 1.0);
    let weight: Tensor<(U3, U5)> = Tensor::ones();
    let _ = x.try_shape::<(U2, U3)>().unwrap().matmul(&weight);
}
