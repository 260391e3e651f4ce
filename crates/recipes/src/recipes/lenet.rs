//! LeNet-5 on MNIST.

use tenon_datasets::mnist::Digits;
use tenon_models::LeNet5;
use tenon_optim::{Adam, Optimizer};

use crate::grey_images;
use crate::recipe::{Defaults, Recipe, Skill};

pub(super) const RECIPE: Recipe = Recipe {
    name: "lenet5-mnist",
    about: "LeNet-5 on MNIST with Adam: 61 706 parameters, above 99 % of the test digits",
    defaults: Defaults { epochs: 8, batch_size: 64, learning_rate: 2e-3 },
    train: |plan| grey_images::train::<Digits, LeNet5, _, _>(plan, Optimizer::new(Adam::default()), ()),
    skill: Skill::Classify(grey_images::predict::<Digits, LeNet5>),
};
