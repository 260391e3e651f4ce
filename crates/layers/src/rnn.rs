//! The plain recurrent layer.

use std::marker::PhantomData;

use rand::Rng;
use tenon_tensor::ops::rnn::{self as ops, Nonlinearity};
use tenon_tensor::prelude::{Dyn, U1, U2, U3, U4};
use tenon_tensor::proof::{Domain, Naive, Proof};
use tenon_tensor::shape::{Dim, InFeatures, StaticDim};
use tenon_tensor::{Backend, Dims, Tensor};

use crate::context::Context;
use crate::cost::{Cost, StaticCost};
use crate::init::Init;
use crate::layer::Layer;
use crate::recurrent::{Recurrence, Stack};

/// A plain recurrent layer over whole sequences, `L` layers on top of each other.
///
/// For each step `hₜ = tanh(W_ih xₜ + b_ih + W_hh hₜ₋₁ + b_hh)`, or ReLU instead of tanh
/// ([`with_nonlinearity`](Self::with_nonlinearity)). A layer above the first reads the `hₜ` of the
/// one below, in training after [dropout](Self::with_dropout).
///
/// # Shapes
/// `(N, T, In) → (N, T, H)`, the hidden units of the last layer; with
/// [`forward_from`](Self::forward_from) also from and to a state `(L, N, H)`
///
/// # Parameters
/// Of each layer `k`, all uniform on `±1/√H`:
/// - `weight_ih_lk: (H, In)`, or `(H, H)` above the first layer
/// - `weight_hh_lk: (H, H)`
/// - `bias_ih_lk: (H,)` and `bias_hh_lk: (H,)`
///
/// # Panics
/// When a sequence is empty.
///
/// # Source
/// Elman 1990, "Finding structure in time"; names, layout and initial distribution are those of
/// PyTorch's `nn.RNN`.
///
/// # Differences
/// PyTorch has the batch second unless it is told `batch_first`.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// let rnn: Rnn<U3, U8> = Init::init(&mut SeededRng::new(0));
/// let x: Tensor<(U4, U5, U3)> = Tensor::ones();
/// let y: Tensor<(U4, U5, U8)> = rnn.forward(x, &mut Context::eval());
/// ```
#[derive(Clone, Debug, tenon_derive::Module)]
pub struct Rnn<In: StaticDim, H: StaticDim, L: StaticDim = U1> {
    #[module(flatten)]
    layers: Stack<In, H, H>,
    #[module(skip)]
    nonlinearity: Nonlinearity,
    #[module(skip)]
    n_layers: PhantomData<L>,
}

impl<In: StaticDim, H: StaticDim, L: StaticDim> Init for Rnn<In, H, L> {
    fn init(rng: &mut impl Rng) -> Self {
        Rnn { layers: Stack::init(rng, L::N), nonlinearity: Nonlinearity::default(), n_layers: PhantomData }
    }
}

impl<In: StaticDim, H: StaticDim, L: StaticDim> Rnn<In, H, L> {
    /// With another function of the sums.
    pub fn with_nonlinearity(self, nonlinearity: Nonlinearity) -> Self {
        Rnn { nonlinearity, ..self }
    }

    /// With dropout between each layer and the next.
    ///
    /// # Panics
    /// When `p` is not in `[0, 1)`.
    pub fn with_dropout(self, p: f64) -> Self {
        Rnn { layers: self.layers.with_dropout(p), ..self }
    }

    /// Goes through sequences that go on where others ended: the hidden units of the last layer,
    /// and those of all layers at the end.
    ///
    /// # Panics
    /// When a sequence is empty, or the state is of another number of sequences.
    pub fn forward_from<N: Dim, T: Dim, F: InFeatures<In>, B: Backend>(
        &self,
        x: Tensor<(N, T, F), B>,
        hidden: Tensor<(L, N, H), B>,
        ctx: &mut Context<B>,
    ) -> (Tensor<(N, T, H), B>, Tensor<(L, N, H), B>) {
        self.layers.forward_from(ops::Rnn { nonlinearity: self.nonlinearity }, x, hidden, ctx)
    }
}

impl<N: Dim, T: Dim, F: Dim, In: StaticDim, H: StaticDim, L: StaticDim, B: Backend>
    Layer<Tensor<(N, T, F), B>, B> for Rnn<In, H, L>
where
    F: InFeatures<In>,
{
    type Output = Tensor<(N, T, H), B>;

    fn forward(&self, x: Tensor<(N, T, F), B>, ctx: &mut Context<B>) -> Self::Output {
        let zeros = Tensor::full((L::default(), x.shape().0, H::default()), 0.0);
        self.forward_from(x, zeros, ctx).0
    }
}

/// The hidden units are kept.
const RECURRENCE: Recurrence =
    Recurrence { gates: 1, elementwise: 1, kept_of_step: 0, kept_of_sequence: 0, other_blocks: 1 };

impl<N, T, F, In, H, L> StaticCost<Tensor<(N, T, F)>> for Rnn<In, H, L>
where
    N: StaticDim,
    T: StaticDim,
    F: StaticDim + InFeatures<In>,
    In: StaticDim,
    H: StaticDim,
    L: StaticDim,
{
    const COST: Cost = RECURRENCE.cost::<N, T, In, H, L>();
}

/// What the operation gives from a zero state.
fn oracle(x: &Naive, [weight_ih, weight_hh, bias_ih, bias_hh]: [&Naive; 4]) -> Naive {
    let zeros = Naive::zeros(Dims::new(&[x.dims[0], weight_hh.dims[1]]));
    let op = ops::Rnn { nonlinearity: Nonlinearity::Tanh };
    Proof::oracle(&op, [x, weight_ih, weight_hh, bias_ih, bias_hh, &zeros])
}

crate::prove_layer! {
    RnnProof "Rnn": [Rnn<U3, U2>] on |n| (Dyn(n), U4::new(), U3::new()),
    within Domain::Within(-1.0, 1.0),
    oracle |[x, weight_ih, weight_hh, bias_ih, bias_hh]| oracle(x, [weight_ih, weight_hh, bias_ih, bias_hh])
}
