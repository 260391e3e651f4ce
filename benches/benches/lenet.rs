//! A training step of LeNet-5 on 64 images of MNIST: forward, backward, and the update by SGD with
//! momentum.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tenon_datasets::{Dataset, Mnist};
use tenon_layers::prelude::*;
use tenon_layers::{LeafId, Path, tensor::Array};
use tenon_models::LeNet5;
use tenon_optim::schedule::Constant;
use tenon_optim::{Direction, Optimizer, Sgd};
use tenon_testkit::{Tolerance, assert_close};
use tenon_train::{Classification, Tally, Trainer};

const BATCH: usize = 64;

fn bench(criterion: &mut Criterion) {
    let mut model = LeNet5::init(&mut SeededRng::new(1));
    let test = Mnist::test(&Mnist::directory()).expect("MNIST comes with the library");
    let batch = test.batch(&Vec::from_iter(0..BATCH)).expect("there are more test images than that");
    check(&model, &batch);

    let rule = Sgd { momentum: 0.9, direction: Direction::Velocity, weight_decay: 0.0 };
    let mut trainer = Trainer::new(1, Optimizer::new(rule), Constant { rate: 1e-3 });
    let mut tally = Tally::default();
    let mut group = criterion.benchmark_group("lenet");
    group.throughput(Throughput::Elements(BATCH as u64));
    group.bench_function("train_b64_sgdm_f32", |bencher| {
        bencher.iter(|| trainer.step(&mut model, &Classification, batch.clone(), &mut (), &mut tally));
    });
}

type Batch = (Tensor<(Dyn, U1, U28, U28)>, Ids<(Dyn,), U10>);

/// Holds the loss and every gradient against the same model in `f64`.
fn check(model: &LeNet5, (images, labels): &Batch) {
    let mut ctx = Context::<Autodiff<Cpu>>::train(0, 0);
    let loss = model.forward(images.untracked(), &mut ctx).cross_entropy(labels);
    let mut ctx = Context::<Autodiff<Cpu<f64>>>::train(0, 0);
    let exact = model.forward(images.cast(), &mut ctx).cross_entropy(labels);
    // A loss and its gradients are a chain of five layers whose sums have up to 400 terms.
    let tolerance = Tolerance::sum::<f32>(400, 1.0).amplified(8.0);
    assert_close(&[loss.item()], &[exact.item()], tolerance);

    let (gradients, exact) = (loss.backward(), exact.backward());
    model.visit(&mut Path::root(), &mut |name: &str, id: LeafId, _: &Array<f32>| {
        let found = gradients.value(id).unwrap_or_else(|| panic!("no gradient for {name}"));
        let exact = exact.value(id).expect("the same parameters");
        assert_close(&found.array().to_vec(), &exact.array().to_vec(), tolerance);
    });
}

criterion_group!(benches, bench);
criterion_main!(benches);
