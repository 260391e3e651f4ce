//! Recurrent kernels at sizes where rows of gates do not lie right behind each other.

use std::array::from_fn;

use tenon_autodiff::{LeafId, prelude::*};
use tenon_kernels::gemm::row_pitch;
use tenon_tensor::ops::{gru::Gru, lstm::Lstm};
use tenon_tensor::{Array, Dims, Fused, Value};

type Plain = Cpu<f64>;
type Recorded = Autodiff<Plain>;

/// More sequences than a task has.
const BATCH: usize = 20;
const STEPS: usize = 4;
const INPUT: usize = 5;

/// The dims of `x`, both weights and both biases of a layer with so many gates.
fn dims(n_gates: usize, hidden: usize) -> [Dims; 5] {
    let gates = n_gates * hidden;
    [&[BATCH, STEPS, INPUT][..], &[gates, INPUT], &[gates, hidden], &[gates], &[gates]].map(Dims::new)
}

/// The result, and the gradients of the sum of its squares.
fn pull_back<const N: usize>(
    args: &[Array<f64>; N],
    f: impl Fn([Value<Recorded>; N]) -> Value<Recorded>,
) -> Vec<Vec<f64>> {
    let ids: [LeafId; N] = from_fn(|_| LeafId::unique());
    let y = f(from_fn(|i| Autodiff::leaf(ids[i], Value::constant(args[i].clone()))));
    let dims = y.dims();
    let y = Tensor::<(Dyn, Dyn, Dyn), Recorded>::from_value((Dyn(dims[0]), Dyn(dims[1]), Dyn(dims[2])), y);
    let gradients = y.clone().square().sum_all().backward();
    let gradients = ids.iter().map(|&id| gradients.value(id).expect("it matters").array().to_vec());
    std::iter::once(y.to_vec()).chain(gradients).collect()
}

fn check<F: Fused<N>, const N: usize>(op: F, dims: [Dims; N]) {
    let mut count = 0;
    let args = dims.map(|dims| {
        let number = |_| {
            count += 1;
            0.2 * f64::sin(0.7 * f64::from(count))
        };
        Array::from_vec(dims, (0..dims.numel()).map(number).collect())
    });
    let found = pull_back(&args, |args| op.clone().on(args));
    let wanted = pull_back(&args, |args| op.definition(args));
    for (found, wanted) in found.iter().zip(&wanted) {
        assert_eq!(found.len(), wanted.len());
        let size = wanted.iter().fold(1.0, |size: f64, x| size.max(x.abs()));
        for (found, wanted) in found.iter().zip(wanted) {
            // Sums of some hundred terms of this size, step after step.
            assert!((found - wanted).abs() < 1e4 * f64::EPSILON * size, "{found}, not {wanted}");
        }
    }
}

#[test]
fn an_lstm_whose_gates_fill_a_page_agrees_with_its_definition() {
    const HIDDEN: usize = 128;
    assert!(row_pitch::<f64>(4 * HIDDEN) > 4 * HIDDEN);
    let [x, weight_ih, weight_hh, bias_ih, bias_hh] = dims(4, HIDDEN);
    let state = Dims::new(&[BATCH, HIDDEN]);
    check(Lstm, [x, weight_ih, weight_hh, bias_ih, bias_hh, state, state]);
}

#[test]
fn a_gru_whose_gates_fill_pages_agrees_with_its_definition() {
    const HIDDEN: usize = 512;
    assert!(row_pitch::<f64>(3 * HIDDEN) > 3 * HIDDEN);
    let [x, weight_ih, weight_hh, bias_ih, bias_hh] = dims(3, HIDDEN);
    check(Gru, [x, weight_ih, weight_hh, bias_ih, bias_hh, Dims::new(&[BATCH, HIDDEN])]);
}
