//! An LSTM on Shakespeare, character by character.

use tenon_datasets::{Characters, Loader, Streams};
use tenon_layers::prelude::{U1, U64, U512};
use tenon_models::{Generator, LstmLanguageModel, Remembering};
use tenon_optim::{Adam, Optimizer};

use crate::recipe::{Defaults, Recipe, Skill};
use crate::shakespeare::{self, TextModel};

/// The model of the recipe.
pub(crate) type CharLstm = LstmLanguageModel<Characters, U64, U512, U1>;

/// How many characters a gradient reaches back.
const WINDOW: usize = 64;
/// The streams that the held-out text is read in, and their windows: they only affect speed, but
/// for the first characters of each stream, which have nothing before them.
const TEST: (usize, usize) = (32, 128);

impl TextModel for CharLstm {
    type Text = Streams<Characters>;

    fn to_learn(text: Vec<u32>, batch_size: usize, _: u64) -> Loader<Self::Text> {
        Loader::new(Streams::new(text, batch_size, WINDOW), batch_size)
    }

    fn to_measure(text: Vec<u32>) -> Loader<Self::Text> {
        let (n_streams, window) = TEST;
        Loader::new(Streams::new(text, n_streams, window), n_streams)
    }

    fn generator(self) -> Box<dyn Generator> {
        Box::new(Remembering::<_, Characters>::new(self))
    }
}

pub(super) const RECIPE: Recipe = Recipe {
    name: "char-lstm",
    about: "an LSTM of 512 units on Shakespeare's characters, with truncated back-propagation through time: below 1.31 nats each",
    defaults: Defaults { epochs: 2, batch_size: 32, learning_rate: 2e-3 },
    train: |plan| shakespeare::train::<CharLstm, _>(plan, Optimizer::new(Adam::default())),
    skill: Skill::Write(shakespeare::writer::<CharLstm>),
};
