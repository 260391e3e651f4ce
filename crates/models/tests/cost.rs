//! What models cost: the constants are what a summary measures.

use tenon_layers::prelude::*;
use tenon_layers::tensor::shape::StaticShape;
use tenon_layers::{Cost, StaticCost, Summary, Trace, Traced};
use tenon_models::{
    BasicBlock, Bert, DownBlock, Gpt, LanguageModel, LeNet5, LstmLanguageModel, Mlp, ResNet18, ResNet20,
    ResNet32, Texts,
};

fn assert_equal(cost: Cost, summary: &Summary, name: &str) {
    let found = (cost.parameters, cost.flops, cost.kept_bytes);
    assert_eq!(found, (summary.parameters, summary.flops, summary.kept_bytes), "{name}\n{summary}");
}

/// Holds the cost of a model of tensors against a measurement.
fn check<M, S>()
where
    M: Init + Module + StaticCost<Tensor<S>> + Layer<Tensor<S, Traced<Cpu>>, Traced<Cpu>>,
    S: StaticShape,
{
    let model = M::init(&mut SeededRng::new(0));
    let x: Tensor<S> = Tensor::from_fn(Default::default(), |i| (i % 7) as f32);
    let summary = Summary::of(&model, &x, |x, ctx| {
        model.forward(x, ctx);
    });
    assert_equal(M::COST, &summary, std::any::type_name::<(M, S)>());
}

/// Holds the cost of a model of texts against a measurement.
fn check_text<M, V, N, T>()
where
    M: Init + LanguageModel<V> + StaticCost<Ids<(N, T), V>>,
    V: StaticDim,
    N: StaticDim,
    T: StaticDim,
{
    let model = M::init(&mut SeededRng::new(0));
    let trace = Trace::new();
    let tokens = Ids::try_from_vec((Dyn(N::N), Dyn(T::N)), vec![0; N::N * T::N]).expect("the first token");
    model.scores(&tokens, &mut M::Memory::default(), &mut trace.context::<Cpu>(&model));
    let summary = Summary::from_steps(&trace.steps(), parameter_count(&model));
    assert_equal(M::COST, &summary, std::any::type_name::<(M, N, T)>());
}

/// Holds the cost of an encoder of texts against a measurement.
fn check_encoder<M, N, T>()
where
    M: Init + Module + StaticCost<Texts<N, T, U9>> + Layer<Texts<Dyn, Dyn, U9>, Traced<Cpu>>,
    N: StaticDim,
    T: StaticDim,
{
    let model = M::init(&mut SeededRng::new(0));
    let trace = Trace::new();
    let texts = Texts::padded(&vec![vec![1; T::N]; N::N]).expect("a token of the vocabulary");
    model.forward(texts, &mut trace.context(&model));
    let summary = Summary::from_steps(&trace.steps(), parameter_count(&model));
    assert_equal(M::COST, &summary, std::any::type_name::<(M, N, T)>());
}

#[test]
fn models_of_images_cost_what_is_measured() {
    check::<LeNet5, (U1, U1, U28, U28)>();
    check::<LeNet5, (U3, U1, U28, U28)>();
    check::<Mlp, (U1, U1, U28, U28)>();
    check::<Mlp, (U2, U1, U28, U28)>();
    check::<BasicBlock<U3>, (U2, U3, U5, U4)>();
    check::<DownBlock<U3, U4>, (U2, U3, U5, U4)>();
    check::<(BasicBlock<U2>, ReLU, DownBlock<U2, U3>), (U1, U2, U1, U7)>();
    check::<ResNet20, (U2, U3, U16, U16)>();
    check::<ResNet20<U1>, (U1, U1, U28, U28)>();
    check::<ResNet32<U1, U4>, (U2, U1, U7, U10)>();
    check::<ResNet18, (U1, U3, U224, U224)>();
    check::<ResNet18<U10>, (U2, U3, U224, U224)>();
}

#[test]
fn models_of_texts_cost_what_is_measured() {
    type Lstm = LstmLanguageModel<U9, U4, U6, U2>;
    check_text::<Lstm, _, U2, U5>();
    check_text::<Lstm, _, U1, U4>();
    type Decoder = Gpt<U9, U16, U12, U3, 3>;
    check_text::<Decoder, _, U2, U5>();
    check_text::<Decoder, _, U1, U1>();
    type Encoder = Bert<U9, U16, U12, U3, U20, 2>;
    check_encoder::<Encoder, U2, U5>();
    check_encoder::<Encoder, U1, U3>();
}
