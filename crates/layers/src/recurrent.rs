//! What recurrent layers have in common: their weights, and how they are stacked.

use std::fmt;

use rand::Rng;
use tenon_tensor::ops::concat::Concat;
use tenon_tensor::ops::dropout::dropout;
use tenon_tensor::ops::narrow::Narrow;
use tenon_tensor::prelude::{Dim, U3, U4};
use tenon_tensor::shape::{DimMul, StaticDim};
use tenon_tensor::{Backend, Fused, Op, Tensor, Value};

use crate::context::{Context, Mode};
use crate::cost::{Cost, NUMBER, Operation};
use crate::init;
use crate::module::{Module, Path, Visitor, VisitorMut};
use crate::param::Param;

/// The size of the hidden units of a recurrent layer: any static size, whose products with the
/// number of gates the compiler knows.
pub trait Hidden:
    StaticDim + DimMul<U3, Output: StaticDim> + DimMul<U4, Output: StaticDim> + Send + Sync
{
}

impl<D> Hidden for D where
    D: StaticDim + DimMul<U3, Output: StaticDim> + DimMul<U4, Output: StaticDim> + Send + Sync
{
}

/// The parameters of one layer of a stack, under PyTorch's names: `Gates` is the number of gates
/// times the hidden units.
#[derive(Clone)]
pub(crate) struct RecurrentWeights<In: StaticDim, H: StaticDim, Gates: StaticDim> {
    /// From the input to the gates: `weight_ih_l0`, `weight_ih_l1`, …
    weight_ih: Param<(Gates, In)>,
    /// From the hidden units to the gates: `weight_hh_l0`, …
    weight_hh: Param<(Gates, H)>,
    /// Added to the product with the input: `bias_ih_l0`, …
    bias_ih: Param<(Gates,)>,
    /// Added to the product with the hidden units: `bias_hh_l0`, …
    bias_hh: Param<(Gates,)>,
}

impl<In: StaticDim, H: StaticDim, Gates: StaticDim> RecurrentWeights<In, H, Gates> {
    /// All uniform on `±1/√H`, as in PyTorch.
    pub(crate) fn init(rng: &mut impl Rng) -> Self {
        RecurrentWeights {
            weight_ih: init::torch_default(rng, H::N),
            weight_hh: init::torch_default(rng, H::N),
            bias_ih: init::torch_default(rng, H::N),
            bias_hh: init::torch_default(rng, H::N),
        }
    }

    /// The parameters as values, in the order of the operations' arguments.
    pub(crate) fn values<B: Backend>(&self, ctx: &mut Context<B>) -> [Value<B>; 4] {
        [
            ctx.param(&self.weight_ih).into_value(),
            ctx.param(&self.weight_hh).into_value(),
            ctx.param(&self.bias_ih).into_value(),
            ctx.param(&self.bias_hh).into_value(),
        ]
    }

    pub(crate) fn visit(&self, layer: usize, path: &mut Path, visitor: &mut dyn Visitor) {
        path.enter(&format!("weight_ih_l{layer}"), |path| self.weight_ih.visit(path, visitor));
        path.enter(&format!("weight_hh_l{layer}"), |path| self.weight_hh.visit(path, visitor));
        path.enter(&format!("bias_ih_l{layer}"), |path| self.bias_ih.visit(path, visitor));
        path.enter(&format!("bias_hh_l{layer}"), |path| self.bias_hh.visit(path, visitor));
    }

    pub(crate) fn visit_mut(&mut self, layer: usize, path: &mut Path, visitor: &mut dyn VisitorMut) {
        path.enter(&format!("weight_ih_l{layer}"), |path| self.weight_ih.visit_mut(path, visitor));
        path.enter(&format!("weight_hh_l{layer}"), |path| self.weight_hh.visit_mut(path, visitor));
        path.enter(&format!("bias_ih_l{layer}"), |path| self.bias_ih.visit_mut(path, visitor));
        path.enter(&format!("bias_hh_l{layer}"), |path| self.bias_hh.visit_mut(path, visitor));
    }
}

/// The layers of a stack: the first reads the input, each other one the hidden units below it.
#[derive(Clone)]
pub(crate) struct Stack<In: StaticDim, H: StaticDim, Gates: StaticDim> {
    first: RecurrentWeights<In, H, Gates>,
    others: Vec<RecurrentWeights<H, H, Gates>>,
    /// The probability with which dropout between two layers drops.
    dropout: f64,
}

impl<In: StaticDim, H: StaticDim, Gates: StaticDim> Stack<In, H, Gates> {
    /// # Panics
    /// When there are no layers.
    pub(crate) fn init(rng: &mut impl Rng, n_layers: usize) -> Self {
        assert!(n_layers > 0, "a recurrent layer has at least one layer");
        let first = RecurrentWeights::init(rng);
        Stack { first, others: (1..n_layers).map(|_| RecurrentWeights::init(rng)).collect(), dropout: 0.0 }
    }

    /// # Panics
    /// When `p` is not in `[0, 1)`.
    pub(crate) fn with_dropout(self, p: f64) -> Self {
        assert!((0.0..1.0).contains(&p), "the probability of dropping, {p}, is not in [0, 1)");
        Stack { dropout: p, ..self }
    }

    /// Runs layers whose state is their hidden units: those of the last layer at all steps, and
    /// those of all layers at the end.
    ///
    /// # Panics
    /// When a sequence is empty, or the state is of another number of sequences.
    pub(crate) fn forward_from<N: Dim, T: Dim, F: Dim, L: StaticDim, B: Backend, O: Fused<6>>(
        &self,
        op: O,
        x: Tensor<(N, T, F), B>,
        hidden: Tensor<(L, N, H), B>,
        ctx: &mut Context<B>,
    ) -> (Tensor<(N, T, H), B>, Tensor<(L, N, H), B>) {
        let (n, t, _) = x.shape();
        assert_eq!(n.size(), hidden.shape().1.size(), "{}: sequences of the input and of the state", O::NAME);
        let shape = (L::default(), n, H::default());
        let before = hidden.into_value();
        let mut last = Vec::new();
        let y = self.forward(x.into_value(), ctx, |i, x, [weight_ih, weight_hh, bias_ih, bias_hh]| {
            let h = of_layer(&before, i);
            let y = op.clone().on([x, weight_ih, weight_hh, bias_ih, bias_hh, h]);
            last.push(at_step(&y, t.size() - 1));
            y
        });
        (Tensor::from_value((n, t, H::default()), y), Tensor::from_value(shape, of_layers(last)))
    }

    /// Runs `layer` on each layer's input, index and parameters, from the first to the last.
    pub(crate) fn forward<B: Backend>(
        &self,
        x: Value<B>,
        ctx: &mut Context<B>,
        mut layer: impl FnMut(usize, Value<B>, [Value<B>; 4]) -> Value<B>,
    ) -> Value<B> {
        let weights = self.first.values(ctx);
        let mut x = layer(0, x, weights);
        for (i, weights) in (1..).zip(&self.others) {
            if self.dropout > 0.0 && ctx.mode() == Mode::Train {
                x = dropout(x, self.dropout, ctx.stream());
            }
            let weights = weights.values(ctx);
            x = layer(i, x, weights);
        }
        x
    }
}

// Not derived, since `Gates` is the result of a computation whose `Debug` nobody can promise.
impl<In: StaticDim, H: StaticDim, Gates: StaticDim> fmt::Debug for Stack<In, H, Gates> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (input, hidden) = (In::N, H::N);
        write!(f, "{} layers of {hidden} on {input}, dropout {}", self.others.len() + 1, self.dropout)
    }
}

impl<In: StaticDim, H: StaticDim, Gates: StaticDim> Module for Stack<In, H, Gates> {
    fn visit(&self, path: &mut Path, visitor: &mut dyn Visitor) {
        self.first.visit(0, path, visitor);
        (1..).zip(&self.others).for_each(|(i, weights)| weights.visit(i, path, visitor));
    }

    fn visit_mut(&mut self, path: &mut Path, visitor: &mut dyn VisitorMut) {
        self.first.visit_mut(0, path, visitor);
        (1..).zip(&mut self.others).for_each(|(i, weights)| weights.visit_mut(i, path, visitor));
    }
}

/// What makes one kind of recurrent layer cost more than another.
pub(crate) struct Recurrence {
    /// Gates of each hidden unit, of which each is a sum of two products.
    pub(crate) gates: usize,
    /// Steps of arithmetic for each hidden unit besides.
    pub(crate) elementwise: usize,
    /// Numbers kept for each hidden unit of a step, besides the result.
    pub(crate) kept_of_step: usize,
    /// Numbers kept for each hidden unit of a sequence.
    pub(crate) kept_of_sequence: usize,
    /// Blocks of hidden units in the buffer of the result that are not of a step.
    pub(crate) other_blocks: usize,
}

impl Recurrence {
    /// The cost of `L` layers without dropout between them, on `(N, T, In)`.
    pub(crate) const fn cost<N: StaticDim, T: StaticDim, In: StaticDim, H: StaticDim, L: StaticDim>(
        &self,
    ) -> Cost {
        self.of_layer(N::N, T::N, In::N, H::N).then_times(L::N - 1, self.of_layer(N::N, T::N, H::N, H::N))
    }

    const fn of_layer(&self, batch: usize, steps: usize, input: usize, hidden: usize) -> Cost {
        let of_gate = 2 * (input + hidden) + 2;
        let kept_units = steps * self.kept_of_step + self.kept_of_sequence;
        // One sequence, or one step, lies in the order of time in any case.
        let is_reordered = batch > 1 && steps > 1;
        let in_order_of_time = Operation {
            parameters: self.gates * hidden * (input + hidden + 2),
            flops: (steps * batch * hidden * (self.gates * of_gate + self.elementwise)) as u64,
            input_bytes: batch * steps * input * NUMBER,
            output_bytes: batch * (steps + self.other_blocks) * hidden * NUMBER,
            reads_input: true,
            reads_output: true,
            kept_bytes: batch * kept_units * hidden * NUMBER,
            is_scattered: is_reordered,
        };
        let copied = Operation {
            reads_input: false,
            kept_bytes: in_order_of_time.kept_bytes + in_order_of_time.input_bytes,
            ..in_order_of_time
        };
        let row_major = if is_reordered { copied } else { in_order_of_time };
        Cost::of(row_major).or_where_scattered(Cost::of(in_order_of_time))
    }
}

/// Layer `i` of a state `(L, N, H)`.
pub(crate) fn of_layer<B: Backend>(state: &Value<B>, i: usize) -> Value<B> {
    let dims = state.dims().without(0);
    Narrow { axis: 0, start: i, len: 1 }.on([state.clone()]).reshaped(dims)
}

/// Step `t` of `y: (N, T, H)`.
pub(crate) fn at_step<B: Backend>(y: &Value<B>, t: usize) -> Value<B> {
    let dims = y.dims().without(1);
    Narrow { axis: 1, start: t, len: 1 }.on([y.clone()]).reshaped(dims)
}

/// The states `(N, H)` of all layers as one `(L, N, H)`.
pub(crate) fn of_layers<B: Backend>(states: Vec<Value<B>>) -> Value<B> {
    let states = states.into_iter().map(|state| {
        let dims = state.dims().inserted(0, 1);
        state.reshaped(dims)
    });
    states.reduce(|below, state| Concat { axis: 0 }.on([below, state])).expect("there is a layer")
}
