//! 784 columns times 128 rows.

use tenon_layers::prelude::*;

fn main() {
    let x: Tensor<(U32, U784)> = Tensor::ones();
    let weight: Tensor<(U128, U10)> = Tensor::ones();
    let _ = x.matmul(&weight);
}
