//! Choosing a token by its score.

use rand::{Rng, RngExt};

/// How the next token is chosen from scores.
///
/// Scores are divided by the temperature; of the tokens, the `top_k` likeliest stay, and of those
/// the fewest whose probabilities add up to at least `top_p`; one of them is drawn by its
/// probability. A temperature of 0 takes the likeliest token.
///
/// # Source
/// Fan, Lewis and Dauphin 2018, "Hierarchical neural story generation" (top-k); Holtzman et al.
/// 2020, "The curious case of neural text degeneration" (top-p, there called nucleus sampling).
///
/// # Example
/// ```
/// use tenon_layers::SeededRng;
/// use tenon_models::Sampler;
/// let greedy = Sampler { temperature: 0.0, ..Sampler::default() };
/// assert_eq!(greedy.choose(&[0.5, 2.0, 1.0], &mut SeededRng::new(0)), 1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampler {
    /// What scores are divided by: above 1 the choice is bolder, towards 0 safer.
    pub temperature: f64,
    /// How many of the likeliest tokens may be chosen; `None` for all.
    pub top_k: Option<usize>,
    /// How much probability the tokens that may be chosen have together, at least; 1 for all.
    pub top_p: f64,
}

impl Default for Sampler {
    /// Tokens by their probabilities, unchanged.
    fn default() -> Self {
        Sampler { temperature: 1.0, top_k: None, top_p: 1.0 }
    }
}

impl Sampler {
    /// The token chosen from the scores of all; among equal scores the first one is the likelier.
    ///
    /// # Panics
    /// When there are no scores.
    pub fn choose(&self, scores: &[f32], rng: &mut impl Rng) -> u32 {
        let candidates = self.candidates(scores);
        let total: f64 = candidates.iter().map(|(_, weight)| weight).sum();
        let mut left = rng.random::<f64>() * total;
        for &(token, weight) in &candidates {
            left -= weight;
            if left < 0.0 {
                return token;
            }
        }
        // Rounding can leave a trace of the total after the last one.
        candidates.last().expect("at least one token stays").0
    }

    /// The tokens that may be chosen, the likeliest first, with weights in proportion to their
    /// probabilities.
    fn candidates(&self, scores: &[f32]) -> Vec<(u32, f64)> {
        assert!(!scores.is_empty(), "there is nothing to choose from");
        let mut tokens: Vec<u32> = (0..scores.len() as u32).collect();
        let score = |token: u32| f64::from(scores[token as usize]);
        // A stable sort keeps equal scores in the order of their tokens.
        tokens.sort_by(|&a, &b| score(b).total_cmp(&score(a)));
        let n_kept = if self.temperature == 0.0 { 1 } else { self.top_k.unwrap_or(usize::MAX).max(1) };
        tokens.truncate(n_kept);
        let highest = score(tokens[0]);
        let temperature = if self.temperature == 0.0 { 1.0 } else { self.temperature };
        // The highest is taken away first, so that no exponential overflows.
        let weight = |token: u32| ((score(token) - highest) / temperature).exp();
        let mut candidates: Vec<(u32, f64)> = tokens.iter().map(|&token| (token, weight(token))).collect();
        let enough = self.top_p * candidates.iter().map(|(_, weight)| weight).sum::<f64>();
        let sums = candidates.iter().scan(0.0, |sum, (_, weight)| {
            let before = *sum;
            *sum += weight;
            Some(before)
        });
        let n_needed = sums.take_while(|&before| before < enough).count();
        candidates.truncate(n_needed.max(1));
        candidates
    }
}

#[cfg(test)]
mod tests {
    use tenon_layers::SeededRng;

    use super::*;

    /// Scores whose probabilities are 0.1, 0.4, 0.2 and 0.3.
    fn scores() -> Vec<f32> {
        [0.1_f32, 0.4, 0.2, 0.3].iter().map(|p| p.ln() + 5.0).collect()
    }

    fn kept(sampler: Sampler) -> Vec<u32> {
        sampler.candidates(&scores()).into_iter().map(|(token, _)| token).collect()
    }

    #[test]
    fn the_likeliest_come_first_and_the_others_go() {
        let all = Sampler::default();
        assert_eq!(kept(all), [1, 3, 2, 0]);
        assert_eq!(kept(Sampler { top_k: Some(2), ..all }), [1, 3]);
        assert_eq!(kept(Sampler { top_k: Some(9), ..all }), [1, 3, 2, 0]);
        assert_eq!(kept(Sampler { temperature: 0.0, ..all }), [1]);
        // The token that reaches the share stays.
        assert_eq!(kept(Sampler { top_p: 0.39, ..all }), [1]);
        assert_eq!(kept(Sampler { top_p: 0.41, ..all }), [1, 3]);
        assert_eq!(kept(Sampler { top_p: 0.69, ..all }), [1, 3]);
        // It is a share of what the others leave: 4 of 7 and 3 of 7.
        assert_eq!(kept(Sampler { top_k: Some(2), top_p: 0.5, ..all }), [1]);
    }

    #[test]
    fn tokens_come_as_often_as_they_are_likely() {
        const N: usize = 20_000;
        let mut rng = SeededRng::new(4);
        for (sampler, probabilities) in [
            (Sampler::default(), [0.1, 0.4, 0.2, 0.3]),
            (Sampler { top_k: Some(2), ..Sampler::default() }, [0.0, 4.0 / 7.0, 0.0, 3.0 / 7.0]),
            // Squares, since the temperature is a half.
            (
                Sampler { temperature: 0.5, ..Sampler::default() },
                [1.0 / 30.0, 16.0 / 30.0, 4.0 / 30.0, 9.0 / 30.0],
            ),
        ] {
            let mut counts = [0.0; 4];
            (0..N).for_each(|_| counts[sampler.choose(&scores(), &mut rng) as usize] += 1.0 / N as f64);
            for (count, p) in counts.iter().zip(probabilities) {
                // Five deviations.
                assert!((count - p).abs() < 5.0 * (0.25 / N as f64).sqrt(), "{sampler:?}: {counts:?}");
            }
        }
    }

    #[test]
    fn equal_scores_and_extreme_ones_have_an_answer() {
        let mut rng = SeededRng::new(0);
        let greedy = Sampler { temperature: 0.0, ..Sampler::default() };
        assert_eq!(greedy.choose(&[1.0, 1.0], &mut rng), 0);
        assert_eq!(Sampler::default().choose(&[-1e30, 1e30, f32::NEG_INFINITY], &mut rng), 1);
        assert_eq!(Sampler { temperature: 1e-30, ..Sampler::default() }.choose(&scores(), &mut rng), 1);
    }
}
