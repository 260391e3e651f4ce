//! Labels of 10 classes, scores of 10.

use tenon_layers::prelude::*;

fn main() {
    let scores: Tensor<(U2, U10)> = Tensor::ones();
    let labels: Ids<(U2,), U10> = Ids::try_from_vec(Default::default(), vec![3, 7]).unwrap();
    let _ = scores.cross_entropy(&labels);
}
