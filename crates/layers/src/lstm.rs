//! The long short-term memory layer.

use std::marker::PhantomData;

use rand::Rng;
use tenon_tensor::ops::lstm as ops;
use tenon_tensor::ops::narrow::Narrow;
use tenon_tensor::prelude::{Dyn, U1, U2, U3, U4};
use tenon_tensor::proof::{Domain, Naive, Proof};
use tenon_tensor::shape::{Dim, DimProduct, InFeatures, StaticDim};
use tenon_tensor::{Backend, Cpu, Dims, Fused, Op, Tensor};

use crate::context::Context;
use crate::cost::{Cost, StaticCost};
use crate::init::Init;
use crate::layer::Layer;
use crate::recurrent::{Hidden, Recurrence, Stack, at_step, of_layer, of_layers};

/// Long short-term memory over whole sequences, `L` layers on top of each other.
///
/// For each step, with the four gates in the order i, f, g, o:
/// `(i, f, g, o) = W_ih xₜ + b_ih + W_hh hₜ₋₁ + b_hh`, `cₜ = σ(f) · cₜ₋₁ + σ(i) · tanh(g)`,
/// `hₜ = σ(o) · tanh(cₜ)`. A layer above the first reads the `hₜ` of the one below, in training
/// after [dropout](Self::with_dropout).
///
/// # Shapes
/// `(N, T, In) → (N, T, H)`, the hidden units of the last layer; with
/// [`forward_from`](Self::forward_from) also from and to an [`LstmState`]
///
/// # Parameters
/// Of each layer `k`, all uniform on `±1/√H`:
/// - `weight_ih_lk: (4·H, In)`, or `(4·H, H)` above the first layer
/// - `weight_hh_lk: (4·H, H)`
/// - `bias_ih_lk: (4·H,)` and `bias_hh_lk: (4·H,)`
///
/// # Panics
/// When a sequence is empty.
///
/// # Source
/// Hochreiter and Schmidhuber 1997, with the forget gates of Gers, Schmidhuber and Cummins 2000;
/// names, layout and initial distribution are those of PyTorch's `nn.LSTM`.
///
/// # Differences
/// PyTorch has the batch second unless it is told `batch_first`.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// let lstm: Lstm<U3, U8, U2> = Init::init(&mut SeededRng::new(0));
/// let x: Tensor<(U4, U5, U3)> = Tensor::ones();
/// let mut ctx = Context::eval();
/// let y: Tensor<(U4, U5, U8)> = lstm.forward(x.clone(), &mut ctx);
///
/// // In two stretches, the second of which goes on where the first ended.
/// let (_, state) = lstm.forward_from(x.narrow::<1, U0, U2>(), LstmState::zeros(U4::new()), &mut ctx);
/// let (end, _) = lstm.forward_from(x.narrow::<1, U2, U3>(), state, &mut ctx);
/// assert!((end.to_vec()[16] - y.to_vec()[32]).abs() < 1e-6);
/// ```
#[derive(Clone, Debug, tenon_derive::Module)]
pub struct Lstm<In: StaticDim, H: Hidden, L: StaticDim = U1> {
    #[module(flatten)]
    layers: Stack<In, H, DimProduct<H, U4>>,
    #[module(skip)]
    n_layers: PhantomData<L>,
}

/// Where `N` sequences have come to in each of `L` layers.
///
/// PyTorch's pair of `h_n` and `c_n`.
#[derive(Debug)]
pub struct LstmState<N: Dim, H: Dim, L: Dim, B: Backend = Cpu<f32>> {
    /// What the layers said last.
    pub hidden: Tensor<(L, N, H), B>,
    /// What they remember.
    pub cell: Tensor<(L, N, H), B>,
}

impl<N: Dim, H: Dim, L: Dim, B: Backend> Clone for LstmState<N, H, L, B> {
    fn clone(&self) -> Self {
        LstmState { hidden: self.hidden.clone(), cell: self.cell.clone() }
    }
}

impl<N: Dim, H: StaticDim, L: StaticDim, B: Backend> LstmState<N, H, L, B> {
    /// The state at the beginning of `n` sequences.
    pub fn zeros(n: N) -> Self {
        let zeros = Tensor::full((L::default(), n, H::default()), 0.0);
        LstmState { hidden: zeros.clone(), cell: zeros }
    }
}

impl<N: Dim, H: Dim, L: Dim, B: Backend> LstmState<N, H, L, B> {
    /// The same numbers, untracked: derivatives end here.
    pub fn detach(&self) -> LstmState<N, H, L, Cpu<B::Elem>> {
        LstmState { hidden: self.hidden.detach(), cell: self.cell.detach() }
    }

    /// The same numbers as constants of another backend with the same elements.
    pub fn lift<C: Backend<Elem = B::Elem>>(&self) -> LstmState<N, H, L, C> {
        LstmState { hidden: self.hidden.lift(), cell: self.cell.lift() }
    }
}

impl<In: StaticDim, H: Hidden, L: StaticDim> Init for Lstm<In, H, L> {
    fn init(rng: &mut impl Rng) -> Self {
        Lstm { layers: Stack::init(rng, L::N), n_layers: PhantomData }
    }
}

impl<In: StaticDim, H: Hidden, L: StaticDim> Lstm<In, H, L> {
    /// With dropout between each layer and the next.
    ///
    /// # Panics
    /// When `p` is not in `[0, 1)`.
    pub fn with_dropout(self, p: f64) -> Self {
        Lstm { layers: self.layers.with_dropout(p), ..self }
    }

    /// Goes through sequences that go on where others ended: the hidden units of the last layer,
    /// and the state at the end.
    ///
    /// # Panics
    /// When a sequence is empty, or the state is of another number of sequences.
    pub fn forward_from<N: Dim, T: Dim, F: InFeatures<In>, B: Backend>(
        &self,
        x: Tensor<(N, T, F), B>,
        state: LstmState<N, H, L, B>,
        ctx: &mut Context<B>,
    ) -> (Tensor<(N, T, H), B>, LstmState<N, H, L, B>) {
        let (n, t, _) = x.shape();
        let n_states = state.hidden.shape().1;
        assert_eq!(n.size(), n_states.size(), "lstm: sequences of the input and of the state");
        let (before, cell_before) = (state.hidden.into_value(), state.cell.into_value());
        let (mut hidden, mut cells) = (Vec::new(), Vec::new());
        let y = self.layers.forward(x.into_value(), ctx, |i, x, [weight_ih, weight_hh, bias_ih, bias_hh]| {
            let (h, c) = (of_layer(&before, i), of_layer(&cell_before, i));
            let all = ops::Lstm.on([x, weight_ih, weight_hh, bias_ih, bias_hh, h, c]);
            hidden.push(at_step(&all, t.size() - 1));
            cells.push(at_step(&all, t.size()));
            Narrow { axis: 1, start: 0, len: t.size() }.on([all])
        });
        let shape = (L::default(), n, H::default());
        let state = LstmState {
            hidden: Tensor::from_value(shape, of_layers(hidden)),
            cell: Tensor::from_value(shape, of_layers(cells)),
        };
        (Tensor::from_value((n, t, H::default()), y), state)
    }
}

impl<N: Dim, T: Dim, F: Dim, In: StaticDim, H: Hidden, L: StaticDim, B: Backend>
    Layer<Tensor<(N, T, F), B>, B> for Lstm<In, H, L>
where
    F: InFeatures<In>,
{
    type Output = Tensor<(N, T, H), B>;

    fn forward(&self, x: Tensor<(N, T, F), B>, ctx: &mut Context<B>) -> Self::Output {
        let n = x.shape().0;
        self.forward_from(x, LstmState::zeros(n), ctx).0
    }
}

/// Gates, cells and hidden units are kept.
const RECURRENCE: Recurrence =
    Recurrence { gates: 4, elementwise: 9, kept_of_step: 5, kept_of_sequence: 1, other_blocks: 2 };

impl<N, T, F, In, H, L> StaticCost<Tensor<(N, T, F)>> for Lstm<In, H, L>
where
    N: StaticDim,
    T: StaticDim,
    F: StaticDim + InFeatures<In>,
    In: StaticDim,
    H: Hidden,
    L: StaticDim,
{
    const COST: Cost = RECURRENCE.cost::<N, T, In, H, L>();
}

/// What the operation gives from zero states, without the last cells.
fn oracle(x: &Naive, weights: [&Naive; 4], width: usize) -> Naive {
    let [weight_ih, weight_hh, bias_ih, bias_hh] = weights;
    let zeros = Naive::zeros(Dims::new(&[x.dims[0], width]));
    let all = Proof::oracle(&ops::Lstm, [x, weight_ih, weight_hh, bias_ih, bias_hh, &zeros, &zeros]);
    Naive::from_fn(all.dims.with(1, x.dims[1]), |at| all.at(at))
}

crate::prove_layer! {
    LstmProof "Lstm": [Lstm<U3, U2>] on |n| (Dyn(n), U4::new(), U3::new()),
    within Domain::Within(-1.0, 1.0),
    oracle |[x, weight_ih, weight_hh, bias_ih, bias_hh]| oracle(x, [weight_ih, weight_hh, bias_ih, bias_hh], 2)

    DeepLstmProof "Lstm of two layers": [Lstm<U3, U2, U2>] on |n| (Dyn(n), U2::new(), U3::new()),
    within Domain::Within(-1.0, 1.0),
    oracle |[x, a_ih, a_hh, a_bias_ih, a_bias_hh, b_ih, b_hh, b_bias_ih, b_bias_hh]| {
        let below = oracle(x, [a_ih, a_hh, a_bias_ih, a_bias_hh], 2);
        oracle(&below, [b_ih, b_hh, b_bias_ih, b_bias_hh], 2)
    }
}
