//! GPT as something that writes.

use tenon_layers::prelude::*;
use tenon_layers::tensor::shape::DivExact;

use crate::gpt::{Gpt, Multiples};
use crate::language_model::Generator;

/// A [`Gpt`] that goes on with a text: each token is read once, as long as there is room.
///
/// A text that does not fit into `Length` any more loses its beginning: the last half of the window
/// is read again, as if the text began there, since the places of its tokens are others by then.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// use tenon_models::{Generator, Gpt, GptWriter};
/// let model: Gpt<U10, U8, U4, U2, 1> = Init::init(&mut SeededRng::new(0));
/// let mut writer = GptWriter::new(model);
/// let scores = writer.feed(&[3, 1, 4]);
/// assert_eq!(scores.len(), 10);
/// ```
#[derive(Clone, Debug)]
pub struct GptWriter<Vocab, Length, Width, Heads, const LAYERS: usize>
where
    Vocab: StaticDim,
    Length: StaticDim,
    Width: Multiples + DivExact<Heads>,
    Heads: StaticDim,
{
    model: Gpt<Vocab, Length, Width, Heads, LAYERS>,
    /// The tokens that the next one can look back to.
    window: Vec<u32>,
    /// Their keys and values in each block; none if they are computed again for each token.
    caches: Option<[KvCache<Width>; LAYERS]>,
}

impl<Vocab, Length, Width, Heads, const LAYERS: usize> GptWriter<Vocab, Length, Width, Heads, LAYERS>
where
    Vocab: StaticDim,
    Length: StaticDim,
    Width: Multiples + DivExact<Heads>,
    Heads: StaticDim,
{
    /// A writer that has read nothing yet.
    pub fn new(model: Gpt<Vocab, Length, Width, Heads, LAYERS>) -> Self {
        GptWriter { model, window: Vec::new(), caches: Some(empty()) }
    }

    /// A writer that reads its whole window again for each token: slower, and what the other one is
    /// held against.
    pub fn without_cache(model: Gpt<Vocab, Length, Width, Heads, LAYERS>) -> Self {
        GptWriter { model, window: Vec::new(), caches: None }
    }

    /// Takes tokens into the window, and gives how many at its end are to be read.
    fn take(&mut self, tokens: &[u32]) -> usize {
        self.window.extend_from_slice(tokens);
        let mut n_new = tokens.len();
        if self.window.len() > Length::N {
            n_new = n_new.max(Length::N / 2);
            self.window.drain(..self.window.len() - n_new);
            self.caches = self.caches.take().map(|_| empty());
        }
        if self.caches.is_some() { n_new } else { self.window.len() }
    }
}

/// Caches that have seen nothing.
fn empty<Width: StaticDim, const LAYERS: usize>() -> [KvCache<Width>; LAYERS] {
    std::array::from_fn(|_| KvCache::default())
}

impl<Vocab, Length, Width, Heads, const LAYERS: usize> Generator
    for GptWriter<Vocab, Length, Width, Heads, LAYERS>
where
    Vocab: StaticDim,
    Length: StaticDim,
    Width: Multiples + DivExact<Heads>,
    Heads: StaticDim,
{
    /// # Panics
    /// Also when there are more tokens than [`longest_prompt`](Generator::longest_prompt).
    fn feed(&mut self, tokens: &[u32]) -> Vec<f32> {
        assert!(!tokens.is_empty(), "there is nothing to read");
        assert!(tokens.len() <= Length::N, "{} tokens are more than {}", tokens.len(), Length::N);
        let n_read = self.take(tokens);
        let read = self.window[self.window.len() - n_read..].to_vec();
        let read: Ids<(U1, Dyn), Vocab> =
            Ids::try_from_vec((U1::new(), Dyn(n_read)), read).expect("tokens of the vocabulary");
        let scores = self.model.scores_after(&read, self.caches.as_mut(), &mut Context::<Cpu>::eval());
        scores.slice::<1>(n_read - 1, 1).to_vec()
    }

    fn longest_prompt(&self) -> Option<usize> {
        Some(Length::N)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Small = Gpt<U10, U8, U12, U3, 2>;

    /// Weights so large that scores differ by much more than they round.
    fn small() -> Small {
        let mut model = Small::init(&mut SeededRng::new(5));
        tenon_layers::Module::visit_mut(
            &mut model,
            &mut tenon_layers::Path::root(),
            &mut |name: &str, _: tenon_layers::LeafId, value: &mut tenon_layers::tensor::Array<f32>| {
                if !name.contains("ln_") {
                    value.make_mut().iter_mut().for_each(|weight| *weight *= 20.0);
                }
            },
        );
        model
    }

    fn greedy(mut writer: impl Generator, prompt: &[u32], n_tokens: usize) -> Vec<u32> {
        let mut scores = writer.feed(prompt);
        let mut text = Vec::new();
        for _ in 0..n_tokens {
            let best = (0..scores.len()).max_by(|&i, &j| scores[i].total_cmp(&scores[j]));
            text.push(best.expect("a vocabulary") as u32);
            scores = writer.feed(&text[text.len() - 1..]);
        }
        text
    }

    #[test]
    fn the_text_is_the_same_without_the_cache() {
        let model = small();
        for prompt in [&[3][..], &[1, 2, 3, 4, 5], &[9, 8, 7, 6, 5, 4, 3, 2]] {
            // Three times as long as the window, so that it loses its beginning.
            let cached = greedy(GptWriter::new(model.clone()), prompt, 24);
            assert_eq!(cached, greedy(GptWriter::without_cache(model.clone()), prompt, 24));
            assert!(cached.iter().any(|&token| token != cached[0]), "a text of one letter shows little");
        }
    }

    #[test]
    fn a_window_loses_its_first_half() {
        let mut writer = GptWriter::new(small());
        writer.feed(&[0, 1, 2, 3, 4, 5, 6, 7]);
        let scores = writer.feed(&[8]);
        assert_eq!(scores, GptWriter::new(writer.model.clone()).feed(&[5, 6, 7, 8]));
    }

    #[test]
    #[should_panic(expected = "9 tokens are more than 8")]
    fn a_prompt_longer_than_the_window_is_refused() {
        GptWriter::new(small()).feed(&[0; 9]);
    }
}
