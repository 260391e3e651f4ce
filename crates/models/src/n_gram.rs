//! Counting what follows: the language model that a network has to beat.

use std::collections::HashMap;

/// The probability of a token after the `N − 1` before it, from how often each sequence of up to
/// `N` tokens stands in a text, by Witten and Bell's interpolation.
///
/// With c(h, w) how often w follows h, c(h) how often anything does, T(h) how many different tokens
/// do, and h⁻ the context h without its first token,
/// `p(w | h) = (c(h, w) + T(h) · p(w | h⁻)) / (c(h) + T(h))`: a context that was followed by much
/// that was new trusts the shorter one more. The shortest backs off to all tokens alike.
///
/// # Source
/// Witten and Bell 1991, "The zero-frequency problem", method C, interpolated as in Chen and
/// Goodman 1998, "An empirical study of smoothing techniques for language modeling", section 2.4.
///
/// # Example
/// ```
/// use tenon_models::NGram;
/// let counts = NGram::<3>::new(2, &[0, 1, 0, 1, 0, 1]);
/// assert!(counts.probability(&[0, 1], 0) > 0.7);
/// assert!(counts.nats_per_token(&[0, 1, 0, 1]) < 0.4);
/// ```
#[derive(Clone, Debug)]
pub struct NGram<const N: usize> {
    vocabulary: u64,
    /// What followed each context, by the length of the context.
    orders: [HashMap<u64, Followers>; N],
}

/// What followed a context.
#[derive(Clone, Debug, Default)]
struct Followers {
    total: u64,
    /// Each token with its count. There are few, so they are searched one by one.
    counts: Vec<(u32, u32)>,
}

impl Followers {
    fn count(&mut self, token: u32) {
        self.total += 1;
        match self.counts.iter_mut().find(|(known, _)| *known == token) {
            Some((_, count)) => *count += 1,
            None => self.counts.push((token, 1)),
        }
    }

    /// Interpolated with the probability that a shorter context gives.
    fn probability(&self, token: u32, shorter: f64) -> f64 {
        let count = self.counts.iter().find(|(known, _)| *known == token).map_or(0, |(_, count)| *count);
        let n_kinds = self.counts.len() as f64;
        (f64::from(count) + n_kinds * shorter) / (self.total as f64 + n_kinds)
    }
}

impl<const N: usize> NGram<N> {
    /// Counts a text of a vocabulary of this size.
    ///
    /// # Panics
    /// When a token is not of the vocabulary, or there are so many contexts that 64 bits do not
    /// number them.
    pub fn new(vocabulary: usize, text: &[u32]) -> Self {
        let vocabulary = vocabulary as u64;
        assert!(vocabulary.checked_pow(N as u32).is_some(), "{vocabulary} tokens in contexts of {N}");
        assert!(text.iter().all(|&token| u64::from(token) < vocabulary), "tokens below {vocabulary}");
        let mut counts = NGram { vocabulary, orders: std::array::from_fn(|_| HashMap::new()) };
        for (i, &token) in text.iter().enumerate() {
            for length in 0..N.min(i + 1) {
                let context = counts.number(&text[i - length..i]);
                counts.orders[length].entry(context).or_default().count(token);
            }
        }
        counts
    }

    /// The number of a context among those of its length.
    fn number(&self, context: &[u32]) -> u64 {
        context.iter().fold(0, |number, &token| number * self.vocabulary + u64::from(token))
    }

    /// The probability of `token` after `before`, of which the last `N − 1` matter.
    pub fn probability(&self, before: &[u32], token: u32) -> f64 {
        let uniform = 1.0 / self.vocabulary as f64;
        (0..N.min(before.len() + 1)).fold(uniform, |shorter, length| {
            let context = self.number(&before[before.len() - length..]);
            self.orders[length].get(&context).map_or(shorter, |seen| seen.probability(token, shorter))
        })
    }

    /// The mean of `−ln p` over all tokens of a text but the first; NaN if there are none.
    pub fn nats_per_token(&self, text: &[u32]) -> f64 {
        let nats = |i: usize| -self.probability(&text[i.saturating_sub(N)..i], text[i]).ln();
        (1..text.len()).map(nats).sum::<f64>() / text.len().saturating_sub(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: [u32; 12] = [0, 1, 2, 0, 1, 2, 0, 1, 1, 2, 2, 0];

    #[test]
    fn probabilities_add_up_to_one() {
        let counts = NGram::<4>::new(4, &TEXT);
        for before in [&[][..], &[0], &[0, 1], &[3], &[2, 2, 2], &[1, 2, 0, 1]] {
            let sum: f64 = (0..4).map(|token| counts.probability(before, token)).sum();
            assert!((sum - 1.0).abs() < 1e-12, "{before:?}: {sum}");
        }
    }

    #[test]
    fn the_recurrence_is_that_of_witten_and_bell() {
        // Counted by hand: 4 zeros, 4 ones, 4 twos; after 0 comes 1, three times.
        let counts = NGram::<2>::new(3, &TEXT);
        let alone = (4.0 + 3.0 / 3.0) / (12.0 + 3.0);
        assert!((counts.probability(&[], 1) - alone).abs() < 1e-12);
        assert!((counts.probability(&[0], 1) - (3.0 + alone) / (3.0 + 1.0)).abs() < 1e-12);
        assert!((counts.probability(&[0], 2) - alone / 4.0).abs() < 1e-12);
    }

    #[test]
    fn what_was_never_seen_has_a_probability_all_the_same() {
        let counts = NGram::<3>::new(5, &TEXT);
        assert!(counts.probability(&[0, 1], 4) > 0.0);
        assert_eq!(NGram::<3>::new(5, &[]).probability(&[1, 2], 3), 0.2);
        assert!(counts.nats_per_token(&[4, 3, 4, 0]).is_finite());
    }

    #[test]
    fn longer_contexts_know_more_of_the_text_they_counted() {
        let text: Vec<u32> = (0..500_u32).map(|i| (i * i / 7 + i % 3) % 6).collect();
        let short = NGram::<2>::new(6, &text).nats_per_token(&text);
        assert!(NGram::<5>::new(6, &text).nats_per_token(&text) < short);
    }
}
