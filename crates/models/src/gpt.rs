//! GPT: a Transformer that reads a text from left to right and says what comes next.

use std::fmt::Debug;

use rand::Rng;
use tenon_layers::init;
use tenon_layers::prelude::*;
use tenon_layers::tensor::shape::{DimMul, DivExact, Vocabulary};
use tenon_layers::{Cost, StaticCost, cost::Operation, heads_cost};

use crate::conv1d::Conv1D;
use crate::language_model::LanguageModel;

dim! {
    /// The tokens of GPT-2: 256 bytes, 50 000 merges of pairs, and the end of a text.
    pub Gpt2Vocabulary = 50257
}

/// GPT-2 in its smallest published size.
pub type Gpt2 = Gpt<Gpt2Vocabulary, U1024, U768, U12, 12>;

const _: () = assert!(Gpt2::PARAMETERS == 124_439_808);

/// A Transformer that reads a text from left to right, with a learned vector for each place and
/// normalization before each part of a block.
///
/// `Vocab` is its vocabulary, `Length` the longest text, `Width` the size of a token's vector,
/// `Heads` the number of heads that the attention of each of the `LAYERS` blocks has.
///
/// # Shapes
/// `(N, T) tokens of Vocab → (N, T, Vocab)`: scores of the token after each, before softmax
///
/// | layer | output | parameters |
/// | --- | --- | ---: |
/// | `wte`: of tokens | `(N, T, E)` | V·E |
/// | `wpe`: of places | `(T, E)` | L·E |
/// | `h.0`, `h.1`, …: [`Block`] | `(N, T, E)` | 12·E² + 13·E each |
/// | `ln_f` | `(N, T, E)` | 2·E |
/// | `wte` again, or `lm_head` | `(N, T, V)` | 0, or V·E |
///
/// # Source
/// Radford et al. 2019, "Language models are unsupervised multitask learners", section 2.3; names,
/// layout and initial distributions are those of the weights published with it: normal with
/// deviation 0.02, divided by √(2·LAYERS) where a block adds to what it was given.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// use tenon_models::Gpt;
/// let model: Gpt<U65, U32, U48, U6, 2> = Init::init(&mut SeededRng::new(0));
/// let tokens: Ids<(U1, U3), U65> = Ids::try_from_vec(Default::default(), vec![1, 2, 3])?;
/// let scores: Tensor<(U1, U3, U65)> = model.forward(tokens, &mut Context::eval());
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Module)]
pub struct Gpt<Vocab, Length, Width, Heads, const LAYERS: usize>
where
    Vocab: StaticDim,
    Length: StaticDim,
    Width: Multiples + DivExact<Heads>,
    Heads: StaticDim,
{
    /// A vector for each token.
    pub wte: Embedding<Vocab, Width>,
    /// A vector for each place.
    pub wpe: Embedding<Length, Width>,
    /// Acts on the sum of both in training.
    pub drop: Dropout,
    /// The blocks.
    pub h: [Block<Width, Heads>; LAYERS],
    /// The last normalization.
    pub ln_f: LayerNorm<Width>,
    /// Vectors to score tokens with; those of `wte` if there are none.
    pub lm_head: Option<Linear<Width, Vocab>>,
}

/// What attends, and then thinks: each adds to what it is given.
#[derive(Clone, Debug, Module)]
pub struct Block<Width: Multiples + DivExact<Heads>, Heads: StaticDim> {
    /// Before the attention.
    pub ln_1: LayerNorm<Width>,
    /// The attention.
    pub attn: CausalSelfAttention<Width, Heads>,
    /// Before the perceptron.
    pub ln_2: LayerNorm<Width>,
    /// The perceptron.
    pub mlp: FeedForward<Width>,
}

/// Attention to the tokens before, in `Heads` heads.
#[derive(Clone, Debug, Module)]
pub struct CausalSelfAttention<Width: Multiples + DivExact<Heads>, Heads: StaticDim> {
    /// To queries, keys and values, side by side.
    pub c_attn: Conv1D<Width, Width::Threefold>,
    /// From the heads, side by side.
    pub c_proj: Conv1D<Width, Width>,
    /// Acts on what is attended to and on the result, in training.
    pub dropout: Dropout,
    /// How many heads there are.
    #[module(skip)]
    pub heads: Heads,
}

/// A perceptron whose hidden layer is four times as wide.
#[derive(Clone, Debug, Module)]
pub struct FeedForward<Width: Multiples> {
    /// To the hidden layer, before GELU in its form by a hyperbolic tangent.
    pub c_fc: Conv1D<Width, Width::Fourfold>,
    /// From the hidden layer.
    pub c_proj: Conv1D<Width::Fourfold, Width>,
    /// Acts on the result in training.
    pub dropout: Dropout,
}

/// A width of vectors whose multiples are numbers too, as those of every number are.
pub trait Multiples: StaticDim {
    /// Three times the width.
    type Threefold: StaticDim + Debug;
    /// Four times the width.
    type Fourfold: StaticDim + Debug;
}

impl<Width> Multiples for Width
where
    Width: StaticDim + DimMul<U3, Output: StaticDim + Debug> + DimMul<U4, Output: StaticDim + Debug>,
{
    type Threefold = <Width as DimMul<U3>>::Output;
    type Fourfold = <Width as DimMul<U4>>::Output;
}

impl<Vocab, Length, Width, Heads, const LAYERS: usize> Gpt<Vocab, Length, Width, Heads, LAYERS>
where
    Vocab: StaticDim,
    Length: StaticDim,
    Width: Multiples + DivExact<Heads>,
    Heads: StaticDim,
{
    /// How many numbers are learned where the scores come from `wte`.
    pub const PARAMETERS: usize =
        (Vocab::N + Length::N + 2) * Width::N + LAYERS * (12 * Width::N + 13) * Width::N;

    /// A model with fresh parameters and this probability of dropout in training, whose scores come
    /// from `wte`.
    pub fn new(rng: &mut impl Rng, dropout: f64) -> Self {
        Gpt {
            wte: Embedding::new(init::normal(rng, 0.0, DEVIATION)),
            wpe: Embedding::new(init::normal(rng, 0.0, DEVIATION)),
            drop: Dropout::new(dropout),
            h: std::array::from_fn(|_| Block::new(rng, dropout, LAYERS)),
            ln_f: Init::init(rng),
            lm_head: None,
        }
    }

    /// The model with vectors of their own to score tokens with.
    pub fn untied(self, rng: &mut impl Rng) -> Self {
        Gpt { lm_head: Some(Linear { weight: init::normal(rng, 0.0, DEVIATION), bias: None }), ..self }
    }

    /// The scores for tokens that follow those in the caches of the blocks.
    ///
    /// # Panics
    /// When the text with these tokens is longer than `Length`.
    pub fn scores_after<N: Dim, T: Dim, V: Dim + Vocabulary<Vocab>, B: Backend>(
        &self,
        tokens: &Ids<(N, T), V>,
        caches: Option<&mut [KvCache<Width, B>; LAYERS]>,
        ctx: &mut Context<B>,
    ) -> Tensor<(N, T, Vocab), B> {
        let start = caches.as_ref().and_then(|caches| caches.first()).map_or(0, KvCache::len);
        let end = start + tokens.shape().1.size();
        assert!(end <= Length::N, "a text of {end} tokens is longer than {}", Length::N);
        let places: Result<Ids<_, Length>, _> =
            Ids::try_from_vec((tokens.shape().1,), (start as u32..end as u32).collect());
        let places = self.wpe.forward(places.expect("no longer than `Length`"), ctx);
        let tokens = self.wte.forward(tokens.clone(), ctx);
        let (shape, places) = (tokens.shape(), places.into_value());
        let places = places.expanded(tokens.value().dims());
        let mut x = self.drop.forward(Tensor::from_value(shape, tokens.into_value() + places), ctx);

        let mut caches = caches.map(|caches| caches.iter_mut());
        for block in &self.h {
            x = block.forward(x, caches.as_mut().and_then(Iterator::next), ctx);
        }
        let x = self.ln_f.forward(x, ctx);
        match &self.lm_head {
            Some(head) => head.forward(x, ctx),
            None => x.linear_without_bias(&ctx.param(&self.wte.weight)),
        }
    }
}

/// The deviation of initial weights.
const DEVIATION: f64 = 0.02;

impl<Width: Multiples + DivExact<Heads>, Heads: StaticDim> Block<Width, Heads> {
    fn new(rng: &mut impl Rng, dropout: f64, n_layers: usize) -> Self {
        // What all blocks add then has the size of what one would.
        let residual = DEVIATION / (2.0 * n_layers as f64).sqrt();
        let dropout = Dropout::new(dropout);
        Block {
            ln_1: Init::init(rng),
            attn: CausalSelfAttention {
                c_attn: Conv1D::normal(rng, DEVIATION),
                c_proj: Conv1D::normal(rng, residual),
                dropout: dropout.clone(),
                heads: Heads::default(),
            },
            ln_2: Init::init(rng),
            mlp: FeedForward {
                c_fc: Conv1D::normal(rng, DEVIATION),
                c_proj: Conv1D::normal(rng, residual),
                dropout,
            },
        }
    }

    fn forward<N: Dim, T: Dim, B: Backend>(
        &self,
        x: Tensor<(N, T, Width), B>,
        cache: Option<&mut KvCache<Width, B>>,
        ctx: &mut Context<B>,
    ) -> Tensor<(N, T, Width), B> {
        let seen = self.ln_1.forward(x.clone(), ctx);
        let x = x + self.attn.forward(seen, cache, ctx);
        let thought = self.ln_2.forward(x.clone(), ctx);
        x + self.mlp.forward(thought, ctx)
    }
}

impl<Width: Multiples + DivExact<Heads>, Heads: StaticDim> CausalSelfAttention<Width, Heads> {
    fn forward<N: Dim, T: Dim, B: Backend>(
        &self,
        x: Tensor<(N, T, Width), B>,
        cache: Option<&mut KvCache<Width, B>>,
        ctx: &mut Context<B>,
    ) -> Tensor<(N, T, Width), B> {
        let [queries, keys, values]: [Tensor<_, B>; 3] =
            [0, 1, 2].map(|part| self.c_attn.part::<Width, _, B>(part, &x, ctx));
        let causal = Attention { dropout: self.dropout.of_weights(ctx), ..Attention::causal() };
        let y = match cache {
            None => queries.attention_in_heads::<Heads, _>(&keys, &values, &causal),
            Some(cache) => {
                let (keys, values) = cache.extend(&keys, &values);
                queries.attention_in_heads::<Heads, _>(&keys, &values, &causal)
            }
        };
        let y = self.c_proj.forward(y, ctx);
        self.dropout.forward(y, ctx)
    }
}

impl<Width: Multiples> FeedForward<Width> {
    fn forward<N: Dim, T: Dim, B: Backend>(
        &self,
        x: Tensor<(N, T, Width), B>,
        ctx: &mut Context<B>,
    ) -> Tensor<(N, T, Width), B> {
        let hidden = self.c_fc.forward(x, ctx).gelu_tanh();
        let y = self.c_proj.forward(hidden, ctx);
        self.dropout.forward(y, ctx)
    }
}

impl<Vocab, Length, Width, Heads, N, T, V, B, const LAYERS: usize> Layer<Ids<(N, T), V>, B>
    for Gpt<Vocab, Length, Width, Heads, LAYERS>
where
    Vocab: StaticDim,
    Length: StaticDim,
    Width: Multiples + DivExact<Heads>,
    Heads: StaticDim,
    N: Dim,
    T: Dim,
    V: Dim + Vocabulary<Vocab>,
    B: Backend,
{
    type Output = Tensor<(N, T, Vocab), B>;

    fn forward(&self, tokens: Ids<(N, T), V>, ctx: &mut Context<B>) -> Self::Output {
        self.scores_after(&tokens, None, ctx)
    }
}

impl<Vocab, Length, Width, Heads, const LAYERS: usize> Init for Gpt<Vocab, Length, Width, Heads, LAYERS>
where
    Vocab: StaticDim,
    Length: StaticDim,
    Width: Multiples + DivExact<Heads>,
    Heads: StaticDim,
{
    /// Without dropout, and with scores from `wte`.
    fn init(rng: &mut impl Rng) -> Self {
        Gpt::new(rng, 0.0)
    }
}

impl<Vocab, Length, Width, Heads, const LAYERS: usize> LanguageModel<Vocab>
    for Gpt<Vocab, Length, Width, Heads, LAYERS>
where
    Vocab: StaticDim,
    Length: StaticDim,
    Width: Multiples + DivExact<Heads>,
    Heads: StaticDim,
{
    type Memory = ();

    fn scores<B: Backend<Elem = f32>>(
        &self,
        tokens: &Ids<(Dyn, Dyn), Vocab>,
        (): &mut (),
        ctx: &mut Context<B>,
    ) -> Tensor<(Dyn, Dyn, Vocab), B> {
        self.scores_after(tokens, None, ctx)
    }
}

impl<Vocab, Length, Width, Heads, N, T, V, const LAYERS: usize> StaticCost<Ids<(N, T), V>>
    for Gpt<Vocab, Length, Width, Heads, LAYERS>
where
    Vocab: StaticDim,
    Length: StaticDim,
    Width: Multiples + DivExact<Heads>,
    Heads: StaticDim,
    N: StaticDim,
    T: StaticDim,
    V: StaticDim + Vocabulary<Vocab>,
{
    const COST: Cost = Cost::on::<Ids<(N, T), V>, Embedding<Vocab, Width>>()
        .beside(Cost::on::<Ids<(T,), Length>, Embedding<Length, Width>>())
        .then(Cost::of_sum::<(N, T, Width)>())
        .then_times(LAYERS, Cost::on::<Tensor<(N, T, Width)>, Block<Width, Heads>>())
        .then(Cost::on::<Tensor<(N, T, Width)>, LayerNorm<Width>>())
        .then(Cost::of(Operation {
            // The product with `wte`.
            flops: (N::N * T::N * Vocab::N * 2 * Width::N) as u64,
            reads_input: true,
            ..Operation::between::<(N, T, Width), (N, T, Vocab)>()
        }));
}

impl<Width, Heads, N, T> StaticCost<Tensor<(N, T, Width)>> for Block<Width, Heads>
where
    Width: Multiples + DivExact<Heads>,
    Heads: StaticDim,
    N: StaticDim,
    T: StaticDim,
{
    const COST: Cost = Cost::on::<Tensor<(N, T, Width)>, LayerNorm<Width>>()
        .then(heads_cost::<N, T, Width, Width, Heads>())
        .then(Cost::on::<Tensor<(N, T, Width)>, Conv1D<Width, Width>>())
        .then(Cost::of_sum::<(N, T, Width)>())
        .then(Cost::on::<
            Tensor<(N, T, Width)>,
            (LayerNorm<Width>, Conv1D<Width, Width::Fourfold>, GELU, Conv1D<Width::Fourfold, Width>),
        >())
        .then(Cost::of_sum::<(N, T, Width)>());
}

#[cfg(test)]
mod tests;
