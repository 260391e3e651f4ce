//! BERT, the bidirectional encoder of texts.

use rand::Rng;
use tenon_layers::init;
use tenon_layers::prelude::*;
use tenon_layers::tensor::shape::{DivExact, Vocabulary};
use tenon_layers::{Cost, StaticCost, heads_cost};

use crate::texts::Texts;

dim! {
    /// The tokens of BERT's vocabulary of lower-case English: words and pieces of words.
    pub UncasedVocabulary = 30522
}

/// The encoder all-MiniLM-L6-v2. The [mean](Texts::mean) of what it makes of the tokens of a
/// sentence, scaled to length 1, is close to that of another sentence with a similar meaning.
///
/// # Source
/// Wang et al. 2020, "MiniLM: deep self-attention distillation"; trained for similarity as in
/// Reimers and Gurevych 2019, "Sentence-BERT".
pub type AllMiniLmL6 = Bert<UncasedVocabulary, U512, U384, U12, d!(1536), 6>;

const _: () = assert!(AllMiniLmL6::PARAMETERS == 22_713_216);

/// The bidirectional encoder: every token of a text, told by all others what it means.
///
/// `LAYERS` blocks, each of them attention in `Heads` heads and a network of `Hidden` units, on
/// features of size `Width`; texts have at most `Positions` tokens of a vocabulary `Vocab`.
///
/// # Shapes
/// [`Texts`] of `(N, T)` tokens → `(N, T, Width)`
///
/// | layer | output | parameters |
/// | --- | --- | --- |
/// | `embeddings` | `(N, T, Width)` | `(Vocab + Positions + 4) · Width` |
/// | `encoder.layer.0`, … | `(N, T, Width)` | `(4·Width + 2·Hidden + 9) · Width + Hidden` each |
/// | `pooler`, for [`pooled`](Bert::pooled) only | `(N, Width)` | `(Width + 1) · Width` |
///
/// # Source
/// Devlin, Chang, Lee and Toutanova 2019, "BERT: pre-training of deep bidirectional transformers
/// for language understanding", section 3; names are those of the published checkpoints.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// use tenon_models::{Bert, Texts};
/// let model: Bert<U100, U16, U12, U3, U24, 2> = Init::init(&mut SeededRng::new(0));
/// let texts: Texts<Dyn, Dyn, U100> = Texts::padded(&[vec![2, 42, 3], vec![2, 3]])?;
/// let states: Tensor<(Dyn, Dyn, U12)> = model.forward(texts, &mut Context::eval());
/// assert_eq!(states.dims(), [2, 3, 12]);
/// # Ok::<(), tenon_layers::tensor::IdsError>(())
/// ```
#[derive(Clone, Debug, Module)]
pub struct Bert<Vocab, Positions, Width, Heads, Hidden, const LAYERS: usize>
where
    Vocab: StaticDim,
    Positions: StaticDim,
    Width: StaticDim,
    Heads: StaticDim,
    Hidden: StaticDim,
{
    /// What each token is by itself and by its place.
    pub embeddings: BertEmbeddings<Vocab, Positions, Width>,
    /// What it is among the others.
    pub encoder: BertEncoder<Width, Heads, Hidden, LAYERS>,
    /// What the first token is to tell of the whole text.
    pub pooler: Dense<Width, Width>,
}

/// The sum of what a token, its place and its text are, normalized.
#[derive(Clone, Debug, Module)]
pub struct BertEmbeddings<Vocab: StaticDim, Positions: StaticDim, Width: StaticDim> {
    /// One row per token.
    pub word_embeddings: Embedding<Vocab, Width>,
    /// One row per place.
    pub position_embeddings: Embedding<Positions, Width>,
    /// One row for each of two texts.
    pub token_type_embeddings: Embedding<U2, Width>,
    /// Of the sum.
    #[module(rename = "LayerNorm")]
    pub layer_norm: LayerNorm<Width>,
    /// Acts on the result in training.
    pub dropout: Dropout,
}

/// The blocks, one after the other.
#[derive(Clone, Debug, Module)]
pub struct BertEncoder<Width: StaticDim, Heads: StaticDim, Hidden: StaticDim, const LAYERS: usize> {
    /// The blocks.
    pub layer: [BertLayer<Width, Heads, Hidden>; LAYERS],
}

/// Attention and a network, each added to what it was given and then normalized.
#[derive(Clone, Debug, Module)]
pub struct BertLayer<Width: StaticDim, Heads: StaticDim, Hidden: StaticDim> {
    /// What the other tokens have to say.
    pub attention: BertAttention<Width, Heads>,
    /// The hidden units of the network, under GELU.
    pub intermediate: Dense<Width, Hidden>,
    /// What they add.
    pub output: AddNorm<Hidden, Width>,
}

/// Attention of every token to every token of its text that is not padding.
#[derive(Clone, Debug, Module)]
pub struct BertAttention<Width: StaticDim, Heads: StaticDim> {
    /// Queries, keys and values.
    #[module(rename = "self")]
    pub heads: BertHeads<Width, Heads>,
    /// What the heads add.
    pub output: AddNorm<Width, Width>,
}

/// The maps of attention, with the features of all heads side by side.
#[derive(Clone, Debug, Module)]
pub struct BertHeads<Width: StaticDim, Heads: StaticDim> {
    /// What a token asks for.
    pub query: Linear<Width, Width>,
    /// By what it is found.
    pub key: Linear<Width, Width>,
    /// What it then says.
    pub value: Linear<Width, Width>,
    /// Acts on the weights of attention in training.
    pub dropout: Dropout,
    /// How many heads there are.
    #[module(skip)]
    pub heads: Heads,
}

/// A fully connected layer under the name that checkpoints give it.
#[derive(Clone, Debug, Module)]
pub struct Dense<In: StaticDim, Out: StaticDim> {
    /// The layer.
    pub dense: Linear<In, Out>,
}

/// The end of each half of a block: `y = LayerNorm(x + W h + b)`, with what `h` was made from.
#[derive(Clone, Debug, Module)]
pub struct AddNorm<In: StaticDim, Out: StaticDim> {
    /// `W` and `b`.
    pub dense: Linear<In, Out>,
    /// Acts on what is added, in training.
    pub dropout: Dropout,
    /// Of the sum.
    #[module(rename = "LayerNorm")]
    pub layer_norm: LayerNorm<Out>,
}

/// The probability of dropout in training.
const DROPOUT: f64 = 0.1;
/// The deviation of initial weights.
const DEVIATION: f64 = 0.02;
/// The ε of every normalization.
const EPSILON: f64 = 1e-12;

fn linear<In: StaticDim, Out: StaticDim>(rng: &mut impl Rng) -> Linear<In, Out> {
    Linear { weight: init::normal(rng, 0.0, DEVIATION), bias: Some(init::constant(0.0)) }
}

fn embedding<Rows: StaticDim, Width: StaticDim>(rng: &mut impl Rng) -> Embedding<Rows, Width> {
    Embedding::new(init::normal(rng, 0.0, DEVIATION))
}

impl<Vocab, Positions, Width, Heads, Hidden, const LAYERS: usize>
    Bert<Vocab, Positions, Width, Heads, Hidden, LAYERS>
where
    Vocab: StaticDim,
    Positions: StaticDim,
    Width: StaticDim,
    Heads: StaticDim,
    Hidden: StaticDim,
{
    /// How many numbers are learned.
    pub const PARAMETERS: usize = (Vocab::N + Positions::N + 4) * Width::N
        + LAYERS * ((4 * Width::N + 2 * Hidden::N + 9) * Width::N + Hidden::N)
        + (Width::N + 1) * Width::N;

    /// A feature of each whole text, from that of its first token: `tanh(W x₀ + b)`.
    pub fn pooled<N: Dim, T: Dim, B: Backend>(
        &self,
        states: &Tensor<(N, T, Width), B>,
        ctx: &mut Context<B>,
    ) -> Tensor<(N, Width), B> {
        let first = states.slice::<1>(0, 1).sum::<1>();
        self.pooler.dense.forward(first, ctx).tanh()
    }
}

impl<Vocab, Positions, Width, Heads, Hidden, const LAYERS: usize> Init
    for Bert<Vocab, Positions, Width, Heads, Hidden, LAYERS>
where
    Vocab: StaticDim,
    Positions: StaticDim,
    Width: StaticDim,
    Heads: StaticDim,
    Hidden: StaticDim,
{
    /// Weights normal with deviation 0.02 and biases zero, as in the published code.
    fn init(rng: &mut impl Rng) -> Self {
        Bert {
            embeddings: BertEmbeddings {
                word_embeddings: embedding(rng),
                position_embeddings: embedding(rng),
                token_type_embeddings: embedding(rng),
                layer_norm: LayerNorm::with_epsilon(EPSILON),
                dropout: Dropout::new(DROPOUT),
            },
            encoder: BertEncoder { layer: std::array::from_fn(|_| BertLayer::init(rng)) },
            pooler: Dense { dense: linear(rng) },
        }
    }
}

impl<Width: StaticDim, Heads: StaticDim, Hidden: StaticDim> Init for BertLayer<Width, Heads, Hidden> {
    fn init(rng: &mut impl Rng) -> Self {
        let heads = BertHeads {
            query: linear(rng),
            key: linear(rng),
            value: linear(rng),
            dropout: Dropout::new(DROPOUT),
            heads: Heads::default(),
        };
        BertLayer {
            attention: BertAttention { heads, output: Init::init(rng) },
            intermediate: Dense { dense: linear(rng) },
            output: Init::init(rng),
        }
    }
}

impl<In: StaticDim, Out: StaticDim> Init for AddNorm<In, Out> {
    fn init(rng: &mut impl Rng) -> Self {
        AddNorm {
            dense: linear(rng),
            dropout: Dropout::new(DROPOUT),
            layer_norm: LayerNorm::with_epsilon(EPSILON),
        }
    }
}

impl<N, T, V, Vocab, Positions, Width, Heads, Hidden, B, const LAYERS: usize> Layer<Texts<N, T, V>, B>
    for Bert<Vocab, Positions, Width, Heads, Hidden, LAYERS>
where
    N: Dim,
    T: Dim,
    V: Dim + Vocabulary<Vocab>,
    Vocab: StaticDim,
    Positions: StaticDim,
    Width: StaticDim + DivExact<Heads>,
    Heads: StaticDim,
    Hidden: StaticDim,
    B: Backend,
{
    type Output = Tensor<(N, T, Width), B>;

    /// # Panics
    /// When a text has more tokens than there are positions.
    fn forward(&self, texts: Texts<N, T, V>, ctx: &mut Context<B>) -> Self::Output {
        let present = texts.present.clone();
        let x = self.embeddings.forward(texts, ctx);
        self.encoder.layer.iter().fold(x, |x, layer| layer.forward(x, &present, ctx))
    }
}

impl<Vocab: StaticDim, Positions: StaticDim, Width: StaticDim> BertEmbeddings<Vocab, Positions, Width> {
    fn forward<N: Dim, T: Dim, V: Dim + Vocabulary<Vocab>, B: Backend>(
        &self,
        texts: Texts<N, T, V>,
        ctx: &mut Context<B>,
    ) -> Tensor<(N, T, Width), B> {
        let (_, t) = texts.tokens.shape();
        assert!(t.size() <= Positions::N, "a text of {} tokens is longer than {}", t.size(), Positions::N);
        let places: Result<Ids<(T,), Positions>, _> = Ids::try_from_vec((t,), (0..t.size() as u32).collect());
        let places = self.position_embeddings.forward(places.expect("one for each token"), ctx);
        let words = self.word_embeddings.forward(texts.tokens, ctx);
        let x = words + self.token_type_embeddings.forward(texts.types, ctx);
        let places = places.into_value().expanded(x.value().dims());
        let x = Tensor::from_value(x.shape(), x.into_value() + places);
        self.dropout.forward(self.layer_norm.forward(x, ctx), ctx)
    }
}

impl<Width: StaticDim, Heads: StaticDim, Hidden: StaticDim> BertLayer<Width, Heads, Hidden> {
    fn forward<N: Dim, T: Dim, B: Backend>(
        &self,
        x: Tensor<(N, T, Width), B>,
        present: &Mask<(N, T)>,
        ctx: &mut Context<B>,
    ) -> Tensor<(N, T, Width), B>
    where
        Width: DivExact<Heads>,
    {
        let heard = self.attention.heads.forward(x.clone(), present, ctx);
        let x = self.attention.output.forward(heard, x, ctx);
        let hidden = self.intermediate.dense.forward(x.clone(), ctx).gelu();
        self.output.forward(hidden, x, ctx)
    }
}

impl<Width: StaticDim, Heads: StaticDim> BertHeads<Width, Heads> {
    fn forward<N: Dim, T: Dim, B: Backend>(
        &self,
        x: Tensor<(N, T, Width), B>,
        present: &Mask<(N, T)>,
        ctx: &mut Context<B>,
    ) -> Tensor<(N, T, Width), B>
    where
        Width: DivExact<Heads>,
    {
        let attention = Attention { dropout: self.dropout.of_weights(ctx), ..Default::default() };
        let queries = self.query.forward(x.clone(), ctx);
        let keys = self.key.forward(x.clone(), ctx);
        let values = self.value.forward(x, ctx);
        queries.attention_in_heads::<Heads, _>(&keys, &values, &attention.over(present))
    }
}

impl<In: StaticDim, Out: StaticDim> AddNorm<In, Out> {
    fn forward<N: Dim, T: Dim, B: Backend>(
        &self,
        hidden: Tensor<(N, T, In), B>,
        x: Tensor<(N, T, Out), B>,
        ctx: &mut Context<B>,
    ) -> Tensor<(N, T, Out), B> {
        let added = self.dense.forward(hidden, ctx);
        let x = x + self.dropout.forward(added, ctx);
        self.layer_norm.forward(x, ctx)
    }
}

impl<N, T, V, Vocab, Positions, Width, Heads, Hidden, const LAYERS: usize> StaticCost<Texts<N, T, V>>
    for Bert<Vocab, Positions, Width, Heads, Hidden, LAYERS>
where
    N: StaticDim,
    T: StaticDim,
    V: StaticDim + Vocabulary<Vocab>,
    Vocab: StaticDim,
    Positions: StaticDim,
    Width: StaticDim,
    Heads: StaticDim,
    Hidden: StaticDim,
{
    const COST: Cost = {
        let embeddings = Cost::on::<Ids<(N, T), V>, Embedding<Vocab, Width>>()
            .beside(Cost::on::<Ids<(N, T), U2>, Embedding<U2, Width>>())
            .then(Cost::of_sum::<(N, T, Width)>())
            .beside(Cost::on::<Ids<(T,), Positions>, Embedding<Positions, Width>>())
            .then(Cost::of_sum::<(N, T, Width)>())
            .then(Cost::on::<Tensor<(N, T, Width)>, (LayerNorm<Width>, Dropout)>());
        let layer = Cost::on::<Tensor<(N, T, Width)>, BertLayer<Width, Heads, Hidden>>();
        let pooler = Cost::on::<Tensor<(N, Width)>, Linear<Width, Width>>();
        embeddings.then_times(LAYERS, layer).holding(pooler.parameters)
    };
}

impl<N, T, Width, Heads, Hidden> StaticCost<Tensor<(N, T, Width)>> for BertLayer<Width, Heads, Hidden>
where
    N: StaticDim,
    T: StaticDim,
    Width: StaticDim,
    Heads: StaticDim,
    Hidden: StaticDim,
{
    const COST: Cost = heads_cost::<N, T, Width, Width, Heads>()
        .then(Cost::on::<Tensor<(N, T, Width)>, AddNorm<Width, Width>>())
        .then(Cost::on::<Tensor<(N, T, Width)>, (Linear<Width, Hidden>, GELU)>())
        .then(Cost::on::<Tensor<(N, T, Hidden)>, AddNorm<Hidden, Width>>());
}

impl<N: StaticDim, T: StaticDim, In: StaticDim, Out: StaticDim> StaticCost<Tensor<(N, T, In)>>
    for AddNorm<In, Out>
{
    const COST: Cost = Cost::on::<Tensor<(N, T, In)>, (Linear<In, Out>, Dropout)>()
        .then(Cost::of_sum::<(N, T, Out)>())
        .then(Cost::on::<Tensor<(N, T, Out)>, LayerNorm<Out>>());
}
