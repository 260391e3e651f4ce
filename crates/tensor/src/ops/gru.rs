//! A layer of gated recurrent units over whole sequences.

use tenon_kernels::gemm::{Bias, Epilogue, Packed};
use tenon_kernels::recurrent as kernels;

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::recurrent::{self, GateRows, Sizes};
use crate::{Array, Backend, Dims, Element, Fused, Kept, Op, Reads, Value, Vjp};

use super::linear::Linear;
use super::matmul::MatMul;
use super::sigmoid::Sigmoid;
use super::tanh::Tanh;

/// Gated recurrent units: for each step t of a sequence, with a third of the rows of the products
/// `W_ih xₜ + b_ih` and `W_hh hₜ₋₁ + b_hh` each,
///
/// `r = σ(xᵣ + hᵣ)`, `z = σ(x_z + h_z)`, `n = tanh(xₙ + r · hₙ)`, `hₜ = (1 − z) · n + z · hₜ₋₁`.
///
/// # Shapes
/// `x: (N, T, In), W_ih: (3·H, In), W_hh: (3·H, H), b_ih: (3·H,), b_hh: (3·H,), h₀: (N, H) →
/// (N, T, H)`
///
/// # Gradient
/// That of the recurrence, back through all steps. Keeps the gates, the recurrent products and the
/// hidden units of every step.
///
/// # Panics
/// When the sequence is empty.
///
/// # Source
/// Cho et al. 2014, "Learning phrase representations using RNN encoder–decoder", in the form of
/// PyTorch's `nn.GRU`, where r multiplies the recurrent product with its bias.
///
/// # Example
/// ```
/// use tenon_tensor::ops::gru::Gru;
/// use tenon_tensor::{Array, Cpu, Dims, Fused, Value};
/// let ones = |dims: &[usize]| Value::<Cpu<f64>>::constant(Array::full(Dims::new(dims), 1.0));
/// let [x, weight_ih, weight_hh] = [ones(&[2, 5, 3]), ones(&[12, 3]), ones(&[12, 4])];
/// let y = Gru.on([x, weight_ih, weight_hh, ones(&[12]), ones(&[12]), ones(&[2, 4])]);
/// assert_eq!(y.dims(), Dims::new(&[2, 5, 4]));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Gru;

/// What the forward pass keeps, with time first: rows of step t of all sequences, then t + 1.
#[derive(Debug)]
pub struct GruKept<E: Element> {
    /// `(T·N, In)`.
    inputs: Array<E>,
    /// The activations `(T·N, 3·H)`.
    gates: Array<E>,
    /// The products with the hidden units, and their biases: `(T·N, 3·H)`.
    products: Array<E>,
    /// From h₀ to h_T.
    hidden: Array<E>,
}

impl<E: Element> Kept for GruKept<E> {
    fn storage(&self) -> Vec<(usize, usize)> {
        let GruKept { inputs, gates, products, hidden } = self;
        [inputs, gates, products, hidden].map(Array::storage).to_vec()
    }
}

impl Fused<6> for Gru {
    const NAME: &'static str = "gru";
    const READS: Reads<6> = Reads { args: [false, true, true, false, false, false], output: false };
    type Kept<E: Element> = GruKept<E>;

    fn definition<B: Backend>(&self, args: [Value<B>; 6]) -> Value<B> {
        let [x, weight_ih, weight_hh, bias_ih, bias_hh, mut h] = args;
        let sizes = Sizes::of(x.dims(), weight_hh.dims());
        let mut steps = Vec::new();
        for t in 0..sizes.steps {
            let of_input = Linear.on([recurrent::step(&x, t), weight_ih.clone(), bias_ih.clone()]);
            let of_hidden = Linear.on([h.clone(), weight_hh.clone(), bias_hh.clone()]);
            let input = |gate| recurrent::gate(&of_input, gate, sizes.hidden);
            let hidden = |gate| recurrent::gate(&of_hidden, gate, sizes.hidden);
            let r = Sigmoid.on([input(0) + hidden(0)]);
            let z = Sigmoid.on([input(1) + hidden(1)]);
            let n = Tanh.on([input(2) + r * hidden(2)]);
            h = n.clone() + z * (h - n);
            steps.push(h.clone());
        }
        recurrent::along_time(steps)
    }

    fn forward<E: Element>(&self, args: [Array<E>; 6]) -> (Array<E>, GruKept<E>) {
        let [x, weight_ih, weight_hh, bias_ih, bias_hh, h] = args;
        let sizes = Sizes::of(x.dims(), weight_hh.dims());
        let (of_step, rows) = (sizes.of_step(), GateRows::of::<E>(sizes, 3));
        let inputs = recurrent::time_major_rows(&x);
        let mut gates = recurrent::products(&inputs, &weight_ih, &bias_ih, rows.pitch);
        let mut hidden = recurrent::hidden_units(&h, sizes.steps);
        let weight = weight_hh.matrix().transposed();
        let bias = bias_hh.contiguous();
        let bias = Bias::PerColumn(bias.as_slice().expect("contiguous"));
        let products = rows.write(|products| {
            let (gates, hidden) = (gates.make_mut(), hidden.make_mut());
            Packed::with(weight, sizes.batch, |weight| {
                for t in 0..sizes.steps {
                    let (gates, products) = (&mut gates[rows.of_step(t)], &mut products[rows.of_step(t)]);
                    let (before, after) = hidden[t * of_step..][..2 * of_step].split_at_mut(of_step);
                    let (before_rows, out) = (sizes.matrix(before), rows.matrix_mut(products));
                    weight.gemm(E::ONE, before_rows, E::ZERO, out, Epilogue { bias, ..Epilogue::default() });
                    kernels::gru_step(sizes.hidden, gates, products, before, after);
                }
            });
        });
        let after = hidden.narrowed(0, sizes.batch, sizes.steps * sizes.batch);
        (recurrent::batch_first(after, sizes), GruKept { inputs, gates, products, hidden })
    }

    fn backward<E: Element>(&self, at: Vjp<Array<E>, 6>, kept: &GruKept<E>) -> [Option<Array<E>>; 6] {
        let sizes = Sizes::of(at.dims(0), at.dims(2));
        let (of_step, rows) = (sizes.of_step(), GateRows::of::<E>(sizes, 3));
        let weight_hh = at.arg(2);
        let weight = weight_hh.matrix();
        let gates = kept.gates.as_slice().expect("made so");
        let products = kept.products.as_slice().expect("made so");
        let hidden = kept.hidden.as_slice().expect("made so");
        let mut dhidden = recurrent::hidden_cotangents(&at.dy);
        let mut dproducts = rows.write(|_| ());
        let dgates = rows.write(|dgates| {
            let (dhidden, dproducts) = (dhidden.make_mut(), dproducts.make_mut());
            Packed::with(weight, sizes.batch, |weight| {
                for t in (0..sizes.steps).rev() {
                    let of_gates = rows.of_step(t);
                    let (dbefore, dafter) = dhidden[t * of_step..][..2 * of_step].split_at_mut(of_step);
                    let dproducts = &mut dproducts[of_gates.clone()];
                    kernels::gru_step_backward(
                        sizes.hidden,
                        &gates[of_gates.clone()],
                        &products[of_gates.clone()],
                        &hidden[t * of_step..][..of_step],
                        dafter,
                        dbefore,
                        &mut dgates[of_gates],
                        dproducts,
                    );
                    recurrent::add_product(rows.matrix(dproducts), weight, sizes.matrix_mut(dbefore));
                }
            });
        });
        let hidden_before = kept.hidden.narrowed(0, 0, sizes.steps * sizes.batch);
        let dbias_ih = at.needs(3).then(|| rows.bias_cotangent(&dgates));
        let dbias_hh = at.needs(4).then(|| rows.bias_cotangent(&dproducts));
        let [dgates, dproducts] = [&dgates, &dproducts].map(|of_rows| rows.gates(of_rows));
        [
            at.wrt(0, |at| recurrent::batch_first(MatMul.forward([dgates.clone(), at.arg(1)]), sizes)),
            at.wrt(1, |_| recurrent::weight_cotangent(&dgates, &kept.inputs)),
            at.wrt(2, |_| recurrent::weight_cotangent(&dproducts, &hidden_before)),
            dbias_ih,
            dbias_hh,
            Some(dhidden.narrowed(0, 0, sizes.batch)),
        ]
    }

    fn flops(&self, args: &[Dims; 6], _: Dims) -> u64 {
        // Of each unit: three activations, a product in the last, three operations to mix.
        Sizes::of(args[0], args[2]).flops(3, 7)
    }
}

impl Proof<6> for Gru {
    const PROVES: &'static str = "gru";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 6]) {
        (Gru, Sizes::draw(draw).argument_dims(3))
    }

    fn domains(&self) -> [Domain; 6] {
        [Domain::Within(-1.0, 1.0); 6]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 6]) -> Value<B> {
        self.on(args)
    }

    fn definition<B: Backend>(&self, args: [Value<B>; 6]) -> Option<Value<B>> {
        Some(Fused::definition(self, args))
    }

    fn oracle(&self, [x, weight_ih, weight_hh, bias_ih, bias_hh, h]: [&Naive; 6]) -> Naive {
        let width = weight_hh.dims[1];
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        recurrent::unrolled(x, h, |input, hidden, j| {
            let of_input = |gate| recurrent::affine(input, weight_ih, bias_ih, gate * width + j);
            let of_hidden = |gate| recurrent::affine(hidden, weight_hh, bias_hh, gate * width + j);
            let r = sigmoid(of_input(0) + of_hidden(0));
            let z = sigmoid(of_input(1) + of_hidden(1));
            let n = (of_input(2) + r * of_hidden(2)).tanh();
            (1.0 - z) * n + z * hidden[j]
        })
    }
}

register!(Gru);
