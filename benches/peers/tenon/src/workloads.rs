//! The workloads, each by its name.

use tenon_layers::prelude::*;
use tenon_models::{Gpt, LanguageModel, LeNet5, LstmLanguageModel, Mlp, ResNet18, ResNet20};
use tenon_optim::{Adam, AdamW, Direction, Sgd};
use tenon_peers_protocol::{Fallible, Run};

use crate::files::{Files, Input};
use crate::work::Work;
use crate::{decoding, encoding, inference, kernels, training};

/// Something to be timed.
pub(crate) struct Workload {
    /// What the batch holds.
    pub(crate) inputs: Vec<Input>,
    /// The initial state dict, if there is a model.
    pub(crate) weights: Option<Box<dyn Fn() -> Vec<u8>>>,
    pub(crate) work: Box<dyn Fn() -> Work>,
    pub(crate) load: Box<dyn Fn(&Files) -> Fallible<Box<dyn Run>>>,
}

/// The seed of every model's initial weights.
pub(crate) const SEED: u64 = 1;

const SGDM: Sgd = Sgd { momentum: 0.9, direction: Direction::Velocity, weight_decay: 0.0 };

/// The GPT that decodes, and is trained on longer texts.
pub(crate) type LargerGpt = Gpt<U65, U256, U384, U6, 6>;
type SmallerGpt<Length, Width, const LAYERS: usize> = Gpt<U65, Length, Width, U4, LAYERS>;
type CharLstm = LstmLanguageModel<U65, U64, U256>;

pub(crate) fn find(name: &str) -> Option<Workload> {
    let image = (U1::new(), U28::new(), U28::new());
    let digits = |n| (Dyn(n), image.0, image.1, image.2);
    let colors = |n| (Dyn(n), U3::new(), U32::new(), U32::new());
    Some(match name {
        "mlp-train-b128-adam" => training::of_classifier(mlp, digits(128), Adam::default(), 1e-3),
        "mlp-infer-b1" => inference::of_classifier::<_, _, U10>(mlp, digits(1)),
        "lenet-train-b64-sgdm" => training::of_classifier(LeNet5::init, digits(64), SGDM, 1e-2),
        "lenet-infer-b1" => inference::of_classifier::<_, _, U10>(LeNet5::init, digits(1)),
        "resnet20-train-b32-sgdm" => training::of_classifier(<ResNet20>::init, colors(32), SGDM, 1e-2),
        "resnet18-224-infer-b1" => {
            let picture = (Dyn(1), U3::new(), U224::new(), U224::new());
            inference::of_classifier::<_, _, U1000>(<ResNet18>::init, picture)
        }
        "lstm-train-b32-t64-adam" => {
            training::of_language_model(CharLstm::init, [32, 64], Adam::default(), 1e-3)
        }
        "gpt-6x384-train-b4-t256-adamw" => gpt(LargerGpt::init, [4, 256]),
        "gpt-2x64-train-b16-t64-adamw" => gpt(SmallerGpt::<U64, U64, 2>::init, [16, 64]),
        // What the driver compares the one before with, to see how cost grows.
        "gpt-2x64-train-b32-t64-adamw" => gpt(SmallerGpt::<U64, U64, 2>::init, [32, 64]),
        "gpt-2x128-train-b16-t64-adamw" => gpt(SmallerGpt::<U64, U128, 2>::init, [16, 64]),
        "gpt-4x64-train-b16-t64-adamw" => gpt(SmallerGpt::<U64, U64, 4>::init, [16, 64]),
        "gpt-2x64-train-b16-t128-adamw" => gpt(SmallerGpt::<U128, U64, 2>::init, [16, 128]),
        "bert-minilm-infer-b1-t32" => encoding::by_minilm([1, 32]),
        "bert-minilm-infer-b16-t128" => encoding::by_minilm([16, 128]),
        "gpt-6x384-decode" => decoding::by_gpt(),
        "gemm-256" => kernels::gemm([256, 256, 256]),
        "gemm-1024" => kernels::gemm([1024, 1024, 1024]),
        "gemv-1024" => kernels::gemm([1, 1024, 1024]),
        "conv3x3-64c-32px-b16" => kernels::conv3x3(),
        "depthwise3x3-64c-56px-b8" => kernels::depthwise3x3(),
        "attention-b4-h6-t256-d64" => kernels::attention(),
        "softmax-4096x1024" => kernels::softmax(),
        "layernorm-4096x768" => kernels::layer_norm(),
        "adam-10M" => kernels::adam(),
        _ => return None,
    })
}

fn gpt<M: LanguageModel<U65> + 'static>(init: fn(&mut SeededRng) -> M, batch: [usize; 2]) -> Workload {
    training::of_language_model(init, batch, AdamW::default(), 1e-3)
}

/// Without dropout, whose random numbers would differ between libraries.
fn mlp(rng: &mut SeededRng) -> Mlp {
    Mlp { dropout: Dropout::new(0.0), ..Mlp::init(rng) }
}
