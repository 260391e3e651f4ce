//! A recurrent language model.

use rand::Rng;
use tenon_layers::prelude::*;
use tenon_layers::{Cost, Hidden, StaticCost, tensor::Ids};

use crate::language_model::LanguageModel;

/// Tokens, embedded, read by long short-term memory, and scored for what comes next.
///
/// # Shapes
/// `N` texts of `T` tokens: `(N, T) → (N, T, Vocab)` scores, before softmax
///
/// | layer | output | parameters |
/// | --- | --- | --- |
/// | `embedding` | `(N, T, Width)` | `Vocab · Width` |
/// | `lstm`: `L` layers | `(N, T, H)` | `4·H · (Width + H + 2)`, then `4·H · (2·H + 2)` each |
/// | `output` | `(N, T, Vocab)` | `Vocab · (H + 1)` |
///
/// # Source
/// Graves 2013, "Generating sequences with recurrent neural networks", section 3, without its
/// connections that skip layers; the state is carried from batch to batch as in Zaremba, Sutskever
/// and Vinyals 2014, "Recurrent neural network regularization", section 4.1.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// use tenon_models::{LanguageModel, LstmLanguageModel};
/// let model: LstmLanguageModel<U65, U8, U16> = Init::init(&mut SeededRng::new(0));
/// let tokens: Ids<(Dyn, Dyn), U65> = Ids::try_from_vec((Dyn(1), Dyn(3)), vec![7, 2, 64])?;
/// let scores = model.scores(&tokens, &mut None, &mut Context::<Cpu>::eval());
/// assert_eq!(scores.dims(), [1, 3, 65]);
/// # Ok::<(), tenon_layers::tensor::IdsError>(())
/// ```
#[derive(Clone, Debug, Module)]
pub struct LstmLanguageModel<Vocab: StaticDim, Width: StaticDim, H: Hidden, L: StaticDim = U1> {
    /// What each token is to the model.
    pub embedding: Embedding<Vocab, Width>,
    /// What it makes of those so far.
    pub lstm: Lstm<Width, H, L>,
    /// One score per token.
    pub output: Linear<H, Vocab>,
}

impl<Vocab: StaticDim, Width: StaticDim, H: Hidden, L: StaticDim> Init
    for LstmLanguageModel<Vocab, Width, H, L>
{
    fn init(rng: &mut impl Rng) -> Self {
        LstmLanguageModel { embedding: Init::init(rng), lstm: Init::init(rng), output: Init::init(rng) }
    }
}

impl<Vocab: StaticDim, Width: StaticDim, H: Hidden, L: StaticDim> LanguageModel<Vocab>
    for LstmLanguageModel<Vocab, Width, H, L>
{
    /// The state of the LSTM; at first there is none.
    type Memory = Option<LstmState<Dyn, H, L>>;

    /// # Panics
    /// When there are not as many texts as the memory is of, or they are empty.
    fn scores<B: Backend<Elem = f32>>(
        &self,
        tokens: &Ids<(Dyn, Dyn), Vocab>,
        memory: &mut Self::Memory,
        ctx: &mut Context<B>,
    ) -> Tensor<(Dyn, Dyn, Vocab), B> {
        let n_texts = tokens.shape().0;
        let state = memory.take().unwrap_or_else(|| LstmState::zeros(n_texts));
        let embedded = self.embedding.forward(tokens.clone(), ctx);
        let (hidden, state) = self.lstm.forward_from(embedded, state.lift(), ctx);
        *memory = Some(state.detach());
        self.output.forward(hidden, ctx)
    }
}

impl<Vocab, Width, H, L, N, T> StaticCost<Ids<(N, T), Vocab>> for LstmLanguageModel<Vocab, Width, H, L>
where
    Vocab: StaticDim,
    Width: StaticDim,
    H: Hidden,
    L: StaticDim,
    N: StaticDim,
    T: StaticDim,
{
    const COST: Cost =
        Cost::on::<Ids<(N, T), Vocab>, (Embedding<Vocab, Width>, Lstm<Width, H, L>, Linear<H, Vocab>)>();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language_model::{Generator, Remembering};

    type Model = LstmLanguageModel<U10, U4, U8, U2>;

    fn tokens(ids: &[u32]) -> Ids<(Dyn, Dyn), U10> {
        Ids::try_from_vec((Dyn(1), Dyn(ids.len())), ids.to_vec()).unwrap()
    }

    #[test]
    fn a_text_in_parts_is_scored_as_a_whole() {
        let model: Model = Init::init(&mut SeededRng::new(1));
        let ids = [3, 1, 4, 1, 5, 9, 2, 6];
        let mut ctx = Context::<Cpu>::eval();
        let whole = model.scores(&tokens(&ids), &mut None, &mut ctx).to_vec();
        let mut memory = None;
        let mut parts = Vec::new();
        for part in [&ids[..3], &ids[3..4], &ids[4..]] {
            parts.extend(model.scores(&tokens(part), &mut memory, &mut ctx).to_vec());
        }
        // Products of few rows may add up in another order.
        assert!(whole.iter().zip(&parts).all(|(a, b)| (a - b).abs() < 1e-5));

        let mut generator = Remembering::new(model);
        let last = generator.feed(&ids);
        assert!(whole[70..].iter().zip(&last).all(|(a, b)| (a - b).abs() < 1e-5));
    }

    #[test]
    fn memory_has_no_history() {
        let model: Model = Init::init(&mut SeededRng::new(1));
        let mut memory = None;
        let mut ctx = Context::<tenon_layers::autodiff::Autodiff<Cpu>>::train(1, 0);
        let first = model.scores(&tokens(&[1, 2]), &mut memory, &mut ctx);
        let second = model.scores(&tokens(&[3]), &mut memory, &mut ctx);
        drop(first);
        let gradients = second.sum_all().backward();
        // The rows of tokens that only the first stretch has are not touched.
        let rows = model.embedding.weight.gradient(&gradients).unwrap().to_vec();
        assert!(rows[4..12].iter().all(|&g| g == 0.0) && rows[12..16].iter().any(|&g| g != 0.0));
    }
}
