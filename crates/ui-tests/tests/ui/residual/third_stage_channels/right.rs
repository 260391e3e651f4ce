//! The third stage takes the 32 channels that the second one gives.

use tenon_layers::prelude::*;
use tenon_models::{BasicBlock, DownBlock};

fn main() {
    let (rng, ctx) = (&mut SeededRng::new(0), &mut Context::eval());
    let stage1: BasicBlock<U16> = Init::init(rng);
    let stage2: DownBlock<U16, U32> = Init::init(rng);
    let stage3: DownBlock<U32, U64> = Init::init(rng);
    let maps: Tensor<(U8, U16, U28, U28)> = Tensor::ones();
    let maps = stage1.forward(maps, ctx);
    let maps = stage2.forward(maps, ctx);
    let _ = stage3.forward(maps, ctx);
}
