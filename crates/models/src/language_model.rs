//! Models of text: what scores the next token, and what writes with such scores.

use tenon_layers::prelude::*;

/// A model that says after each token of a text how likely every token is to come next.
///
/// A model that sees no further than the text it is given has `()` as its memory. A recurrent one
/// keeps its state there, as numbers without a history: the derivative of a stretch of text ends
/// where the stretch begins, which is truncated back-propagation through time.
///
/// # Shapes
/// `N` texts of `T` tokens: `(N, T) → (N, T, V)` scores, before softmax
pub trait LanguageModel<V: Dim>: Module {
    /// What it remembers of the texts so far; nothing at first.
    type Memory: Default;

    /// The scores of the token after each one. The texts go on where those before them ended, as
    /// far as `memory` holds that, and `memory` then holds where they end.
    fn scores<B: Backend<Elem = f32>>(
        &self,
        tokens: &Ids<(Dyn, Dyn), V>,
        memory: &mut Self::Memory,
        ctx: &mut Context<B>,
    ) -> Tensor<(Dyn, Dyn, V), B>;
}

/// Something that reads a text token by token and says what could come next.
pub trait Generator {
    /// Reads tokens, which go on where those before them ended, and gives the score of every token
    /// of the vocabulary to come next.
    ///
    /// # Panics
    /// When there are no tokens, or one is not of the vocabulary.
    fn feed(&mut self, tokens: &[u32]) -> Vec<f32>;

    /// How many tokens a prompt may have; `None` if as many as one likes.
    fn longest_prompt(&self) -> Option<usize> {
        None
    }
}

/// A [`Generator`] made of a model with a memory: each token is read once.
#[derive(Clone, Debug)]
pub struct Remembering<M, V: Dim>
where
    M: LanguageModel<V>,
{
    model: M,
    memory: M::Memory,
}

impl<M: LanguageModel<V>, V: Dim> Remembering<M, V> {
    /// A generator that has read nothing yet.
    pub fn new(model: M) -> Self {
        Remembering { model, memory: M::Memory::default() }
    }
}

impl<M: LanguageModel<V>, V: StaticDim> Generator for Remembering<M, V> {
    fn feed(&mut self, tokens: &[u32]) -> Vec<f32> {
        assert!(!tokens.is_empty(), "there is nothing to read");
        let tokens: Ids<(Dyn, Dyn), V> = Ids::try_from_vec((Dyn(1), Dyn(tokens.len())), tokens.to_vec())
            .expect("tokens of the vocabulary");
        let scores = self.model.scores(&tokens, &mut self.memory, &mut Context::<Cpu>::eval()).to_vec();
        scores[scores.len() - V::N..].to_vec()
    }
}
