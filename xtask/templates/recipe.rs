//! FILL IN: which model on which data.

use tenon_models::LeNet5;
use tenon_optim::Adam;

use crate::mnist;
use crate::recipe::{Defaults, Recipe};

pub(super) const RECIPE: Recipe = Recipe {
    name: "example-name",
    about: "FILL IN: the model, the data, the rule, and what to expect",
    // FILL IN: settings that reach it.
    defaults: Defaults { epochs: 1, batch_size: 64, learning_rate: 1e-3 },
    train: |plan| mnist::train::<LeNet5, _>(plan, Adam::default()),
    predict: mnist::predict::<LeNet5>,
};
