//! A budget for a batch whose size is known at run time only.

use tenon_layers::{StaticCost, prelude::*};
use tenon_models::LeNet5;

const KEPT: usize = <LeNet5 as StaticCost<Tensor<(Dyn, U1, U28, U28)>>>::COST.kept_bytes;

fn main() {
    const { assert!(KEPT <= 64 * 1024) };
}
