//! The layer of gated recurrent units.

use std::marker::PhantomData;

use rand::Rng;
use tenon_tensor::ops::gru as ops;
use tenon_tensor::prelude::{Dyn, U1, U2, U3, U4};
use tenon_tensor::proof::{Domain, Naive, Proof};
use tenon_tensor::shape::{Dim, DimProduct, InFeatures, StaticDim};
use tenon_tensor::{Backend, Dims, Tensor};

use crate::context::Context;
use crate::cost::{Cost, StaticCost};
use crate::init::Init;
use crate::layer::Layer;
use crate::recurrent::{Hidden, Recurrence, Stack};

/// Gated recurrent units over whole sequences, `L` layers on top of each other.
///
/// For each step, with a third of the rows of the products `W_ih xₜ + b_ih` and `W_hh hₜ₋₁ + b_hh`
/// for each gate, in the order r, z, n: `r = σ(xᵣ + hᵣ)`, `z = σ(x_z + h_z)`,
/// `n = tanh(xₙ + r · hₙ)`, `hₜ = (1 − z) · n + z · hₜ₋₁`. A layer above the first reads the `hₜ` of
/// the one below, in training after [dropout](Self::with_dropout).
///
/// # Shapes
/// `(N, T, In) → (N, T, H)`, the hidden units of the last layer; with
/// [`forward_from`](Self::forward_from) also from and to a state `(L, N, H)`
///
/// # Parameters
/// Of each layer `k`, all uniform on `±1/√H`:
/// - `weight_ih_lk: (3·H, In)`, or `(3·H, H)` above the first layer
/// - `weight_hh_lk: (3·H, H)`
/// - `bias_ih_lk: (3·H,)` and `bias_hh_lk: (3·H,)`
///
/// # Panics
/// When a sequence is empty.
///
/// # Source
/// Cho et al. 2014, "Learning phrase representations using RNN encoder–decoder"; names, layout,
/// initial distribution, and the place of r are those of PyTorch's `nn.GRU`.
///
/// # Differences
/// PyTorch has the batch second unless it is told `batch_first`.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// let gru: Gru<U3, U8, U2> = Init::init(&mut SeededRng::new(0));
/// let x: Tensor<(U4, U5, U3)> = Tensor::ones();
/// let y: Tensor<(U4, U5, U8)> = gru.forward(x, &mut Context::eval());
/// ```
#[derive(Clone, Debug, tenon_derive::Module)]
pub struct Gru<In: StaticDim, H: Hidden, L: StaticDim = U1> {
    #[module(flatten)]
    layers: Stack<In, H, DimProduct<H, U3>>,
    #[module(skip)]
    n_layers: PhantomData<L>,
}

impl<In: StaticDim, H: Hidden, L: StaticDim> Init for Gru<In, H, L> {
    fn init(rng: &mut impl Rng) -> Self {
        Gru { layers: Stack::init(rng, L::N), n_layers: PhantomData }
    }
}

impl<In: StaticDim, H: Hidden, L: StaticDim> Gru<In, H, L> {
    /// With dropout between each layer and the next.
    ///
    /// # Panics
    /// When `p` is not in `[0, 1)`.
    pub fn with_dropout(self, p: f64) -> Self {
        Gru { layers: self.layers.with_dropout(p), ..self }
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
        self.layers.forward_from(ops::Gru, x, hidden, ctx)
    }
}

impl<N: Dim, T: Dim, F: Dim, In: StaticDim, H: Hidden, L: StaticDim, B: Backend>
    Layer<Tensor<(N, T, F), B>, B> for Gru<In, H, L>
where
    F: InFeatures<In>,
{
    type Output = Tensor<(N, T, H), B>;

    fn forward(&self, x: Tensor<(N, T, F), B>, ctx: &mut Context<B>) -> Self::Output {
        let zeros = Tensor::full((L::default(), x.shape().0, H::default()), 0.0);
        self.forward_from(x, zeros, ctx).0
    }
}

/// Gates, their products with the hidden units, and these are kept.
const RECURRENCE: Recurrence =
    Recurrence { gates: 3, elementwise: 7, kept_of_step: 6, kept_of_sequence: 0, other_blocks: 1 };

impl<N, T, F, In, H, L> StaticCost<Tensor<(N, T, F)>> for Gru<In, H, L>
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

/// What the operation gives from a zero state.
fn oracle(x: &Naive, [weight_ih, weight_hh, bias_ih, bias_hh]: [&Naive; 4]) -> Naive {
    let zeros = Naive::zeros(Dims::new(&[x.dims[0], weight_hh.dims[1]]));
    Proof::oracle(&ops::Gru, [x, weight_ih, weight_hh, bias_ih, bias_hh, &zeros])
}

crate::prove_layer! {
    GruProof "Gru": [Gru<U3, U2>] on |n| (Dyn(n), U4::new(), U3::new()),
    within Domain::Within(-1.0, 1.0),
    oracle |[x, weight_ih, weight_hh, bias_ih, bias_hh]| oracle(x, [weight_ih, weight_hh, bias_ih, bias_hh])

    DeepGruProof "Gru of two layers": [Gru<U3, U2, U2>] on |n| (Dyn(n), U2::new(), U3::new()),
    within Domain::Within(-1.0, 1.0),
    oracle |[x, a_ih, a_hh, a_bias_ih, a_bias_hh, b_ih, b_hh, b_bias_ih, b_bias_hh]| {
        let below = oracle(x, [a_ih, a_hh, a_bias_ih, a_bias_hh]);
        oracle(&below, [b_ih, b_hh, b_bias_ih, b_bias_hh])
    }
}
