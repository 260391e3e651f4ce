//! A multilayer perceptron on MNIST.

use tenon_datasets::mnist::Digits;
use tenon_models::Mlp;
use tenon_optim::{Direction, Optimizer, Sgd};

use crate::grey_images;
use crate::recipe::{Defaults, Recipe, Skill};

pub(super) const RECIPE: Recipe = Recipe {
    name: "mlp-mnist",
    about: "a multilayer perceptron on MNIST with Nesterov's momentum and dropout: 669 706 parameters",
    defaults: Defaults { epochs: 10, batch_size: 64, learning_rate: 0.05 },
    train: |plan| {
        let rule = Sgd { momentum: 0.9, direction: Direction::LookAhead, weight_decay: 0.0 };
        grey_images::train::<Digits, Mlp, _, _>(plan, Optimizer::new(rule), ())
    },
    skill: Skill::Classify(grey_images::predict::<Digits, Mlp>),
};
