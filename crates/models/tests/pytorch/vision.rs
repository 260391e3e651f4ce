//! Residual networks.

use tenon_layers::prelude::*;
use tenon_models::{BasicBlock, DownBlock};

use crate::fixture::Fixture;
use crate::{Case, Outcome, assert_agrees};

/// One block of each kind, and what is around them in the published networks.
#[derive(Module)]
struct SmallResNet {
    conv1: CenteredConv2d<U2, U4, U3>,
    bn1: BatchNorm2d<U4>,
    layer1: BasicBlock<U4>,
    layer2: DownBlock<U4, U8>,
    fc: Linear<U8, U5>,
}

impl Case for SmallResNet {
    const FIXTURE: &'static str = "resnet";
    const MODE: Mode = Mode::Train;
    type Model = Self;

    fn model(rng: &mut SeededRng) -> Self {
        SmallResNet {
            conv1: Init::init(rng),
            bn1: Init::init(rng),
            layer1: Init::init(rng),
            layer2: Init::init(rng),
            fc: Init::init(rng),
        }
    }

    fn run<B: Backend>(model: &Self, fixture: &Fixture, ctx: &mut Context<B>) -> Outcome<B> {
        let images: Tensor<(U3, U2, U9, U6), B> = fixture.input("images");
        let x = model.conv1.forward(images, ctx);
        let x = model.bn1.forward_relu(x, ctx);
        let x = model.layer1.forward(x, ctx);
        let x = model.layer2.forward(x, ctx);
        let scores: Tensor<(U3, U5), B> = model.fc.forward(x.global_avg_pool2d(), ctx);
        let loss = scores.cross_entropy(&fixture.ids::<(U3,), U5>("labels"));
        Outcome { outputs: vec![("output", scores.to_vec())], loss }
    }
}

#[test]
fn residual_network() {
    assert_agrees::<SmallResNet>();
}
