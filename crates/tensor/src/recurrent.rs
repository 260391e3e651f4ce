//! What the recurrent operations have in common.
//!
//! Inside, time is the first axis: the arrays of a step are then contiguous, and the hidden units
//! before all steps are the first rows of an array whose last rows are those after. What comes in
//! and goes out has the batch first, which costs nothing where one layer follows another.

use std::ops::Range;

use tenon_kernels::elementwise;
use tenon_kernels::gemm::{self, Bias, Epilogue, MatMut, MatRef, Packed};

use crate::ops::concat::Concat;
use crate::ops::matmul::MatMul;
use crate::ops::narrow::Narrow;
use crate::ops::sum::sum_axis;
use crate::proof::{Draw, Naive};
use crate::{Array, Backend, Dims, Element, Op, Value};

/// The sizes of a recurrent layer at work.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) batch: usize,
    pub(crate) steps: usize,
    pub(crate) input: usize,
    pub(crate) hidden: usize,
}

impl Sizes {
    /// From the dims of `x: (N, T, In)` and of `weight_hh: (G·H, H)`.
    ///
    /// # Panics
    /// When there are no steps: there would be no hidden units to give.
    pub(crate) fn of(x: Dims, weight_hh: Dims) -> Self {
        let [batch, steps, input] = [x[0], x[1], x[2]];
        assert!(steps > 0, "a recurrent layer needs a sequence of at least one step, found {x:?}");
        Sizes { batch, steps, input, hidden: weight_hh[1] }
    }

    /// The hidden units of all sequences at one step.
    pub(crate) fn of_step(&self) -> usize {
        self.batch * self.hidden
    }

    /// The hidden units of one step as a matrix.
    pub(crate) fn matrix<'a, E: Element>(&self, units: &'a [E]) -> MatRef<'a, E> {
        MatRef::row_major(units, self.batch, self.hidden)
    }

    /// As [`matrix`](Self::matrix), to be written.
    pub(crate) fn matrix_mut<'a, E: Element>(&self, units: &'a mut [E]) -> MatMut<'a, E> {
        MatMut::row_major(units, self.batch, self.hidden)
    }

    /// The arithmetic of a layer with `n_gates`: both products with their biases, added, and
    /// `elementwise` operations for each hidden unit of a step.
    pub(crate) fn flops(&self, n_gates: usize, elementwise: usize) -> u64 {
        let of_gate = 2 * (self.input + self.hidden) + 2;
        (self.steps * self.of_step() * (n_gates * of_gate + elementwise)) as u64
    }

    /// Draws them, for proofs.
    pub(crate) fn draw(draw: &mut Draw<'_>) -> Self {
        Sizes { batch: draw.size(), steps: draw.size(), input: draw.size(), hidden: draw.size() }
    }

    /// The dims of `x`, both weights, both biases and the hidden units before, with `n` gates.
    pub(crate) fn argument_dims(&self, n: usize) -> [Dims; 6] {
        let gates = n * self.hidden;
        [
            Dims::new(&[self.batch, self.steps, self.input]),
            Dims::new(&[gates, self.input]),
            Dims::new(&[gates, self.hidden]),
            Dims::new(&[gates]),
            Dims::new(&[gates]),
            Dims::new(&[self.batch, self.hidden]),
        ]
    }
}

/// `(N, T, F)` seen with time first, as rows `(T·N, F)` that lie one after the other.
pub(crate) fn time_major_rows<E: Element>(x: &Array<E>) -> Array<E> {
    let [n, t, width] = [x.dims()[0], x.dims()[1], x.dims()[2]];
    x.permuted(&[1, 0, 2]).contiguous().reshaped(Dims::new(&[t * n, width]))
}

/// Rows `(T·N, F)` seen as `(N, T, F)`.
pub(crate) fn batch_first<E: Element>(rows: Array<E>, sizes: Sizes) -> Array<E> {
    let width = rows.dims()[1];
    rows.reshaped(Dims::new(&[sizes.steps, sizes.batch, width])).permuted(&[1, 0, 2])
}

/// Rows of the gates of all steps, laid as products read them best.
#[derive(Clone, Copy)]
pub(crate) struct GateRows {
    sizes: Sizes,
    /// How many numbers are in a row, …
    width: usize,
    /// … and how far rows are apart.
    pub(crate) pitch: usize,
}

impl GateRows {
    pub(crate) fn of<E: Element>(sizes: Sizes, n_gates: usize) -> Self {
        let width = n_gates * sizes.hidden;
        GateRows { sizes, width, pitch: gemm::row_pitch::<E>(width) }
    }

    /// Where the rows of a step lie.
    pub(crate) fn of_step(&self, t: usize) -> Range<usize> {
        let len = self.sizes.batch * self.pitch;
        t * len..(t + 1) * len
    }

    /// An array of such rows.
    pub(crate) fn write<E: Element>(&self, fill: impl FnOnce(&mut [E])) -> Array<E> {
        Array::write(Dims::new(&[self.sizes.steps * self.sizes.batch, self.pitch]), fill)
    }

    /// The rows of one step as a matrix.
    pub(crate) fn matrix<'a, E: Element>(&self, rows: &'a [E]) -> MatRef<'a, E> {
        MatRef::new(rows, 0, [self.sizes.batch, self.width], [self.pitch as isize, 1])
    }

    /// As [`matrix`](Self::matrix), to be written.
    pub(crate) fn matrix_mut<'a, E: Element>(&self, rows: &'a mut [E]) -> MatMut<'a, E> {
        MatMut::new(rows, self.sizes.batch, self.width, self.pitch)
    }

    /// The gates in an array of such rows.
    pub(crate) fn gates<E: Element>(&self, rows: &Array<E>) -> Array<E> {
        rows.narrowed(1, 0, self.width)
    }

    /// The cotangent of a bias, from an array of the rows' cotangents.
    pub(crate) fn bias_cotangent<E: Element>(&self, rows: &Array<E>) -> Array<E> {
        bias_cotangent(rows).narrowed(0, 0, self.width)
    }
}

/// `x · Wᵀ + b` for the rows of all steps at once, in rows that are `pitch` apart.
pub(crate) fn products<E: Element>(
    rows: &Array<E>,
    weight: &Array<E>,
    bias: &Array<E>,
    pitch: usize,
) -> Array<E> {
    let (n, width) = (rows.dims()[0], weight.dims()[0]);
    let bias = bias.clone().contiguous();
    let bias = Bias::PerColumn(bias.as_slice().expect("contiguous"));
    Array::write(Dims::new(&[n, pitch]), |out| {
        let (rows, weight) = (rows.matrix(), weight.matrix().transposed());
        let out = MatMut::new(out, n, width, pitch);
        gemm::gemm(E::ONE, rows, weight, E::ZERO, out, Epilogue { bias, ..Epilogue::default() });
    })
}

/// `out += rows · weight` for the rows of one step.
pub(crate) fn add_product<E: Element>(rows: MatRef<'_, E>, weight: Packed<'_, E>, out: MatMut<'_, E>) {
    weight.gemm(E::ONE, rows, E::ONE, out, Epilogue::default());
}

/// The hidden units before the first step, with room for those after each of `n_blocks` steps.
pub(crate) fn hidden_units<E: Element>(before: &Array<E>, n_blocks: usize) -> Array<E> {
    let [batch, hidden] = [before.dims()[0], before.dims()[1]];
    Array::write(Dims::new(&[(n_blocks + 1) * batch, hidden]), |out| {
        elementwise::copy(before.view(), &mut out[..batch * hidden]);
    })
}

/// The cotangents of hidden units: zeros for those before the first step, then `dy: (N, T, H)`.
pub(crate) fn hidden_cotangents<E: Element>(dy: &Array<E>) -> Array<E> {
    let [batch, steps, hidden] = [dy.dims()[0], dy.dims()[1], dy.dims()[2]];
    Array::write(Dims::new(&[(steps + 1) * batch, hidden]), |out| {
        let (before, after) = out.split_at_mut(batch * hidden);
        before.fill(E::ZERO);
        elementwise::copy(dy.permuted(&[1, 0, 2]).view(), after);
    })
}

/// The cotangent of a weight whose products with `inputs` have the cotangents `douts`.
pub(crate) fn weight_cotangent<E: Element>(douts: &Array<E>, inputs: &Array<E>) -> Array<E> {
    MatMul.forward([douts.permuted(&[1, 0]), inputs.clone()])
}

/// The cotangent of a bias.
pub(crate) fn bias_cotangent<E: Element>(douts: &Array<E>) -> Array<E> {
    sum_axis(douts.clone(), 0)
}

/// Step `t` of `x: (N, T, F)`, for definitions.
pub(crate) fn step<B: Backend>(x: &Value<B>, t: usize) -> Value<B> {
    let dims = x.dims();
    Narrow { axis: 1, start: t, len: 1 }.on([x.clone()]).reshaped(dims.without(1))
}

/// Gate number `i` of rows of gates, for definitions.
pub(crate) fn gate<B: Backend>(gates: &Value<B>, i: usize, hidden: usize) -> Value<B> {
    Narrow { axis: 1, start: i * hidden, len: hidden }.on([gates.clone()])
}

/// Rows `(N, H)` of consecutive steps as `(N, T, H)`, for definitions.
pub(crate) fn along_time<B: Backend>(steps: Vec<Value<B>>) -> Value<B> {
    let steps = steps.into_iter().map(|rows| {
        let dims = rows.dims().inserted(1, 1);
        rows.reshaped(dims)
    });
    steps.reduce(|before, step| Concat { axis: 1 }.on([before, step])).expect("there is a step")
}

/// `Σₖ x[row, k] w[out, k] + b[out]`, for oracles.
pub(crate) fn affine(x: &[f64], weight: &Naive, bias: &Naive, out: usize) -> f64 {
    x.iter().enumerate().map(|(k, x)| x * weight.at(&[out, k])).sum::<f64>() + bias.at(&[out])
}

/// A row of `x: (N, T, F)`, for oracles.
pub(crate) fn row(x: &Naive, n: usize, t: usize) -> Vec<f64> {
    (0..x.dims[2]).map(|k| x.at(&[n, t, k])).collect()
}

/// The hidden units `(N, T, H)` of a recurrence from `h: (N, H)`, where `unit(xₜ, hₜ₋₁, j)` is the
/// next unit `j`, for oracles.
pub(crate) fn unrolled(x: &Naive, h: &Naive, unit: impl Fn(&[f64], &[f64], usize) -> f64) -> Naive {
    let (n_steps, width) = (x.dims[1], h.dims[1]);
    let mut y = Naive::zeros(Dims::new(&[x.dims[0], n_steps, width]));
    for n in 0..x.dims[0] {
        let mut hidden: Vec<f64> = (0..width).map(|j| h.at(&[n, j])).collect();
        for t in 0..n_steps {
            let input = row(x, n, t);
            hidden = (0..width).map(|j| unit(&input, &hidden, j)).collect();
            (0..width).for_each(|j| *y.at_mut(&[n, t, j]) = hidden[j]);
        }
    }
    y
}
