//! Models of texts.

use tenon_layers::prelude::*;
use tenon_models::{Bert, Gpt, LstmLanguageModel, Texts};

use crate::fixture::Fixture;
use crate::{Case, Outcome, assert_agrees};

/// The scores of a language model for 3 texts of 7 tokens, and its loss.
fn predicted<B: Backend>(scores: Tensor<(U3, U7, U11), B>, fixture: &Fixture) -> Outcome<B> {
    let targets: Ids<(U21,), U11> = fixture.ids("targets");
    let loss = scores.reshape::<(U21, U11)>().cross_entropy(&targets);
    Outcome { outputs: vec![("output", scores.to_vec())], loss }
}

struct Lstm;

impl Case for Lstm {
    const FIXTURE: &'static str = "lstm";
    const MODE: Mode = Mode::Eval;
    type Model = LstmLanguageModel<U11, U6, U5, U2>;

    fn model(rng: &mut SeededRng) -> Self::Model {
        Init::init(rng)
    }

    fn run<B: Backend>(model: &Self::Model, fixture: &Fixture, ctx: &mut Context<B>) -> Outcome<B> {
        let tokens: Ids<(U3, U7), U11> = fixture.ids("tokens");
        let embedded = model.embedding.forward(tokens, ctx);
        let hidden = model.lstm.forward(embedded, ctx);
        predicted(model.output.forward(hidden, ctx), fixture)
    }
}

#[test]
fn long_short_term_memory() {
    assert_agrees::<Lstm>();
}

/// The same around another layer.
#[derive(Module)]
struct GruLanguageModel {
    embedding: Embedding<U11, U6>,
    gru: Gru<U6, U5, U2>,
    output: Linear<U5, U11>,
}

impl Case for GruLanguageModel {
    const FIXTURE: &'static str = "gru";
    const MODE: Mode = Mode::Eval;
    type Model = Self;

    fn model(rng: &mut SeededRng) -> Self {
        GruLanguageModel { embedding: Init::init(rng), gru: Init::init(rng), output: Init::init(rng) }
    }

    fn run<B: Backend>(model: &Self, fixture: &Fixture, ctx: &mut Context<B>) -> Outcome<B> {
        let tokens: Ids<(U3, U7), U11> = fixture.ids("tokens");
        let embedded = model.embedding.forward(tokens, ctx);
        let hidden = model.gru.forward(embedded, ctx);
        predicted(model.output.forward(hidden, ctx), fixture)
    }
}

#[test]
fn gated_recurrent_unit() {
    assert_agrees::<GruLanguageModel>();
}

struct SmallGpt;

impl Case for SmallGpt {
    const FIXTURE: &'static str = "gpt";
    const MODE: Mode = Mode::Eval;
    type Model = Gpt<U11, U8, U12, U3, 2>;

    fn model(rng: &mut SeededRng) -> Self::Model {
        Init::init(rng)
    }

    fn run<B: Backend>(model: &Self::Model, fixture: &Fixture, ctx: &mut Context<B>) -> Outcome<B> {
        let tokens: Ids<(U3, U7), U11> = fixture.ids("tokens");
        predicted(model.forward(tokens, ctx), fixture)
    }
}

#[test]
fn gpt() {
    assert_agrees::<SmallGpt>();
}

struct SmallBert;

impl Case for SmallBert {
    const FIXTURE: &'static str = "bert";
    const MODE: Mode = Mode::Eval;
    type Model = Bert<U11, U9, U12, U3, U20, 2>;

    fn model(rng: &mut SeededRng) -> Self::Model {
        Init::init(rng)
    }

    fn run<B: Backend>(model: &Self::Model, fixture: &Fixture, ctx: &mut Context<B>) -> Outcome<B> {
        let texts: Texts<U3, U7, U11> = Texts {
            tokens: fixture.ids("tokens"),
            types: fixture.ids("types"),
            present: fixture.mask("present"),
        };
        let states = model.forward(texts, ctx);
        let pooled = model.pooled(&states, ctx);
        let weights: Tensor<(U3, U7, U12), B> = fixture.input("of_states");
        let of_states = (states.clone() * weights).sum_all();
        let weights: Tensor<(U3, U12), B> = fixture.input("of_pooled");
        let of_pooled = (pooled.clone() * weights).sum_all();
        let outputs = vec![("output", states.to_vec()), ("pooled", pooled.to_vec())];
        Outcome { outputs, loss: of_states + of_pooled }
    }
}

#[test]
fn bert() {
    assert_agrees::<SmallBert>();
}
