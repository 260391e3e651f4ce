//! A plain recurrent layer over whole sequences.

use tenon_kernels::gemm::Packed;
use tenon_kernels::{View, elementwise, vector};

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::recurrent::{self, Sizes};
use crate::{Array, Backend, Dims, Element, Fused, Kept, Op, Reads, Value, Vjp};

use super::linear::Linear;
use super::matmul::MatMul;
use super::relu::Relu;
use super::tanh::Tanh;

/// A plain recurrent layer: for each step t of a sequence
/// `hₜ = φ(W_ih xₜ + b_ih + W_hh hₜ₋₁ + b_hh)`, where φ is tanh or ReLU.
///
/// # Shapes
/// `x: (N, T, In), W_ih: (H, In), W_hh: (H, H), b_ih: (H,), b_hh: (H,), h₀: (N, H) → (N, T, H)`
///
/// # Gradient
/// That of the recurrence, back through all steps; that of ReLU is 0 at 0. Keeps the hidden units
/// of every step.
///
/// # Panics
/// When the sequence is empty.
///
/// # Source
/// Elman 1990, "Finding structure in time"; biases as in PyTorch's `nn.RNN`.
///
/// # Example
/// ```
/// use tenon_tensor::ops::rnn::{Nonlinearity, Rnn};
/// use tenon_tensor::{Array, Cpu, Dims, Fused, Value};
/// let ones = |dims: &[usize]| Value::<Cpu<f64>>::constant(Array::full(Dims::new(dims), 1.0));
/// let [x, weight_ih, weight_hh] = [ones(&[2, 5, 3]), ones(&[4, 3]), ones(&[4, 4])];
/// let y = Rnn { nonlinearity: Nonlinearity::Tanh }.on([x, weight_ih, weight_hh, ones(&[4]), ones(&[4]), ones(&[2, 4])]);
/// assert_eq!(y.dims(), Dims::new(&[2, 5, 4]));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Rnn {
    /// φ.
    pub nonlinearity: Nonlinearity,
}

/// What a plain recurrent layer applies to its sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nonlinearity {
    /// The hyperbolic tangent.
    #[default]
    Tanh,
    /// max(x, 0).
    Relu,
}

/// What the forward pass keeps, with time first: rows of step t of all sequences, then t + 1.
#[derive(Debug)]
pub struct RnnKept<E: Element> {
    /// `(T·N, In)`.
    inputs: Array<E>,
    /// From h₀ to h_T.
    hidden: Array<E>,
}

impl<E: Element> Kept for RnnKept<E> {
    fn storage(&self) -> Vec<(usize, usize)> {
        [&self.inputs, &self.hidden].map(Array::storage).to_vec()
    }
}

impl Rnn {
    /// The cotangents of the sums from those of the results, in place.
    fn derivative<E: Element>(&self, hidden: &[E], dhidden: &mut [E]) {
        let (dims, strides) = ([hidden.len()], [1]);
        let hidden = View::new(hidden, 0, &dims, &strides);
        match self.nonlinearity {
            Nonlinearity::Tanh => elementwise::zip_mut(dhidden, hidden, |dh, h| dh * (E::ONE - h * h)),
            Nonlinearity::Relu => {
                elementwise::zip_mut(dhidden, hidden, |dh, h| if h > E::ZERO { dh } else { E::ZERO });
            }
        }
    }
}

impl Fused<6> for Rnn {
    const NAME: &'static str = "rnn";
    const READS: Reads<6> = Reads { args: [false, true, true, false, false, false], output: false };
    type Kept<E: Element> = RnnKept<E>;

    fn definition<B: Backend>(&self, args: [Value<B>; 6]) -> Value<B> {
        let [x, weight_ih, weight_hh, bias_ih, bias_hh, mut h] = args;
        let sizes = Sizes::of(x.dims(), weight_hh.dims());
        let mut steps = Vec::new();
        for t in 0..sizes.steps {
            let sums = Linear.on([recurrent::step(&x, t), weight_ih.clone(), bias_ih.clone()])
                + Linear.on([h, weight_hh.clone(), bias_hh.clone()]);
            h = match self.nonlinearity {
                Nonlinearity::Tanh => Tanh.on([sums]),
                Nonlinearity::Relu => Relu.on([sums]),
            };
            steps.push(h.clone());
        }
        recurrent::along_time(steps)
    }

    fn forward<E: Element>(&self, args: [Array<E>; 6]) -> (Array<E>, RnnKept<E>) {
        let [x, weight_ih, weight_hh, bias_ih, bias_hh, h] = args;
        let sizes = Sizes::of(x.dims(), weight_hh.dims());
        let of_step = sizes.of_step();
        let inputs = recurrent::time_major_rows(&x);
        let sums = recurrent::products(&inputs, &weight_ih, &bias_ih.zip(&bias_hh, |a, b| a + b), sizes.hidden);
        let sums = sums.as_slice().expect("made so");
        let mut hidden = recurrent::hidden_units(&h, sizes.steps);
        let weight = weight_hh.matrix().transposed();
        let steps = hidden.make_mut();
        Packed::with(weight, sizes.batch, |weight| {
            for t in 0..sizes.steps {
                let (before, after) = steps[t * of_step..][..2 * of_step].split_at_mut(of_step);
                after.copy_from_slice(&sums[t * of_step..][..of_step]);
                recurrent::add_product(sizes.matrix(before), weight, sizes.matrix_mut(after));
                match self.nonlinearity {
                    Nonlinearity::Tanh => vector::tanh_mut(after),
                    Nonlinearity::Relu => vector::relu_mut(after),
                }
            }
        });
        let after = hidden.narrowed(0, sizes.batch, sizes.steps * sizes.batch);
        (recurrent::batch_first(after, sizes), RnnKept { inputs, hidden })
    }

    fn backward<E: Element>(&self, at: Vjp<Array<E>, 6>, kept: &RnnKept<E>) -> [Option<Array<E>>; 6] {
        let sizes = Sizes::of(at.dims(0), at.dims(2));
        let of_step = sizes.of_step();
        let weight_hh = at.arg(2);
        let weight = weight_hh.matrix();
        let hidden = kept.hidden.as_slice().expect("made so");
        let mut dhidden = recurrent::hidden_cotangents(&at.dy);
        let steps = dhidden.make_mut();
        Packed::with(weight, sizes.batch, |weight| {
            for t in (0..sizes.steps).rev() {
                let (dbefore, dafter) = steps[t * of_step..][..2 * of_step].split_at_mut(of_step);
                self.derivative(&hidden[(t + 1) * of_step..][..of_step], dafter);
                recurrent::add_product(sizes.matrix(dafter), weight, sizes.matrix_mut(dbefore));
            }
        });
        let n_rows = sizes.steps * sizes.batch;
        // All but the first rows have become cotangents of sums.
        let dsums = dhidden.narrowed(0, sizes.batch, n_rows);
        let hidden_before = kept.hidden.narrowed(0, 0, n_rows);
        let dbias = (at.needs(3) || at.needs(4)).then(|| recurrent::bias_cotangent(&dsums));
        [
            at.wrt(0, |at| recurrent::batch_first(MatMul.forward([dsums.clone(), at.arg(1)]), sizes)),
            at.wrt(1, |_| recurrent::weight_cotangent(&dsums, &kept.inputs)),
            at.wrt(2, |_| recurrent::weight_cotangent(&dsums, &hidden_before)),
            dbias.clone(),
            dbias,
            Some(dhidden.narrowed(0, 0, sizes.batch)),
        ]
    }

    fn flops(&self, args: &[Dims; 6], _: Dims) -> u64 {
        Sizes::of(args[0], args[2]).flops(1, 1)
    }
}

impl Proof<6> for Rnn {
    const PROVES: &'static str = "rnn";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 6]) {
        let nonlinearity = draw.one_of(&[Nonlinearity::Tanh, Nonlinearity::Relu]);
        (Rnn { nonlinearity }, Sizes::draw(draw).argument_dims(1))
    }

    fn domains(&self) -> [Domain; 6] {
        match self.nonlinearity {
            Nonlinearity::Tanh => [Domain::Within(-1.0, 1.0); 6],
            // All sums are positive, away from the kink: `relu` proves what is on its other side.
            Nonlinearity::Relu => [Domain::Within(0.1, 0.4); 6],
        }
    }

    fn run<B: Backend>(&self, args: [Value<B>; 6]) -> Value<B> {
        self.on(args)
    }

    fn definition<B: Backend>(&self, args: [Value<B>; 6]) -> Option<Value<B>> {
        Some(Fused::definition(self, args))
    }

    fn oracle(&self, [x, weight_ih, weight_hh, bias_ih, bias_hh, h]: [&Naive; 6]) -> Naive {
        recurrent::unrolled(x, h, |input, hidden, j| {
            let sum = recurrent::affine(input, weight_ih, bias_ih, j)
                + recurrent::affine(hidden, weight_hh, bias_hh, j);
            match self.nonlinearity {
                Nonlinearity::Tanh => sum.tanh(),
                Nonlinearity::Relu => sum.max(0.0),
            }
        })
    }
}

register!(Rnn);
