//! Two axes of one size and different names.

use tenon_layers::prelude::*;

dim!(Model = 768);
dim!(Hidden = 768);

fn main() {
    let x: Tensor<(U8, Model)> = Tensor::ones();
    let y: Tensor<(U8, Hidden)> = Tensor::ones();
    let _ = x + y;
}
