//! The gradients of a step are shortened together before the update rule sees them.

use tenon_datasets::{Dataset, Mnist};
use tenon_layers::prelude::*;
use tenon_layers::tensor::Array;
use tenon_layers::{LeafId, Path};
use tenon_optim::{ClipNorm, Optimizer, Sgd, schedule::Constant};
use tenon_train::{Classification, Tally, Trainer};

type Model = (Flatten, Linear<U784, U10>);

fn parameters(model: &Model) -> Vec<f64> {
    let mut numbers = Vec::new();
    model.visit(&mut Path::root(), &mut |_: &str, _: LeafId, parameter: &Array<f32>| {
        numbers.extend(parameter.to_vec().into_iter().map(f64::from));
    });
    numbers
}

/// How plain gradient descent of rate 1 moves the parameters: by the gradient that it is given.
fn gradient(clip: Option<ClipNorm>) -> Vec<f64> {
    let mut model = Model::init(&mut SeededRng::new(1));
    let test = Mnist::test(&Mnist::directory()).unwrap();
    let before = parameters(&model);
    let mut trainer = Trainer::new(1, Optimizer::new(Sgd::default()), Constant { rate: 1.0 });
    if let Some(clip) = clip {
        trainer = trainer.clip(clip);
    }
    let batch = test.batch(&Vec::from_iter(0..8)).unwrap();
    trainer.step(&mut model, &Classification, batch, &mut (), &mut Tally::default());
    before.into_iter().zip(parameters(&model)).map(|(before, after)| before - after).collect()
}

fn norm(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// The parameters are below 1, so their differences are off by half an ulp of 1 each, or less.
const DIFFERENCE: f64 = f32::EPSILON as f64 / 2.0;

#[test]
fn all_parameters_move_by_the_clipped_gradient() {
    let whole = gradient(None);
    let max_norm = norm(&whole) / 3.0;
    let clipped = gradient(Some(ClipNorm { max_norm }));
    for (whole, clipped) in whole.iter().zip(&clipped) {
        assert!((whole / 3.0 - clipped).abs() <= 2.0 * DIFFERENCE, "{clipped} is not a third of {whole}");
    }
    assert!(norm(&clipped) > 100.0 * DIFFERENCE * (whole.len() as f64).sqrt(), "rounding hides the gradient");
}

#[test]
fn short_gradients_stay_as_they_are() {
    assert_eq!(gradient(None), gradient(Some(ClipNorm { max_norm: 1e6 })));
}
