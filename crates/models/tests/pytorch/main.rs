//! Models against PyTorch's: the same parameters, outputs, losses, gradients and buffers.
//!
//! `fixtures/models.py` wrote what is compared with.

mod fixture;
mod language;
mod vision;

use tenon_layers::prelude::*;
use tenon_layers::tensor::{Array, Element};
use tenon_layers::{LeafId, Path, Visitor, state_dict};

use crate::fixture::Fixture;

/// A model, and how its fixture is computed from its inputs.
trait Case {
    /// The name of its file.
    const FIXTURE: &'static str;
    /// What PyTorch's model was set to.
    const MODE: Mode;
    type Model: Module;

    fn model(rng: &mut SeededRng) -> Self::Model;

    /// What is named in the fixture, and the loss.
    fn run<B: Backend>(model: &Self::Model, fixture: &Fixture, ctx: &mut Context<B>) -> Outcome<B>;
}

struct Outcome<B: Backend> {
    outputs: Vec<(&'static str, Vec<B::Elem>)>,
    loss: Tensor<(), B>,
}

/// Compares all that PyTorch computed, in both precisions.
fn assert_agrees<C: Case>() {
    assert_agrees_in::<C, f64>();
    assert_agrees_in::<C, f32>();
}

fn assert_agrees_in<C: Case, E: Element>() {
    let fixture = Fixture::read(C::FIXTURE);
    let mut model = C::model(&mut SeededRng::new(0));
    let state = fixture.state();
    state_dict::from_bytes(&mut model, &state).unwrap();
    assert_eq!(state_dict::to_bytes(&model), state, "what was imported is exported as it was");

    let mut ctx = Context::<Autodiff<Cpu<E>>>::train(0, 0).with_mode(C::MODE);
    let Outcome { outputs, loss } = C::run(&model, &fixture, &mut ctx);
    for (name, numbers) in outputs {
        fixture.assert_close(name, &numbers);
    }
    fixture.assert_close("loss", &loss.to_vec());
    let gradients = loss.backward();
    model.visit(&mut Path::root(), &mut |path: &str, id: LeafId, _: &Array<f32>| {
        let gradient = gradients.value(id).unwrap_or_else(|| panic!("{path} has no gradient"));
        fixture.assert_close(&format!("grad.{path}"), &gradient.array().to_vec());
    });
    ctx.take_updates().commit(&mut model);
    model.visit(&mut Path::root(), &mut After { fixture: &fixture });
}

/// Compares the buffers after the step; they are `f32` whatever is computed in.
struct After<'a> {
    fixture: &'a Fixture,
}

impl Visitor for After<'_> {
    fn param(&mut self, _: &str, _: LeafId, _: &Array<f32>) {}

    fn buffer(&mut self, path: &str, _: LeafId, value: &Array<f32>) {
        self.fixture.assert_close(&format!("after.{path}"), &value.to_vec());
    }

    fn counter(&mut self, path: &str, _: LeafId, count: i64) {
        assert_eq!(vec![count], self.fixture.integers(&format!("f32.after.{path}")));
    }
}
