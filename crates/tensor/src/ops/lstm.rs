//! A layer of long short-term memory over whole sequences.

use tenon_kernels::gemm::Packed;
use tenon_kernels::recurrent as kernels;

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::recurrent::{self, GateRows, Sizes};
use crate::{Array, Backend, Dims, Element, Fused, Kept, Op, Reads, Value, Vjp};

use super::linear::Linear;
use super::matmul::MatMul;
use super::sigmoid::Sigmoid;
use super::tanh::Tanh;

/// Long short-term memory: for each step t of a sequence
///
/// `(i, f, g, o) = W_ih xₜ + b_ih + W_hh hₜ₋₁ + b_hh`, a quarter of the rows each,
/// `cₜ = σ(f) · cₜ₋₁ + σ(i) · tanh(g)`, `hₜ = σ(o) · tanh(cₜ)`.
///
/// # Shapes
/// `x: (N, T, In), W_ih: (4·H, In), W_hh: (4·H, H), b_ih: (4·H,), b_hh: (4·H,), h₀: (N, H),
/// c₀: (N, H) → (N, T + 1, H)`: h₁ to h_T, and c_T behind them
///
/// # Gradient
/// That of the recurrence, back through all steps. Keeps the gates, cells and hidden units of every
/// step. The products with the input, and all gradients of weights, are one matrix product for the
/// whole sequence.
///
/// # Panics
/// When the sequence is empty.
///
/// # Source
/// Hochreiter and Schmidhuber 1997, "Long short-term memory", with the forget gate of Gers,
/// Schmidhuber and Cummins 2000; order of gates and pair of biases as in PyTorch's `nn.LSTM`.
///
/// # Example
/// ```
/// use tenon_tensor::ops::lstm::Lstm;
/// use tenon_tensor::{Array, Cpu, Dims, Fused, Value};
/// let ones = |dims: &[usize]| Value::<Cpu<f64>>::constant(Array::full(Dims::new(dims), 1.0));
/// let [x, weight_ih, weight_hh] = [ones(&[2, 5, 3]), ones(&[16, 3]), ones(&[16, 4])];
/// let y = Lstm.on([x, weight_ih, weight_hh, ones(&[16]), ones(&[16]), ones(&[2, 4]), ones(&[2, 4])]);
/// assert_eq!(y.dims(), Dims::new(&[2, 6, 4]));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Lstm;

/// What the forward pass keeps, with time first: rows of step t of all sequences, then t + 1.
#[derive(Debug)]
pub struct LstmKept<E: Element> {
    /// `(T·N, In)`.
    inputs: Array<E>,
    /// The activations `(T·N, 4·H)`.
    gates: Array<E>,
    /// From c₀ to c_T.
    cells: Array<E>,
    /// From h₀ to h_T, and c_T.
    hidden: Array<E>,
}

impl<E: Element> Kept for LstmKept<E> {
    fn storage(&self) -> Vec<(usize, usize)> {
        let LstmKept { inputs, gates, cells, hidden } = self;
        [inputs, gates, cells, hidden].map(Array::storage).to_vec()
    }
}

impl Fused<7> for Lstm {
    const NAME: &'static str = "lstm";
    const READS: Reads<7> =
        Reads { args: [false, true, true, false, false, false, false], output: false };
    type Kept<E: Element> = LstmKept<E>;

    fn definition<B: Backend>(&self, args: [Value<B>; 7]) -> Value<B> {
        let [x, weight_ih, weight_hh, bias_ih, bias_hh, mut h, mut c] = args;
        let sizes = Sizes::of(x.dims(), weight_hh.dims());
        let mut steps = Vec::new();
        for t in 0..sizes.steps {
            let gates = Linear.on([recurrent::step(&x, t), weight_ih.clone(), bias_ih.clone()])
                + Linear.on([h, weight_hh.clone(), bias_hh.clone()]);
            let [i, f, g, o] = std::array::from_fn(|gate| recurrent::gate(&gates, gate, sizes.hidden));
            c = Sigmoid.on([f]) * c + Sigmoid.on([i]) * Tanh.on([g]);
            h = Sigmoid.on([o]) * Tanh.on([c.clone()]);
            steps.push(h.clone());
        }
        steps.push(c);
        recurrent::along_time(steps)
    }

    fn forward<E: Element>(&self, args: [Array<E>; 7]) -> (Array<E>, LstmKept<E>) {
        let [x, weight_ih, weight_hh, bias_ih, bias_hh, h, c] = args;
        let sizes = Sizes::of(x.dims(), weight_hh.dims());
        let (of_step, rows) = (sizes.of_step(), GateRows::of::<E>(sizes, 4));
        let inputs = recurrent::time_major_rows(&x);
        let bias = bias_ih.zip(&bias_hh, |a, b| a + b);
        let mut gates = recurrent::products(&inputs, &weight_ih, &bias, rows.pitch);
        let mut cells = recurrent::hidden_units(&c, sizes.steps);
        let mut hidden = recurrent::hidden_units(&h, sizes.steps + 1);
        let weight = weight_hh.matrix().transposed();
        {
            let (gates, cells, hidden) = (gates.make_mut(), cells.make_mut(), hidden.make_mut());
            Packed::with(weight, sizes.batch, |weight| {
                for t in 0..sizes.steps {
                    let gates = &mut gates[rows.of_step(t)];
                    let (cell_before, cell) = cells[t * of_step..][..2 * of_step].split_at_mut(of_step);
                    let (before, after) = hidden[t * of_step..][..2 * of_step].split_at_mut(of_step);
                    recurrent::add_product(sizes.matrix(before), weight, rows.matrix_mut(gates));
                    kernels::lstm_step(sizes.hidden, gates, cell_before, cell, after);
                }
            });
            hidden[(sizes.steps + 1) * of_step..].copy_from_slice(&cells[sizes.steps * of_step..]);
        }
        let blocks = Dims::new(&[sizes.steps + 2, sizes.batch, sizes.hidden]);
        let result = hidden.clone().reshaped(blocks).narrowed(0, 1, sizes.steps + 1).permuted(&[1, 0, 2]);
        (result, LstmKept { inputs, gates, cells, hidden })
    }

    fn backward<E: Element>(&self, at: Vjp<Array<E>, 7>, kept: &LstmKept<E>) -> [Option<Array<E>>; 7] {
        let sizes = Sizes::of(at.dims(0), at.dims(2));
        let (steps, of_step, rows) = (sizes.steps, sizes.of_step(), GateRows::of::<E>(sizes, 4));
        let weight_hh = at.arg(2);
        let weight = weight_hh.matrix();
        let gates = kept.gates.as_slice().expect("made so");
        let cells = kept.cells.as_slice().expect("made so");
        // From dh₀ to dh_T, and the cotangent of the cell, which goes back step by step.
        let mut dhidden = recurrent::hidden_cotangents(&at.dy);
        let dgates = rows.write(|dgates| {
            let (dhidden, dcell) = dhidden.make_mut().split_at_mut((steps + 1) * of_step);
            Packed::with(weight, sizes.batch, |weight| {
                for t in (0..steps).rev() {
                    let (dbefore, dafter) = dhidden[t * of_step..][..2 * of_step].split_at_mut(of_step);
                    let dgates = &mut dgates[rows.of_step(t)];
                    let (cell_before, cell) = cells[t * of_step..][..2 * of_step].split_at(of_step);
                    let gates = &gates[rows.of_step(t)];
                    kernels::lstm_step_backward(sizes.hidden, gates, cell_before, cell, dafter, dcell, dgates);
                    recurrent::add_product(rows.matrix(dgates), weight, sizes.matrix_mut(dbefore));
                }
            });
        });
        let hidden_before = kept.hidden.narrowed(0, 0, steps * sizes.batch);
        let dbias = (at.needs(3) || at.needs(4)).then(|| rows.bias_cotangent(&dgates));
        let dgates = rows.gates(&dgates);
        [
            at.wrt(0, |at| recurrent::batch_first(MatMul.forward([dgates.clone(), at.arg(1)]), sizes)),
            at.wrt(1, |_| recurrent::weight_cotangent(&dgates, &kept.inputs)),
            at.wrt(2, |_| recurrent::weight_cotangent(&dgates, &hidden_before)),
            dbias.clone(),
            dbias,
            Some(dhidden.narrowed(0, 0, sizes.batch)),
            Some(dhidden.narrowed(0, (steps + 1) * sizes.batch, sizes.batch)),
        ]
    }

    fn flops(&self, args: &[Dims; 7], _: Dims) -> u64 {
        // Of each unit: four activations, three operations for the cell, two for the hidden unit.
        Sizes::of(args[0], args[2]).flops(4, 9)
    }
}

impl Proof<7> for Lstm {
    const PROVES: &'static str = "lstm";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 7]) {
        let [x, weight_ih, weight_hh, bias_ih, bias_hh, h] = Sizes::draw(draw).argument_dims(4);
        (Lstm, [x, weight_ih, weight_hh, bias_ih, bias_hh, h, h])
    }

    fn domains(&self) -> [Domain; 7] {
        [Domain::Within(-1.0, 1.0); 7]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 7]) -> Value<B> {
        self.on(args)
    }

    fn definition<B: Backend>(&self, args: [Value<B>; 7]) -> Option<Value<B>> {
        Some(Fused::definition(self, args))
    }

    fn oracle(&self, [x, weight_ih, weight_hh, bias_ih, bias_hh, h, c]: [&Naive; 7]) -> Naive {
        let (n_steps, width) = (x.dims[1], weight_hh.dims[1]);
        let mut y = Naive::zeros(Dims::new(&[x.dims[0], n_steps + 1, width]));
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        for n in 0..x.dims[0] {
            let mut hidden: Vec<f64> = (0..width).map(|j| h.at(&[n, j])).collect();
            let mut cell: Vec<f64> = (0..width).map(|j| c.at(&[n, j])).collect();
            for t in 0..n_steps {
                let input = recurrent::row(x, n, t);
                let sum = |gate: usize, j: usize| {
                    let out = gate * width + j;
                    recurrent::affine(&input, weight_ih, bias_ih, out)
                        + recurrent::affine(&hidden, weight_hh, bias_hh, out)
                };
                let next: Vec<(f64, f64)> = (0..width)
                    .map(|j| {
                        let c = sigmoid(sum(1, j)) * cell[j] + sigmoid(sum(0, j)) * sum(2, j).tanh();
                        (c, sigmoid(sum(3, j)) * c.tanh())
                    })
                    .collect();
                (cell, hidden) = next.into_iter().unzip();
                (0..width).for_each(|j| *y.at_mut(&[n, t, j]) = hidden[j]);
            }
            (0..width).for_each(|j| *y.at_mut(&[n, n_steps, j]) = cell[j]);
        }
        y
    }
}

register!(Lstm);
