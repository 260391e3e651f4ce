//! A training step of ResNet-20 on 128 pictures of 28×28: forward, backward, and the update by SGD
//! with momentum.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tenon_datasets::{Dataset, Mnist};
use tenon_layers::prelude::*;
use tenon_models::ResNet20;
use tenon_optim::schedule::Constant;
use tenon_optim::{Direction, Optimizer, Sgd};
use tenon_testkit::{Tolerance, assert_close};
use tenon_train::{Classification, Tally, Trainer};

const BATCH: usize = 128;

fn bench(criterion: &mut Criterion) {
    let mut model: ResNet20<U1> = Init::init(&mut SeededRng::new(1));
    let test = Mnist::test(&Mnist::directory()).expect("MNIST comes with the library");
    let batch = test.batch(&Vec::from_iter(0..BATCH)).expect("there are more test images than that");
    check(&model, &batch.0);

    let rule = Sgd { momentum: 0.9, direction: Direction::LookAhead, weight_decay: 5e-4 };
    let mut trainer = Trainer::new(1, Optimizer::new(rule), Constant { rate: 1e-3 });
    let mut tally = Tally::default();
    let mut group = criterion.benchmark_group("resnet20");
    group.sample_size(10).throughput(Throughput::Elements(BATCH as u64));
    group.bench_function("forward_b128_f32", |bencher| {
        bencher.iter(|| black_box(model.forward(batch.0.clone(), &mut Context::eval())));
    });
    group.bench_function("train_b128_sgdm_f32", |bencher| {
        bencher.iter(|| trainer.step(&mut model, &Classification, batch.clone(), &mut (), &mut tally));
    });
}

/// Holds the scores of a batch in training against those of the same model in `f64`.
fn check(model: &ResNet20<U1>, images: &Tensor<(Dyn, U1, U28, U28)>) {
    let scores = model.forward(images.clone(), &mut Context::<Cpu>::eval().with_mode(Mode::Train));
    let exact = model.forward(images.cast(), &mut Context::<Cpu<f64>>::eval().with_mode(Mode::Train));
    // A chain of twenty layers whose sums have up to 64 · 9 terms.
    let tolerance = Tolerance::sum::<f32>(576, 1.0).amplified(20.0);
    assert_close(&scores.to_vec(), &exact.to_vec(), tolerance);
}

criterion_group!(benches, bench);
criterion_main!(benches);
