//! Models of texts.

use candle_core::{D, DType, Device, Result, Tensor};
use candle_nn::attention::{AttnMask, flash_attn};
use candle_nn::kv_cache::KvCache;
use candle_nn::rnn::{LSTMConfig, RNN};
use candle_nn::{Linear, Module, ops, rnn};
use tenon_peers_protocol::{Fallible, Run};

use crate::run::digest_of;
use crate::weights::{Model, Weights};

pub(crate) fn char_lstm(weights: &Weights) -> Result<impl Model + use<>> {
    let embedding = weights.get("embedding.weight")?;
    let lstm = rnn::lstm(64, 256, LSTMConfig::default(), weights.builder().pp("lstm"))?;
    let output = weights.linear("output")?;
    Ok(move |tokens: &Tensor, _: bool| {
        let states = lstm.seq(&embed(&embedding, tokens)?)?;
        output.forward(&lstm.states_to_tensor(&states)?)
    })
}

fn embed(vectors: &Tensor, tokens: &Tensor) -> Result<Tensor> {
    let (n, t) = tokens.dims2()?;
    vectors.index_select(&tokens.flatten_all()?, 0)?.reshape((n, t, ()))
}

/// A normalization; the library's kernel has no derivative, so training takes its definition.
struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    epsilon: f32,
}

impl LayerNorm {
    fn new(weights: &Weights, name: &str, epsilon: f32) -> Result<Self> {
        let [weight, bias] = ["weight", "bias"].map(|part| weights.get(&format!("{name}.{part}")));
        Ok(LayerNorm { weight: weight?, bias: bias?, epsilon })
    }

    fn forward(&self, x: &Tensor, in_training: bool) -> Result<Tensor> {
        let norm = if in_training { ops::layer_norm_slow } else { ops::layer_norm };
        norm(x, &self.weight, &self.bias, self.epsilon)
    }
}

/// GPT-2's linear layer, whose weight is the other way round.
struct Conv1D {
    weight: Tensor,
    bias: Tensor,
}

impl Conv1D {
    fn new(weights: &Weights, name: &str) -> Result<Self> {
        let [weight, bias] = ["weight", "bias"].map(|part| weights.get(&format!("{name}.{part}")));
        Ok(Conv1D { weight: weight?, bias: bias? })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (n, t, width) = x.dims3()?;
        let flat = x.reshape((n * t, width))?.matmul(&self.weight)?.broadcast_add(&self.bias)?;
        flat.reshape((n, t, ()))
    }
}

struct Block {
    ln_1: LayerNorm,
    c_attn: Conv1D,
    attn_proj: Conv1D,
    ln_2: LayerNorm,
    c_fc: Conv1D,
    mlp_proj: Conv1D,
}

impl Block {
    fn new(weights: &Weights, name: &str) -> Result<Self> {
        Ok(Block {
            ln_1: LayerNorm::new(weights, &format!("{name}.ln_1"), 1e-5)?,
            c_attn: Conv1D::new(weights, &format!("{name}.attn.c_attn"))?,
            attn_proj: Conv1D::new(weights, &format!("{name}.attn.c_proj"))?,
            ln_2: LayerNorm::new(weights, &format!("{name}.ln_2"), 1e-5)?,
            c_fc: Conv1D::new(weights, &format!("{name}.mlp.c_fc"))?,
            mlp_proj: Conv1D::new(weights, &format!("{name}.mlp.c_proj"))?,
        })
    }

    /// `attend` takes queries, keys and values, each `(N, T, E)`.
    fn forward(
        &self,
        x: Tensor,
        in_training: bool,
        attend: impl FnOnce([Tensor; 3]) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let width = x.dim(2)?;
        let qkv = self.c_attn.forward(&self.ln_1.forward(&x, in_training)?)?;
        let [q, k, v] = [0, 1, 2].map(|part| qkv.narrow(2, part * width, width));
        let x = (x + self.attn_proj.forward(&attend([q?, k?, v?])?)?)?;
        let hidden = self.c_fc.forward(&self.ln_2.forward(&x, in_training)?)?.gelu()?;
        x + self.mlp_proj.forward(&hidden)?
    }
}

struct Gpt {
    wte: Tensor,
    wpe: Tensor,
    blocks: Vec<Block>,
    ln_f: LayerNorm,
    n_heads: usize,
}

impl Gpt {
    fn new(weights: &Weights, n_layers: usize, n_heads: usize) -> Result<Self> {
        let blocks = (0..n_layers).map(|i| Block::new(weights, &format!("h.{i}")));
        Ok(Gpt {
            wte: weights.get("wte.weight")?,
            wpe: weights.get("wpe.weight")?,
            blocks: blocks.collect::<Result<_>>()?,
            ln_f: LayerNorm::new(weights, "ln_f", 1e-5)?,
            n_heads,
        })
    }

    fn embed(&self, tokens: &Tensor, start: usize) -> Result<Tensor> {
        embed(&self.wte, tokens)?.broadcast_add(&self.wpe.narrow(0, start, tokens.dim(1)?)?)
    }

    fn scores(&self, x: &Tensor, in_training: bool) -> Result<Tensor> {
        let (n, t, width) = x.dims3()?;
        let x = self.ln_f.forward(x, in_training)?.reshape((n * t, width))?;
        x.matmul(&self.wte.t()?)?.reshape((n, t, ()))
    }

    fn after(&self, tokens: &Tensor, caches: &mut [KvCache]) -> Result<Tensor> {
        let start = caches[0].current_seq_len();
        let mut x = self.embed(tokens, start)?;
        for (block, cache) in self.blocks.iter().zip(caches) {
            x = block.forward(x, false, |[q, k, v]| {
                let (n, t, width) = q.dims3()?;
                let in_heads = |x: &Tensor| x.reshape((n, t, self.n_heads, ()));
                let (k, v) = cache.append(&in_heads(&k)?.contiguous()?, &in_heads(&v)?.contiguous()?)?;
                let mask = AttnMask::causal_with_offset(start);
                let scale = 1.0 / ((width / self.n_heads) as f32).sqrt();
                let heard = flash_attn::<f32>(
                    &in_heads(&q)?.contiguous()?,
                    &k.contiguous()?,
                    &v.contiguous()?,
                    scale,
                    mask,
                    None,
                    None,
                )?;
                heard.transpose(1, 2)?.reshape((n, t, width))
            })?;
        }
        self.scores(&x, false)
    }
}

pub(crate) fn gpt(weights: &Weights, n_layers: usize, n_heads: usize) -> Result<impl Model + use<>> {
    let model = Gpt::new(weights, n_layers, n_heads)?;
    Ok(move |tokens: &Tensor, in_training: bool| {
        let t = tokens.dim(1)?;
        let rows = Tensor::arange(0, t as u32, &Device::Cpu)?;
        let ahead = rows.unsqueeze(0)?.broadcast_gt(&rows.unsqueeze(1)?)?;
        // What is added to scores: nothing, or so little that no weight is left.
        let mask = (ahead.to_dtype(DType::F32)? * -1e9)?;
        let mut x = model.embed(tokens, 0)?;
        for block in &model.blocks {
            x = block.forward(x, in_training, |[q, k, v]| {
                let (n, t, width) = q.dims3()?;
                let in_heads = |x: Tensor| x.reshape((n, t, n_heads, ()))?.transpose(1, 2)?.contiguous();
                let (q, k, v) = (in_heads(q)?, in_heads(k)?, in_heads(v)?);
                let scale = 1.0 / ((width / n_heads) as f64).sqrt();
                let scores = (q.matmul(&k.t()?)? * scale)?.broadcast_add(&mask)?;
                let heard = ops::softmax(&scores, D::Minus1)?.matmul(&v)?;
                heard.transpose(1, 2)?.reshape((n, t, width))
            })?;
        }
        model.scores(&x, in_training)
    })
}

/// How many tokens are read at once, and how many then come one at a time.
const PROMPT: usize = 64;
const DECODED: usize = 64;

/// A text continued token by token.
pub(crate) struct Decoding {
    model: Gpt,
    /// What is appended to a copy overwrites what was appended to the copy before.
    after_prompt: Vec<KvCache>,
    tokens: Vec<Tensor>,
    scores: Option<Tensor>,
}

impl Decoding {
    pub(crate) fn new(weights: &Weights, tokens: &Tensor) -> Result<Self> {
        let model = Gpt::new(weights, 6, 6)?;
        let mut after_prompt = vec![KvCache::new(1, PROMPT + DECODED); model.blocks.len()];
        model.after(&tokens.narrow(1, 0, PROMPT)?, &mut after_prompt)?;
        let one_by_one = (PROMPT..PROMPT + DECODED).map(|i| tokens.narrow(1, i, 1));
        let tokens = one_by_one.collect::<Result<_>>()?;
        Ok(Decoding { model, after_prompt, tokens, scores: None })
    }
}

impl Run for Decoding {
    fn run(&mut self) -> Fallible<()> {
        let mut caches = self.after_prompt.clone();
        for token in &self.tokens {
            self.scores = Some(self.model.after(token, &mut caches)?);
        }
        Ok(())
    }

    fn outcome(&self) -> Fallible<Vec<f64>> {
        digest_of(self.scores.as_ref().ok_or("there was no run")?)
    }

    fn units(&self) -> usize {
        DECODED
    }
}

/// A layer of BERT.
struct Layer {
    maps: [Linear; 3],
    attended: AddNorm,
    intermediate: Linear,
    output: AddNorm,
}

/// The end of each half of a layer.
struct AddNorm {
    dense: Linear,
    norm: LayerNorm,
}

impl AddNorm {
    fn new(weights: &Weights, name: &str) -> Result<Self> {
        let norm = LayerNorm::new(weights, &format!("{name}.LayerNorm"), 1e-12)?;
        Ok(AddNorm { dense: weights.linear(&format!("{name}.dense"))?, norm })
    }

    fn forward(&self, hidden: &Tensor, x: &Tensor) -> Result<Tensor> {
        self.norm.forward(&(x + self.dense.forward(hidden)?)?, false)
    }
}

impl Layer {
    fn new(weights: &Weights, name: &str) -> Result<Self> {
        let map = |part: &str| weights.linear(&format!("{name}.attention.self.{part}"));
        Ok(Layer {
            maps: [map("query")?, map("key")?, map("value")?],
            attended: AddNorm::new(weights, &format!("{name}.attention.output"))?,
            intermediate: weights.linear(&format!("{name}.intermediate.dense"))?,
            output: AddNorm::new(weights, &format!("{name}.output"))?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        const HEADS: usize = 12;
        let (n, t, width) = x.dims3()?;
        let in_heads = |map: &Linear| map.forward(x)?.reshape((n, t, HEADS, ()));
        let [q, k, v] = self.maps.each_ref().map(in_heads);
        let scale = 1.0 / ((width / HEADS) as f32).sqrt();
        let heard = flash_attn::<f32>(&q?, &k?, &v?, scale, AttnMask::None, None, None)?;
        let x = self.attended.forward(&heard.transpose(1, 2)?.reshape((n, t, width))?, x)?;
        let hidden = self.intermediate.forward(&x)?.gelu_erf()?;
        self.output.forward(&hidden, &x)
    }
}

/// all-MiniLM-L6-v2, on texts without padding.
pub(crate) fn minilm(weights: &Weights) -> Result<impl Model + use<>> {
    let part = |name: &str| weights.get(&format!("embeddings.{name}_embeddings.weight"));
    let [words, places, types] = [part("word")?, part("position")?, part("token_type")?];
    let norm = LayerNorm::new(weights, "embeddings.LayerNorm", 1e-12)?;
    let layers = (0..6).map(|i| Layer::new(weights, &format!("encoder.layer.{i}")));
    let layers = layers.collect::<Result<Vec<_>>>()?;
    Ok(move |tokens: &Tensor, _: bool| {
        let x = embed(&words, tokens)?.broadcast_add(&places.narrow(0, 0, tokens.dim(1)?)?)?;
        let x = norm.forward(&x.broadcast_add(&types.narrow(0, 0, 1)?)?, false)?;
        layers.iter().try_fold(x, |x, layer| layer.forward(&x))
    })
}
