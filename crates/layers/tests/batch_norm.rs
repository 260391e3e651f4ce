//! Running statistics: what they are, when they change, and how they are kept.

use tenon_layers::autodiff::LeafId;
use tenon_layers::prelude::*;
use tenon_layers::tensor::threads::with_num_threads;
use tenon_layers::{Path, state_dict};
use tenon_tensor::Array;
use tenon_testkit::{Tolerance, assert_close};

type Norm = BatchNorm2d<U2>;
type Images = Tensor<(U3, U2, U2, U5)>;

fn norm() -> Norm {
    Init::init(&mut SeededRng::new(0))
}

fn images(seed: usize) -> Images {
    Tensor::from_fn(Default::default(), |i| ((i * 37 + seed * 11) % 101) as f32 / 25.0 - 1.0)
}

/// The numbers of a channel of images.
fn channel(x: &Images, c: usize) -> Vec<f64> {
    let numbers = x.to_vec();
    (0..numbers.len()).filter(|i| i / 10 % 2 == c).map(|i| f64::from(numbers[i])).collect()
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

/// The sum of the squares of the deviations from the mean.
fn squares(x: &[f64]) -> f64 {
    x.iter().map(|number| (number - mean(x)).powi(2)).sum()
}

fn training() -> Context<Cpu> {
    Context::eval().with_mode(Mode::Train)
}

fn tolerance() -> Tolerance {
    Tolerance::sum::<f32>(60, 4.0)
}

#[test]
fn statistics_run_after_those_of_batches() {
    let mut norm = norm();
    let (mut means, mut variances) = ([0.0; 2], [1.0; 2]);
    for step in 0..3 {
        let x = images(step);
        let mut ctx = training();
        norm.forward(x.clone(), &mut ctx);
        ctx.take_updates().commit(&mut norm);
        for c in 0..2 {
            let numbers = channel(&x, c);
            means[c] = 0.9 * means[c] + 0.1 * mean(&numbers);
            variances[c] = 0.9 * variances[c] + 0.1 * squares(&numbers) / (numbers.len() - 1) as f64;
        }
    }
    let expected = [means, variances].map(|statistics| statistics.map(|x| x as f32));
    assert_close(&norm.running_mean.value().to_vec(), &expected[0], tolerance());
    assert_close(&norm.running_var.value().to_vec(), &expected[1], tolerance());
    assert_eq!(norm.num_batches_tracked.count(), 3);
}

#[test]
fn training_normalizes_by_the_batch_and_evaluation_by_what_was_kept() {
    let mut norm = norm();
    let x = images(0);
    let mut ctx = training();
    let y = norm.forward(x.clone(), &mut ctx);
    for c in 0..2 {
        let numbers = channel(&y, c);
        assert_close(&[mean(&numbers) as f32], &[0.0], tolerance());
        // 1, but for what ε takes away.
        assert!((squares(&numbers) / numbers.len() as f64 - 1.0).abs() < 1e-4);
    }

    let fresh = norm.forward(x.clone(), &mut Context::eval()).to_vec();
    assert_close(&fresh, &x.to_vec(), Tolerance::sum::<f32>(60, 4.0).amplified(8.0));
    norm.momentum = 1.0;
    let mut ctx = training();
    norm.forward(x.clone(), &mut ctx);
    ctx.take_updates().commit(&mut norm);
    let kept = norm.forward(x, &mut Context::eval()).to_vec();
    // The same statistics, but for the variance, which is without bias: 30 numbers over 29.
    let expected: Vec<f32> = y.to_vec().iter().map(|y| y * (29.0_f32 / 30.0).sqrt()).collect();
    assert_close(&kept, &expected, tolerance().amplified(4.0));
}

#[test]
fn a_step_that_is_not_made_changes_nothing() {
    let mut norm = norm();
    let before = state_dict::to_bytes(&norm);
    let mut ctx = training();
    norm.forward(images(1), &mut ctx);
    assert_eq!(state_dict::to_bytes(&norm), before);
    drop(ctx.take_updates());
    ctx.take_updates().commit(&mut norm);
    assert_eq!(state_dict::to_bytes(&norm), before);
    norm.forward(images(1), &mut Context::eval());
    assert_eq!(norm.num_batches_tracked.count(), 0);
}

#[test]
fn a_layer_that_is_used_twice_takes_both_batches_in() {
    let (mut once, mut twice) = (norm(), norm());
    let mut ctx = training();
    twice.forward(images(0), &mut ctx);
    twice.forward(images(1), &mut ctx);
    ctx.take_updates().commit(&mut twice);
    for seed in 0..2 {
        let mut ctx = training();
        once.forward(images(seed), &mut ctx);
        ctx.take_updates().commit(&mut once);
    }
    assert_eq!(state_dict::to_bytes(&once), state_dict::to_bytes(&twice));
}

#[test]
fn fused_and_separate_rectification_agree() {
    let norm = norm();
    let (x, residual) = (images(2), images(3));
    for mode in [Mode::Train, Mode::Eval] {
        let ctx = || Context::<Cpu>::eval().with_mode(mode);
        let plain = norm.forward(x.clone(), &mut ctx());
        let fused = norm.forward_relu(x.clone(), &mut ctx()).to_vec();
        assert_eq!(plain.clone().relu().to_vec(), fused);
        let fused = norm.forward_add_relu(x.clone(), residual.clone(), &mut ctx()).to_vec();
        assert_eq!((plain + &residual).relu().to_vec(), fused);
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let run = |n_threads| {
        with_num_threads(n_threads, || {
            let mut norm: BatchNorm2d<U5> = Init::init(&mut SeededRng::new(0));
            let x: Tensor<(U32, U5, U40, U30)> = Tensor::from_fn(Default::default(), |i| (i % 1013) as f32);
            let mut ctx = Context::<Autodiff<Cpu>>::train(0, 0);
            let x = x.track();
            let y = norm.forward(x.clone(), &mut ctx);
            let gradients = y.square().sum_all().backward();
            ctx.take_updates().commit(&mut norm);
            let weight = norm.weight.as_ref().expect("affine").gradient(&gradients).expect("reached");
            let dx = gradients.get(&x).expect("reached").to_vec();
            let bits = |numbers: Vec<f32>| numbers.into_iter().map(f32::to_bits).collect::<Vec<_>>();
            (bits(dx), bits(weight.to_vec()), state_dict::to_bytes(&norm))
        })
    };
    assert_eq!(run(1), run(2));
}

#[test]
fn buffers_are_in_the_state_dict_and_are_no_parameters() {
    let norm = norm();
    assert_eq!((parameter_count(&norm), Norm::PARAMETERS), (4, 4));
    let mut learned = Vec::new();
    norm.visit(&mut Path::root(), &mut |path: &str, _: LeafId, _: &Array<f32>| learned.push(path.to_owned()));
    assert_eq!(learned, ["weight", "bias"]);

    let mut trained = norm.clone();
    let mut ctx = training();
    trained.forward(images(5), &mut ctx);
    ctx.take_updates().commit(&mut trained);
    let bytes = state_dict::to_bytes(&trained);
    let header = String::from_utf8_lossy(&bytes);
    for key in ["bias", "num_batches_tracked", "running_mean", "running_var", "weight"] {
        assert!(header.contains(&format!("\"{key}\"")), "{key}");
    }
    assert!(header.contains(r#""num_batches_tracked":{"dtype":"I64","shape":[]"#), "{header}");
    let mut read = norm;
    state_dict::from_bytes(&mut read, &bytes).unwrap();
    assert_eq!(read.num_batches_tracked.count(), 1);
    assert_eq!(state_dict::to_bytes(&read), bytes);

    let bare: BatchNorm2d<U2> = BatchNorm2d::without_affine();
    assert_eq!(parameter_count(&bare), 0);
    let y = bare.forward(images(0), &mut training()).to_vec();
    assert_eq!(y, read.forward(images(0), &mut training()).to_vec());
}
