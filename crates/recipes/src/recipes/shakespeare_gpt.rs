//! A GPT on Shakespeare, character by character.

use tenon_datasets::{Characters, Loader, Windows};
use tenon_layers::prelude::{U4, U128, U256};
use tenon_models::{Generator, Gpt, GptWriter};
use tenon_optim::{AdamW, Optimizer, is_vector};

use crate::recipe::{Defaults, Recipe, Skill};
use crate::shakespeare::{self, TextModel};

/// Four blocks of width 128, each with four heads. It sees every character at two places, so it has
/// no dropout.
pub(crate) type ShakespeareGpt = Gpt<Characters, U256, U128, U4, 4>;

/// How many characters a text has: as many as the model can look at.
const WINDOW: usize = 256;
/// How far apart texts to learn from begin, so that a character stands at several places.
const STRIDE: usize = 128;
/// How many texts are measured together; it only affects speed.
const TEST_BATCH: usize = 32;
/// The settings of Brown et al. 2020, "Language models are few-shot learners", appendix B: a
/// shorter memory of squares than usual, and more decay.
const RULE: AdamW = AdamW { betas: (0.9, 0.95), epsilon: 1e-8, weight_decay: 0.1 };

impl TextModel for ShakespeareGpt {
    type Text = Windows<Characters>;

    fn to_learn(text: Vec<u32>, batch_size: usize, seed: u64) -> Loader<Self::Text> {
        Loader::new(Windows::new(text, WINDOW, STRIDE), batch_size).shuffle(seed)
    }

    fn to_measure(text: Vec<u32>) -> Loader<Self::Text> {
        Loader::new(Windows::new(text, WINDOW, WINDOW), TEST_BATCH)
    }

    fn generator(self) -> Box<dyn Generator> {
        Box::new(GptWriter::new(self))
    }
}

/// Biases and the scales of normalizations are not pulled to zero.
fn optimizer() -> Optimizer<AdamW> {
    Optimizer::new(RULE).group(is_vector, AdamW { weight_decay: 0.0, ..RULE })
}

pub(super) const RECIPE: Recipe = Recipe {
    name: "shakespeare-gpt",
    about: "a GPT of four blocks of width 128 on Shakespeare's characters, with AdamW",
    defaults: Defaults { epochs: 1, batch_size: 8, learning_rate: 2e-3 },
    train: |plan| shakespeare::train::<ShakespeareGpt, _>(plan, optimizer()),
    skill: Skill::Write(shakespeare::writer::<ShakespeareGpt>),
};
