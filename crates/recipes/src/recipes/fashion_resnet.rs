//! ResNet-20 on Fashion-MNIST.

use tenon_datasets::FashionMnist;
use tenon_datasets::fashion_mnist::Clothes;
use tenon_datasets::transform::{RandomFlip, RandomShift};
use tenon_layers::prelude::U1;
use tenon_models::ResNet20;
use tenon_optim::{Direction, Optimizer, Sgd, is_vector};

use crate::grey_images;
use crate::recipe::{Defaults, Recipe, Skill};

/// The farthest that a picture is moved.
const SHIFT: usize = 2;

pub(super) const RECIPE: Recipe = Recipe {
    name: "fashion-resnet",
    about: "ResNet-20 on Fashion-MNIST, shifted and mirrored, with Nesterov's momentum: 272 186 parameters, about 93 % of the test pictures",
    defaults: Defaults { epochs: 7, batch_size: 128, learning_rate: 0.2 },
    train: |plan| {
        let rule = Sgd { momentum: 0.9, direction: Direction::LookAhead, weight_decay: 5e-4 };
        // Normalizations make what they scale invariant to its size; their own numbers do not decay.
        let optimizer = Optimizer::new(rule).group(is_vector, Sgd { weight_decay: 0.0, ..rule });
        let mut background = [0.0];
        FashionMnist::normalize(&[0], &mut background);
        let transform = (RandomShift { most: SHIFT, background: background[0] }, RandomFlip);
        grey_images::train::<Clothes, ResNet20<U1>, _, _>(plan, optimizer, transform)
    },
    skill: Skill::Classify(grey_images::predict::<Clothes, ResNet20<U1>>),
};
