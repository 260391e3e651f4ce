//! Models of texts.

use burn::module::Module;
use burn::nn::{Embedding, LayerNorm, Linear, Lstm, LstmConfig};
use burn::tensor::activation::{gelu, gelu_approximate};
use burn::tensor::{Device, Int, Tensor};
use tenon_peers_protocol::Fallible;

use crate::attention::{Sees, attend, in_heads, side_by_side};
use crate::files::File;
use crate::run::Model;

#[derive(Module, Debug)]
pub(crate) struct CharLstm {
    embedding: Embedding,
    lstm: Lstm,
    output: Linear,
}

impl CharLstm {
    const HIDDEN: usize = 256;

    pub(crate) fn new(weights: &File, device: &Device) -> Fallible<Self> {
        let gate = |i: usize| weights.gate("lstm", i * Self::HIDDEN..(i + 1) * Self::HIDDEN);
        // PyTorch's order.
        let lstm = Lstm {
            input_gate: gate(0)?,
            forget_gate: Some(gate(1)?),
            cell_gate: gate(2)?,
            output_gate: gate(3)?,
            ..LstmConfig::new(64, Self::HIDDEN, true).init(device)
        };
        Ok(CharLstm { embedding: weights.embedding("embedding")?, lstm, output: weights.linear("output")? })
    }
}

impl Model<Tensor<2, Int>> for CharLstm {
    fn scores(&self, tokens: Tensor<2, Int>) -> Tensor<2> {
        let (hidden, _) = self.lstm.forward(self.embedding.forward(tokens), None);
        self.output.forward(hidden).flatten(0, 1)
    }
}

/// The keys and values that an attention has seen, in heads.
pub(crate) type Cache = Option<[Tensor<4>; 2]>;

#[derive(Module, Debug)]
struct Block {
    ln_1: LayerNorm,
    c_attn: Linear,
    attn_proj: Linear,
    ln_2: LayerNorm,
    c_fc: Linear,
    mlp_proj: Linear,
}

impl Block {
    fn new(weights: &File, name: &str) -> Fallible<Self> {
        Ok(Block {
            ln_1: weights.layer_norm(&format!("{name}.ln_1"), 1e-5)?,
            c_attn: weights.conv1d(&format!("{name}.attn.c_attn"))?,
            attn_proj: weights.conv1d(&format!("{name}.attn.c_proj"))?,
            ln_2: weights.layer_norm(&format!("{name}.ln_2"), 1e-5)?,
            c_fc: weights.conv1d(&format!("{name}.mlp.c_fc"))?,
            mlp_proj: weights.conv1d(&format!("{name}.mlp.c_proj"))?,
        })
    }

    fn forward(&self, x: Tensor<3>, n_heads: usize, cache: Option<&mut Cache>) -> Tensor<3> {
        let [q, k, v]: [Tensor<3>; 3] =
            self.c_attn.forward(self.ln_1.forward(x.clone())).chunk(3, 2).try_into().expect("three chunks");
        let [q, mut k, mut v] = [q, k, v].map(|part| in_heads(part, n_heads));
        // One new token sees all before it; several see those before each.
        let mut sees = Sees::Before;
        if let Some(cache) = cache {
            if let Some([seen_k, seen_v]) = cache.take() {
                sees = Sees::All;
                k = Tensor::cat(vec![seen_k, k], 2);
                v = Tensor::cat(vec![seen_v, v], 2);
            }
            *cache = Some([k.clone(), v.clone()]);
        }
        let x = x + self.attn_proj.forward(side_by_side(attend(q, k, v, sees)));
        let hidden = gelu_approximate(self.c_fc.forward(self.ln_2.forward(x.clone())));
        x + self.mlp_proj.forward(hidden)
    }
}

#[derive(Module, Debug)]
pub(crate) struct Gpt {
    wte: Embedding,
    wpe: Embedding,
    blocks: Vec<Block>,
    ln_f: LayerNorm,
    n_heads: usize,
}

impl Gpt {
    pub(crate) fn new(weights: &File, n_layers: usize, n_heads: usize) -> Fallible<Self> {
        let blocks = (0..n_layers).map(|i| Block::new(weights, &format!("h.{i}")));
        Ok(Gpt {
            wte: weights.embedding("wte")?,
            wpe: weights.embedding("wpe")?,
            blocks: blocks.collect::<Fallible<_>>()?,
            ln_f: weights.layer_norm("ln_f", 1e-5)?,
            n_heads,
        })
    }

    pub(crate) fn empty_caches(&self) -> Vec<Cache> {
        vec![None; self.blocks.len()]
    }

    /// The scores after tokens that follow those in the caches.
    pub(crate) fn after(&self, tokens: Tensor<2, Int>, caches: &mut [Cache]) -> Tensor<3> {
        let start = caches[0].as_ref().map_or(0, |[k, _]| k.dims()[2]);
        let mut x = self.embed(tokens, start);
        for (block, cache) in self.blocks.iter().zip(caches) {
            x = block.forward(x, self.n_heads, Some(cache));
        }
        self.score(x)
    }

    fn embed(&self, tokens: Tensor<2, Int>, start: usize) -> Tensor<3> {
        let end = start + tokens.dims()[1];
        let places = Tensor::<1, Int>::arange(start as i64..end as i64, &tokens.device()).unsqueeze();
        self.wte.forward(tokens) + self.wpe.forward(places)
    }

    fn score(&self, x: Tensor<3>) -> Tensor<3> {
        self.ln_f.forward(x).matmul(self.wte.weight.val().transpose().unsqueeze())
    }
}

impl Model<Tensor<2, Int>> for Gpt {
    fn scores(&self, tokens: Tensor<2, Int>) -> Tensor<2> {
        let x = self.embed(tokens, 0);
        let x = self.blocks.iter().fold(x, |x, block| block.forward(x, self.n_heads, None));
        self.score(x).flatten(0, 1)
    }
}

/// A layer of BERT.
#[derive(Module, Debug)]
struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    attended: AddNorm,
    intermediate: Linear,
    output: AddNorm,
}

/// The end of each half of a layer.
#[derive(Module, Debug)]
struct AddNorm {
    dense: Linear,
    norm: LayerNorm,
}

impl AddNorm {
    fn new(weights: &File, name: &str) -> Fallible<Self> {
        let norm = weights.layer_norm(&format!("{name}.LayerNorm"), 1e-12)?;
        Ok(AddNorm { dense: weights.linear(&format!("{name}.dense"))?, norm })
    }

    fn forward(&self, hidden: Tensor<3>, x: Tensor<3>) -> Tensor<3> {
        self.norm.forward(x + self.dense.forward(hidden))
    }
}

impl Layer {
    const HEADS: usize = 12;

    fn new(weights: &File, name: &str) -> Fallible<Self> {
        let map = |part: &str| weights.linear(&format!("{name}.attention.self.{part}"));
        Ok(Layer {
            query: map("query")?,
            key: map("key")?,
            value: map("value")?,
            attended: AddNorm::new(weights, &format!("{name}.attention.output"))?,
            intermediate: weights.linear(&format!("{name}.intermediate.dense"))?,
            output: AddNorm::new(weights, &format!("{name}.output"))?,
        })
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [q, k, v] =
            [&self.query, &self.key, &self.value].map(|map| in_heads(map.forward(x.clone()), Self::HEADS));
        let x = self.attended.forward(side_by_side(attend(q, k, v, Sees::All)), x);
        let hidden = gelu(self.intermediate.forward(x.clone()));
        self.output.forward(hidden, x)
    }
}

/// all-MiniLM-L6-v2, on texts without padding.
#[derive(Module, Debug)]
pub(crate) struct MiniLm {
    words: Embedding,
    places: Embedding,
    types: Embedding,
    norm: LayerNorm,
    layers: Vec<Layer>,
}

impl MiniLm {
    pub(crate) fn new(weights: &File) -> Fallible<Self> {
        let layers = (0..6).map(|i| Layer::new(weights, &format!("encoder.layer.{i}")));
        Ok(MiniLm {
            words: weights.embedding("embeddings.word_embeddings")?,
            places: weights.embedding("embeddings.position_embeddings")?,
            types: weights.embedding("embeddings.token_type_embeddings")?,
            norm: weights.layer_norm("embeddings.LayerNorm", 1e-12)?,
            layers: layers.collect::<Fallible<_>>()?,
        })
    }

    pub(crate) fn forward(&self, tokens: Tensor<2, Int>) -> Tensor<3> {
        let places = Tensor::<1, Int>::arange(0..tokens.dims()[1] as i64, &tokens.device()).unsqueeze();
        let x = self.words.forward(tokens.clone()) + self.types.forward(tokens.zeros_like());
        let x = self.norm.forward(x + self.places.forward(places));
        self.layers.iter().fold(x, |x, layer| layer.forward(x))
    }
}
