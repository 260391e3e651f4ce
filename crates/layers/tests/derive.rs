//! The derives on real layers: names, shapes and numbers.

use tenon_layers::Path;
use tenon_layers::autodiff::LeafId;
use tenon_layers::prelude::*;
use tenon_tensor::Array;

/// Every kind of field that a module may have.
#[derive(Module)]
struct Mixed<const N: usize> {
    stem: Linear<U4, U3>,
    blocks: Vec<Linear<U3, U3>>,
    pair: (ReLU, Linear<U3, U2>),
    twins: [Linear<U2, U2>; N],
    present: Option<Box<Linear<U2, U2>>>,
    absent: Option<Linear<U2, U2>>,
    #[module(rename = "output")]
    head: Linear<U2, U1>,
    #[module(skip)]
    note: &'static str,
}

fn mixed() -> Mixed<2> {
    let rng = &mut SeededRng::new(1);
    Mixed {
        stem: Init::init(rng),
        blocks: vec![Init::init(rng), Linear::without_bias(rng)],
        pair: Init::init(rng),
        twins: [Init::init(rng), Init::init(rng)],
        present: Some(Box::new(Init::init(rng))),
        absent: None,
        head: Init::init(rng),
        note: "not learned",
    }
}

/// The names of all parameters with the sizes of their axes.
fn names(module: &impl Module) -> Vec<String> {
    let mut names = Vec::new();
    let mut visitor = |path: &str, _: LeafId, value: &Array<f32>| {
        names.push(format!("{path} {:?}", value.dims().as_ref()));
    };
    module.visit(&mut Path::root(), &mut visitor);
    names
}

#[test]
fn names_are_the_paths_of_fields() {
    let expected = [
        "stem.weight [3, 4]",
        "stem.bias [3]",
        "blocks.0.weight [3, 3]",
        "blocks.0.bias [3]",
        "blocks.1.weight [3, 3]",
        "pair.1.weight [2, 3]",
        "pair.1.bias [2]",
        "twins.0.weight [2, 2]",
        "twins.0.bias [2]",
        "twins.1.weight [2, 2]",
        "twins.1.bias [2]",
        "present.weight [2, 2]",
        "present.bias [2]",
        "output.weight [1, 2]",
        "output.bias [1]",
    ];
    assert_eq!(names(&mixed()), expected);
    assert_eq!(mixed().note, "not learned");
}

#[test]
fn writing_visits_the_same_parameters_in_the_same_order() {
    let mut module = mixed();
    let mut read = Vec::new();
    module.visit(&mut Path::root(), &mut |path: &str, id: LeafId, _: &Array<f32>| {
        read.push((path.to_owned(), id));
    });
    let mut written = Vec::new();
    module.visit_mut(&mut Path::root(), &mut |path: &str, id: LeafId, value: &mut Array<f32>| {
        *value = value.clone().map(|_| 0.5);
        written.push((path.to_owned(), id));
    });
    assert_eq!(read, written);
    assert_eq!(module.head.weight.value().to_vec(), [0.5, 0.5]);
}

/// The same three layers as a derived sequence and as a tuple.
#[derive(Module, Sequential)]
struct Perceptron {
    hidden: Linear<U4, U8>,
    activation: ReLU,
    output: Linear<U8, U3>,
}

#[test]
fn a_derived_sequence_is_the_tuple_of_its_fields() {
    let perceptron = || {
        let rng = &mut SeededRng::new(7);
        Perceptron { hidden: Init::init(rng), activation: ReLU, output: Init::init(rng) }
    };
    let Perceptron { hidden, activation, output } = perceptron();
    let tuple = (hidden, activation, output);

    let x: Tensor<(U2, U4)> = Tensor::from([[1.0, -2.0, 3.0, -4.0], [0.5, 0.25, -0.5, 2.0]]);
    let derived: Tensor<(U2, U3)> = perceptron().forward(x.clone(), &mut Context::eval());
    let applied = tuple.forward(x, &mut Context::eval());
    assert_eq!(derived.to_vec(), applied.to_vec());
}

#[test]
fn a_sequence_accepts_any_batch() {
    let rng = &mut SeededRng::new(7);
    let net = Perceptron { hidden: Init::init(rng), activation: ReLU, output: Init::init(rng) };
    let images: Tensor<(Dyn, U4)> = Tensor::full((Dyn(5), U4::new()), 0.0);
    let logits: Tensor<(Dyn, U3)> = net.forward(images, &mut Context::eval());
    assert_eq!(logits.shape().0, Dyn(5));
}
