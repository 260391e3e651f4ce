//! 768 features among 10 heads.

use tenon_layers::prelude::*;
use tenon_layers::tensor::shape::SplitHeads;

fn main() {
    let x: Tensor<(U2, U5, U768)> = Tensor::ones();
    let _ = x.shape().split_heads(U10::new());
}
