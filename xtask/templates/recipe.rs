//! FILL IN: which model on which data.

use tenon_datasets::mnist::Digits;
use tenon_models::LeNet5;
use tenon_optim::{Adam, Optimizer};

use crate::grey_images;
use crate::recipe::{Defaults, Recipe, Skill};

pub(super) const RECIPE: Recipe = Recipe {
    name: "example-name",
    about: "FILL IN: the model, the data, the rule, and what to expect",
    // FILL IN: settings that reach it.
    defaults: Defaults { epochs: 1, batch_size: 64, learning_rate: 1e-3 },
    train: |plan| grey_images::train::<Digits, LeNet5, _, _>(plan, Optimizer::new(Adam::default()), ()),
    skill: Skill::Classify(grey_images::predict::<Digits, LeNet5>),
};
