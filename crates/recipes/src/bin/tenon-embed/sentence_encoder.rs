//! all-MiniLM-L6-v2 with its tokenizer: from texts to vectors.

use std::path::Path;

use serde_json::Value;
use tenon_datasets::packages::MINILM;
use tenon_layers::prelude::*;
use tenon_layers::state_dict::{self, FileError};
use tenon_models::{AllMiniLmL6, Texts, UncasedVocabulary};
use tokenizers::{Tokenizer, TruncationParams};

use crate::error::Error;

/// The tokenizer: cuts texts into words and pieces of words.
pub(crate) struct WordPieces {
    tokenizer: Tokenizer,
    /// The token of what the vocabulary has no pieces for.
    unknown: u32,
}

/// The pretrained encoder.
pub(crate) struct SentenceEncoder {
    model: Box<AllMiniLmL6>,
}

/// A text as tokens.
pub(crate) struct Tokenized {
    ids: Vec<u32>,
    /// Whether there were more.
    pub(crate) is_cut: bool,
}

/// Tokens that are read of a text, those of its begin and end included: the longest texts that the
/// published model was trained to compare.
pub(crate) const MOST_TOKENS: usize = 256;

/// Texts that are read together; it only affects speed.
const BATCH: usize = 32;

/// What the weights do not show: the same numbers mean something else to another architecture.
const ARCHITECTURE: &[(&str, &str)] = &[
    ("model_type", "\"bert\""),
    ("hidden_act", "\"gelu\""),
    ("layer_norm_eps", "1e-12"),
    ("num_attention_heads", "12"),
    ("num_hidden_layers", "6"),
];

/// The numbers `0..512`, which older versions of the published code keep beside the parameters.
const NOT_LEARNED: &[&str] = &["embeddings.position_ids"];

impl WordPieces {
    /// Reads the tokenizer from a folder with `tokenizer.json`.
    pub(crate) fn read(folder: &Path) -> Result<Self, Error> {
        let (path, bytes) = MINILM.read(folder, "tokenizer.json")?;
        let refuse = |cause| Error::Tokenizer { path: path.clone(), cause };
        let mut tokenizer = Tokenizer::from_bytes(&bytes).map_err(refuse)?;
        let (expected, found) = (UncasedVocabulary::N, tokenizer.get_vocab_size(true));
        if found != expected {
            return Err(Error::TokenizerVocabulary { path, expected, found });
        }
        let unknown = tokenizer.token_to_id("[UNK]").ok_or_else(|| refuse("it has no token [UNK]".into()))?;
        tokenizer.with_padding(None);
        let truncation = TruncationParams { max_length: MOST_TOKENS, ..Default::default() };
        tokenizer.with_truncation(Some(truncation)).map_err(refuse)?;
        Ok(Self { tokenizer, unknown })
    }

    /// The tokens of a text, cut off after [`MOST_TOKENS`].
    pub(crate) fn tokenize(&self, text: &str) -> Result<Tokenized, Error> {
        let encoding = self
            .tokenizer
            .encode(text, true)
            .map_err(|cause| Error::Tokenize { text: text.to_owned(), cause })?;
        let mut known = encoding
            .get_ids()
            .iter()
            .zip(encoding.get_special_tokens_mask())
            .filter(|&(&id, &is_special)| is_special == 0 && id != self.unknown);
        if known.next().is_none() {
            return Err(Error::NoKnownToken { text: text.to_owned() });
        }
        let is_cut = !encoding.get_overflowing().is_empty();
        Ok(Tokenized { ids: encoding.get_ids().to_vec(), is_cut })
    }
}

impl SentenceEncoder {
    /// Reads the encoder from a folder with `config.json` and `model.safetensors`.
    pub(crate) fn read(folder: &Path) -> Result<Self, Error> {
        let (path, bytes) = MINILM.read(folder, "config.json")?;
        let config: Value = serde_json::from_slice(&bytes)
            .map_err(|cause| Error::Configuration { path: path.clone(), cause })?;
        for &(key, expected) in ARCHITECTURE {
            let found = config.get(key).unwrap_or(&Value::Null).to_string();
            if found != expected {
                return Err(Error::Architecture { path, key, expected, found });
            }
        }
        let (path, bytes) = MINILM.read(folder, "model.safetensors")?;
        let mut model = Box::new(AllMiniLmL6::init(&mut SeededRng::new(0)));
        state_dict::from_bytes_besides(&mut *model, &bytes, NOT_LEARNED)
            .map_err(|source| Error::Weights(FileError::Contents { path, source }))?;
        Ok(Self { model })
    }

    /// The vectors of texts: the mean over the tokens of each, scaled to length 1. The dot product
    /// of two is the cosine of the angle between them.
    pub(crate) fn embed(&self, texts: &[Tokenized]) -> Vec<Vec<f32>> {
        let mut embeddings = Vec::with_capacity(texts.len());
        for batch in texts.chunks(BATCH) {
            let ids: Vec<Vec<u32>> = batch.iter().map(|text| text.ids.clone()).collect();
            let padded: Texts<_, _, UncasedVocabulary> =
                Texts::padded(&ids).expect("the tokenizer has the vocabulary of the model");
            let states = self.model.forward(padded.clone(), &mut Context::<Cpu>::eval());
            let means = padded.mean(&states).to_vec();
            embeddings.extend(means.chunks(means.len() / batch.len()).map(scaled_to_one));
        }
        embeddings
    }
}

/// The vector of the same direction and of length 1.
fn scaled_to_one(vector: &[f32]) -> Vec<f32> {
    let length = vector.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
    // The least length by which PyTorch's `normalize` divides.
    vector.iter().map(|&x| (f64::from(x) / length.max(1e-12)) as f32).collect()
}
