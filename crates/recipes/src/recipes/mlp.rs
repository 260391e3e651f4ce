//! A multilayer perceptron on MNIST.

use tenon_models::Mlp;
use tenon_optim::{Direction, Sgd};

use crate::mnist;
use crate::recipe::{Defaults, Recipe};

pub(super) const RECIPE: Recipe = Recipe {
    name: "mlp-mnist",
    about: "a multilayer perceptron on MNIST with Nesterov's momentum and dropout: 669 706 parameters",
    defaults: Defaults { epochs: 10, batch_size: 64, learning_rate: 0.05 },
    train: |plan| {
        let rule = Sgd { momentum: 0.9, direction: Direction::LookAhead, weight_decay: 0.0 };
        mnist::train::<Mlp, _>(plan, rule)
    },
    predict: mnist::predict::<Mlp>,
};
