//! 784 columns times 784 rows.

use tenon_layers::prelude::*;

fn main() {
    let x: Tensor<(U32, U784)> = Tensor::ones();
    let weight: Tensor<(U784, U10)> = Tensor::ones();
    let _ = x.matmul(&weight);
}
