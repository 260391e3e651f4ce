//! What must hold of GPT.

use super::*;
use tenon_layers::tensor::Array;
use tenon_layers::{LeafId, Path};

type Small = Gpt<U10, U8, U12, U3, 2>;

fn small() -> Small {
    Small::init(&mut SeededRng::new(1))
}

#[test]
fn keys_and_dims_are_those_of_gpt2() {
    let mut keys = Vec::new();
    small().visit(&mut Path::root(), &mut |path: &str, _: LeafId, value: &Array<f32>| {
        keys.push(format!("{path} {:?}", value.dims()));
    });
    let block = [
        "ln_1.weight [12]",
        "ln_1.bias [12]",
        "attn.c_attn.weight [12, 36]",
        "attn.c_attn.bias [36]",
        "attn.c_proj.weight [12, 12]",
        "attn.c_proj.bias [12]",
        "ln_2.weight [12]",
        "ln_2.bias [12]",
        "mlp.c_fc.weight [12, 48]",
        "mlp.c_fc.bias [48]",
        "mlp.c_proj.weight [48, 12]",
        "mlp.c_proj.bias [12]",
    ];
    let mut expected = vec!["wte.weight [10, 12]".to_owned(), "wpe.weight [8, 12]".to_owned()];
    expected.extend((0..2).flat_map(|i| block.map(|key| format!("h.{i}.{key}"))));
    expected.extend(["ln_f.weight [12]", "ln_f.bias [12]"].map(str::to_owned));
    assert_eq!(keys, expected);
}

#[test]
fn parameters_are_as_many_as_the_constant_says() {
    assert_eq!(parameter_count(&small()), Small::PARAMETERS);
    let untied = small().untied(&mut SeededRng::new(2));
    assert_eq!(parameter_count(&untied), Small::PARAMETERS + 10 * 12);
}

#[test]
fn what_adds_to_a_block_starts_smaller() {
    let deviation = |weights: Vec<f32>| {
        let square: f64 = weights.iter().map(|&w| f64::from(w).powi(2)).sum();
        (square / weights.len() as f64).sqrt()
    };
    let model: Gpt<U10, U8, d!(96), U3, 8> = Init::init(&mut SeededRng::new(3));
    let mlp = &model.h[0].mlp;
    let (in_, out) = (mlp.c_fc.weight.value().to_vec(), mlp.c_proj.weight.value().to_vec());
    // Of 36 864 normal numbers, whose deviation is known to half a per cent.
    assert!((deviation(in_) / 0.02 - 1.0).abs() < 0.03);
    assert!((deviation(out) / 0.005 - 1.0).abs() < 0.03);
}

#[test]
fn a_token_does_not_change_the_scores_before_it() {
    let model = small();
    let scores = |tokens: [u32; 4]| {
        let tokens: Ids<(U1, U4), U10> =
            Ids::try_from_vec(Default::default(), tokens.to_vec()).expect("below ten");
        model.forward(tokens, &mut Context::<Cpu>::eval()).to_vec()
    };
    let (one, other) = (scores([1, 2, 3, 4]), scores([1, 2, 9, 8]));
    assert_eq!(one[..20], other[..20]);
    assert_ne!(one[20..30], other[20..30]);
}

#[test]
fn every_parameter_has_a_gradient() {
    let model = Small::new(&mut SeededRng::new(4), 0.1);
    let tokens: Ids<(U1, U4), U10> =
        Ids::try_from_vec(Default::default(), vec![1, 2, 3, 4]).expect("below ten");
    let scores = model.forward(tokens, &mut Context::<Autodiff<Cpu>>::train(1, 0));
    let gradients = scores.square().sum_all().backward();
    model.visit(&mut Path::root(), &mut |path: &str, id: LeafId, _: &Array<f32>| {
        assert!(gradients.value(id).is_some(), "no gradient for {path}");
    });
}
