//! Self-attention in heads.

use std::marker::PhantomData;

use rand::Rng;
use tenon_tensor::ops::attention::Attention;
use tenon_tensor::ops::rope::{Rope, Rotary};
use tenon_tensor::prelude::{Dyn, U2, U3, U4};
use tenon_tensor::proof::{Domain, Naive};
use tenon_tensor::shape::{Dim, DimAdd, DimMul, DimProduct, DivExact, StaticDim};
use tenon_tensor::{Backend, Dims, Fused, Op, Tensor, Value};

use crate::context::Context;
use crate::cost::{Cost, NUMBER, Operation, StaticCost};
use crate::dropout::Dropout;
use crate::init::{self, Init};
use crate::kv_cache::KvCache;
use crate::layer::Layer;
use crate::linear::Linear;
use crate::param::Param;

/// Multi-head self-attention: queries, keys and values are linear maps of the input, cut into
/// heads; the heads [attend](Tensor::attention), and a linear map of all of them is the output.
///
/// With fewer `KeyHeads` than `Heads`, each head of keys and values serves several heads of queries.
/// Rotary positions are set by [`rotary`](MultiHeadAttention::rotary). Which tokens see which is
/// said where it is [applied](MultiHeadAttention::attend); as a [`Layer`], all see all.
///
/// # Shapes
/// `(N, T, Width) → (N, T, Width)`; `Heads` divides `Width`, and `KeyHeads` divides `Heads`
///
/// # Parameters
/// - `in_proj_weight: (Width + 2 · KeyHeads · Width / Heads, Width)`: the rows of queries, keys and
///   values; uniform as in Xavier and Glorot's rule
/// - `in_proj_bias`, as long: zeros
/// - `out_proj.weight: (Width, Width)`, as in [`Linear`]; `out_proj.bias: (Width,)`: zeros
///
/// # Source
/// Vaswani et al. 2017, "Attention is all you need", section 3.2.2; names, packing and initial
/// distributions are those of PyTorch's `nn.MultiheadAttention` with batches first. PyTorch's layer
/// has neither shared heads of keys nor rotary positions.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// let layer: MultiHeadAttention<U12, U3> = Init::init(&mut SeededRng::new(0));
/// let x: Tensor<(U2, U5, U12)> = Tensor::ones();
/// let y: Tensor<(U2, U5, U12)> = layer.attend(x, &Attention::causal(), None, &mut Context::eval());
/// ```
#[derive(Clone, Debug, tenon_derive::Module)]
pub struct MultiHeadAttention<Width, Heads, KeyHeads = Heads>
where
    Width: InHeads<Heads, KeyHeads>,
    Heads: StaticDim,
    KeyHeads: StaticDim,
{
    /// To queries, keys and values.
    pub in_proj_weight: Param<(Width::Packed, Width)>,
    /// Added to them.
    pub in_proj_bias: Param<(Width::Packed,)>,
    /// From the heads, side by side.
    pub out_proj: Linear<Width, Width>,
    /// Drops weights of attention in training; none by default.
    pub dropout: Dropout,
    #[module(skip)]
    rotary: Option<Rotary>,
    #[module(skip)]
    heads: PhantomData<(Heads, KeyHeads)>,
}

/// A width of vectors that can be cut into heads, of which fewer may be keys: every number that
/// `Heads` divides, where `KeyHeads` divides `Heads`.
pub trait InHeads<Heads: StaticDim, KeyHeads: StaticDim>: StaticDim {
    /// The width of all keys of a token, and of all values.
    type KeyWidth: StaticDim;
    /// The width of queries, keys and values together.
    type Packed: StaticDim;
}

impl<Width, Heads, KeyHeads> InHeads<Heads, KeyHeads> for Width
where
    Width: StaticDim + DivExact<Heads, Output: DimMul<KeyHeads, Output: StaticDim + DimMul<U2>>>,
    Width: DimAdd<
            DimProduct<DimProduct<<Width as DivExact<Heads>>::Output, KeyHeads>, U2>,
            Output: StaticDim,
        >,
    Heads: StaticDim + DivExact<KeyHeads>,
    KeyHeads: StaticDim,
{
    type KeyWidth = DimProduct<<Width as DivExact<Heads>>::Output, KeyHeads>;
    type Packed = <Width as DimAdd<DimProduct<Self::KeyWidth, U2>>>::Output;
}

impl<Width, Heads, KeyHeads> Init for MultiHeadAttention<Width, Heads, KeyHeads>
where
    Width: InHeads<Heads, KeyHeads>,
    Heads: StaticDim,
    KeyHeads: StaticDim,
{
    fn init(rng: &mut impl Rng) -> Self {
        let in_proj_weight = init::xavier_uniform(rng, 1.0);
        let out_proj = Linear { weight: init::torch_default(rng, Width::N), bias: Some(init::constant(0.0)) };
        MultiHeadAttention {
            in_proj_weight,
            in_proj_bias: init::constant(0.0),
            out_proj,
            dropout: Dropout::new(0.0),
            rotary: None,
            heads: PhantomData,
        }
    }
}

impl<Width, Heads, KeyHeads> MultiHeadAttention<Width, Heads, KeyHeads>
where
    Width: InHeads<Heads, KeyHeads>,
    Heads: StaticDim,
    KeyHeads: StaticDim,
{
    /// The layer with queries and keys turned by their places, which start at that of `rotary`.
    ///
    /// # Panics
    /// When the size of a head is odd.
    pub fn rotary(self, rotary: Rotary) -> Self {
        assert!((Width::N / Heads::N).is_multiple_of(2), "heads of an odd size have no pairs");
        MultiHeadAttention { rotary: Some(rotary), ..self }
    }

    /// The output where tokens see what `sees` says, and the tokens of the cache besides, which then
    /// holds these ones too.
    pub fn attend<N: Dim, T: Dim, B: Backend>(
        &self,
        x: Tensor<(N, T, Width), B>,
        sees: &Attention,
        cache: Option<&mut KvCache<Width::KeyWidth, B>>,
        ctx: &mut Context<B>,
    ) -> Tensor<(N, T, Width), B> {
        let shape = x.shape();
        let start = cache.as_ref().map_or(0, |cache| cache.len());
        let [queries, keys, values] = self.project(&x, ctx);
        let queries = self.turned(queries, Heads::N, start);
        let keys = self.turned(keys, KeyHeads::N, start);
        let (keys, values) = match cache {
            None => (keys, values),
            Some(cache) => {
                let typed = |value| Tensor::from_value((shape.0, shape.1, Width::KeyWidth::default()), value);
                let (keys, values) = cache.extend(&typed(keys), &typed(values));
                (keys.into_value(), values.into_value())
            }
        };
        let dropout = self.dropout.of_weights(ctx).or(sees.dropout);
        let heads = Attention { dropout, ..sees.clone() }.on([
            in_heads(queries, Heads::N).swapped(1, 2),
            in_heads(keys, KeyHeads::N).swapped(1, 2),
            in_heads(values, KeyHeads::N).swapped(1, 2),
        ]);
        let merged = heads.swapped(1, 2).reshaped(x.value().dims());
        self.out_proj.forward(Tensor::from_value(shape, merged), ctx)
    }

    /// Queries, keys and values, `(N, T, …)` each.
    fn project<N: Dim, T: Dim, B: Backend>(
        &self,
        x: &Tensor<(N, T, Width), B>,
        ctx: &mut Context<B>,
    ) -> [Value<B>; 3] {
        let (weight, bias) = (ctx.param(&self.in_proj_weight), ctx.param(&self.in_proj_bias));
        let key_width = Width::KeyWidth::N;
        let rows = [(0, Width::N), (Width::N, key_width), (Width::N + key_width, key_width)];
        rows.map(|(start, len)| {
            let (weight, bias) = (weight.slice::<0>(start, len), bias.slice::<0>(start, len));
            tenon_tensor::ops::linear::Linear.on([x.value().clone(), weight.into_value(), bias.into_value()])
        })
    }

    /// Vectors `(N, T, …)` whose heads are turned by their places, if they are.
    fn turned<B: Backend>(&self, x: Value<B>, heads: usize, start: usize) -> Value<B> {
        let Some(rotary) = self.rotary else { return x };
        let dims = x.dims();
        let rotary = Rotary { start: rotary.start + start, ..rotary };
        let rope = Rope { rotary, turn: Default::default(), time_axis: 1 };
        rope.on([in_heads(x, heads)]).reshaped(dims)
    }
}

/// `(N, T, E)` as `(N, T, heads, E / heads)`.
fn in_heads<B: Backend>(x: Value<B>, heads: usize) -> Value<B> {
    let dims = x.dims();
    x.reshaped(Dims::new(&[dims[0], dims[1], heads, dims[2] / heads]))
}

impl<N, T, Width, Heads, KeyHeads, B> Layer<Tensor<(N, T, Width), B>, B>
    for MultiHeadAttention<Width, Heads, KeyHeads>
where
    N: Dim,
    T: Dim,
    Width: InHeads<Heads, KeyHeads>,
    Heads: StaticDim,
    KeyHeads: StaticDim,
    B: Backend,
{
    type Output = Tensor<(N, T, Width), B>;

    fn forward(&self, x: Tensor<(N, T, Width), B>, ctx: &mut Context<B>) -> Self::Output {
        self.attend(x, &Attention::default(), None, ctx)
    }
}

impl<N, T, Width, Heads, KeyHeads> StaticCost<Tensor<(N, T, Width)>>
    for MultiHeadAttention<Width, Heads, KeyHeads>
where
    N: StaticDim,
    T: StaticDim,
    Width: InHeads<Heads, KeyHeads>,
    Heads: StaticDim,
    KeyHeads: StaticDim,
{
    const COST: Cost = heads_cost::<N, T, Width, Width::KeyWidth, Heads>()
        .then(<Linear<Width, Width> as StaticCost<Tensor<(N, T, Width)>>>::COST);
}

/// The cost of self-attention up to its output map: queries, keys and values of `(N, T, Width)` by
/// affine maps, and what `Heads` heads make of them. What they do not look at is counted too.
pub const fn heads_cost<N, T, Width, KeyWidth, Heads>() -> Cost
where
    N: StaticDim,
    T: StaticDim,
    Width: StaticDim,
    KeyWidth: StaticDim,
    Heads: StaticDim,
{
    let (tokens, packed) = (N::N * T::N, Width::N + 2 * KeyWidth::N);
    let scores = tokens * Heads::N * T::N;
    let maps = tokens * packed * (2 * Width::N + 1);
    Cost::of(Operation {
        parameters: (Width::N + 1) * packed,
        flops: (maps + scores * (4 * (Width::N / Heads::N) + 5)) as u64,
        reads_input: true,
        reads_output: true,
        // Queries, keys and values, and a number for each query of each head.
        kept_bytes: tokens * (packed + Heads::N) * NUMBER,
        ..Operation::between::<(N, T, Width), (N, T, Width)>()
    })
}

/// The output by the equation, for vectors of four numbers in two heads.
fn oracle([x, weight, bias, out_weight, out_bias]: [&Naive; 5], key_heads: usize) -> Naive {
    const HEAD: usize = 2;
    let mapped = |x: &Naive, weight: &Naive, bias: &Naive| {
        Naive::from_fn(x.dims.with(2, weight.dims[0]), |at| {
            let products = (0..x.dims[2]).map(|k| x.at(&[at[0], at[1], k]) * weight.at(&[at[2], k]));
            products.sum::<f64>() + bias.at(&[at[2]])
        })
    };
    let packed = mapped(x, weight, bias);
    let (keys, values) = (x.dims[2], x.dims[2] + key_heads * HEAD);
    let heads = Naive::from_fn(x.dims, |at| {
        let (head, place) = (at[2] / HEAD, at[2] % HEAD);
        let group = head * key_heads / (x.dims[2] / HEAD);
        let weight = |j: usize| {
            let products = (0..HEAD).map(|d| {
                packed.at(&[at[0], at[1], head * HEAD + d]) * packed.at(&[at[0], j, keys + group * HEAD + d])
            });
            (products.sum::<f64>() / (HEAD as f64).sqrt()).exp()
        };
        let sum: f64 = (0..x.dims[1]).map(weight).sum();
        let value = |j: usize| packed.at(&[at[0], j, values + group * HEAD + place]);
        (0..x.dims[1]).map(|j| weight(j) / sum * value(j)).sum()
    });
    mapped(&heads, out_weight, out_bias)
}

crate::prove_layer! {
    MultiHeadAttentionProof "MultiHeadAttention":
        [MultiHeadAttention<U4, U2>] on |n| (Dyn(n), U3::new(), U4::new()),
    within Domain::Within(-1.0, 1.0),
    oracle |[x, weight, bias, out_weight, out_bias]| oracle([x, weight, bias, out_weight, out_bias], 2)

    SharedKeysProof "MultiHeadAttention, shared keys":
        [MultiHeadAttention<U4, U2, tenon_tensor::prelude::U1>] on |n| (Dyn(n), U3::new(), U4::new()),
    within Domain::Within(-1.0, 1.0),
    oracle |[x, weight, bias, out_weight, out_bias]| oracle([x, weight, bias, out_weight, out_bias], 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SeededRng;
    use tenon_tensor::ops::rope::Pairing;
    use tenon_tensor::prelude::*;

    /// With rotary positions and shared keys, so that everything the cache holds matters.
    fn layer() -> MultiHeadAttention<U8, U4, U2> {
        let rotary = Rotary { base: 100.0, pairing: Pairing::Halves, start: 0 };
        MultiHeadAttention::init(&mut SeededRng::new(3)).rotary(rotary)
    }

    fn tokens() -> Tensor<(U2, U5, U8)> {
        Tensor::from_fn(Default::default(), |i| ((i * 37) % 23) as f32 / 23.0 - 0.5)
    }

    #[test]
    fn a_text_read_in_pieces_is_the_text_read_at_once() {
        let (layer, x, mut ctx) = (layer(), tokens(), Context::<Cpu>::eval());
        let whole = layer.attend(x.clone(), &Attention::causal(), None, &mut ctx);
        let mut cache = KvCache::default();
        for (start, len) in [(0, 2), (2, 1), (3, 2)] {
            let piece = x.slice::<1>(start, len);
            let piece = layer.attend(piece, &Attention::causal(), Some(&mut cache), &mut ctx);
            let expected = whole.slice::<1>(start, len).to_vec();
            for (found, expected) in piece.to_vec().iter().zip(&expected) {
                assert!((found - expected).abs() < 1e-6, "{found} and {expected}");
            }
        }
        assert_eq!(cache.len(), 5);
    }

    #[test]
    fn turned_tokens_know_only_their_distance() {
        let (layer, mut ctx) = (layer(), Context::<Cpu>::eval());
        let later = layer.clone().rotary(Rotary { start: 7, ..layer.rotary.expect("set") });
        let here = layer.attend(tokens(), &Attention::default(), None, &mut ctx).to_vec();
        let there = later.attend(tokens(), &Attention::default(), None, &mut ctx).to_vec();
        for (here, there) in here.iter().zip(&there) {
            assert!((here - there).abs() < 1e-5, "{here} and {there}");
        }
    }

    #[test]
    fn padding_is_not_seen() {
        let (layer, x, mut ctx) = (layer(), tokens(), Context::<Cpu>::eval());
        let present = Mask::from_vec((U2::new(), U5::new()), (0..10).map(|i| i % 5 < 3).collect());
        let padded = layer.attend(x.clone(), &Attention::default().over(&present), None, &mut ctx);
        let short = layer.attend(x.slice::<1>(0, 3), &Attention::default(), None, &mut ctx);
        for (padded, short) in padded.slice::<1>(0, 3).to_vec().iter().zip(short.to_vec()) {
            assert!((padded - short).abs() < 1e-6, "{padded} and {short}");
        }
    }
}
