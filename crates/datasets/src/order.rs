//! Random orders that are the same on every machine and in every version.

/// What an order is for, so that two purposes with the same seed are unrelated.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    /// The order of the examples in one epoch.
    Epoch(u64),
    /// Which examples are held out.
    Split,
}

/// The numbers `0..len` in a random order: Fisher and Yates' shuffle in Durstenfeld's form.
///
/// # Source
/// Durstenfeld 1964, algorithm 235, Communications of the ACM 7 (7).
pub(crate) fn permutation(len: usize, seed: u64, purpose: Purpose) -> Vec<usize> {
    let mut stream = Stream::new(seed, purpose);
    let mut order: Vec<usize> = (0..len).collect();
    for last in (1..len).rev() {
        order.swap(last, stream.below(last as u64 + 1) as usize);
    }
    order
}

/// A counter-based random stream: number `i` is a hash of the key and `i`, so it depends on nothing that was drawn before.
///
/// # Source
/// Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", OOPSLA: SplitMix64, whose state is such a counter.
struct Stream {
    state: u64,
}

/// 2⁶⁴ divided by the golden ratio, rounded to odd: the increment of SplitMix64.
const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

impl Stream {
    fn new(seed: u64, purpose: Purpose) -> Self {
        let purpose = match purpose {
            Purpose::Split => 0,
            Purpose::Epoch(epoch) => mix(epoch).wrapping_add(GOLDEN_GAMMA),
        };
        Self {
            state: mix(mix(seed) ^ purpose),
        }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN_GAMMA);
        mix(self.state)
    }

    /// A number uniform in `0..bound`, without bias.
    ///
    /// # Source
    /// Lemire 2019, "Fast random integer generation in an interval", ACM TOMACS 29 (1), algorithm 5.
    fn below(&mut self, bound: u64) -> u64 {
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.next()) * u128::from(bound);
            if product as u64 >= threshold {
                return (product >> 64) as u64;
            }
        }
    }
}

/// The finalizer of SplitMix64: every input bit reaches every output bit, and no two inputs collide.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stream_is_split_mix() {
        // The published test vector of SplitMix64 for the seed 1234567.
        let mut stream = Stream { state: 1_234_567 };
        assert_eq!(stream.next(), 6_457_827_717_110_365_317);
        assert_eq!(stream.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn every_order_is_equally_likely() {
        const N_SEEDS: u64 = 24_000;
        let mut counts = std::collections::HashMap::new();
        for seed in 0..N_SEEDS {
            *counts
                .entry(permutation(4, seed, Purpose::Split))
                .or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 24);
        // Six standard deviations of a binomial count with mean 1000.
        assert!(
            counts.values().all(|count| (810..1190).contains(count)),
            "{counts:?}"
        );
    }

    #[test]
    fn order_is_pinned() {
        // A change of these numbers breaks the reproduction of every published run.
        assert_eq!(
            permutation(8, 1, Purpose::Epoch(0)),
            [6, 5, 7, 4, 1, 0, 2, 3]
        );
    }

    proptest! {
        #[test]
        fn is_a_permutation(len in 0_usize..300, seed in any::<u64>(), epoch in any::<u64>()) {
            let mut order = permutation(len, seed, Purpose::Epoch(epoch));
            order.sort_unstable();
            prop_assert!(order.into_iter().eq(0..len));
        }

        #[test]
        fn depends_on_seed_epoch_and_purpose(seed in any::<u64>(), epoch in any::<u64>()) {
            let order = permutation(50, seed, Purpose::Epoch(epoch));
            prop_assert_eq!(&order, &permutation(50, seed, Purpose::Epoch(epoch)));
            prop_assert_ne!(&order, &permutation(50, seed, Purpose::Epoch(epoch ^ 1)));
            prop_assert_ne!(&order, &permutation(50, seed ^ 1, Purpose::Epoch(epoch)));
            prop_assert_ne!(&order, &permutation(50, seed, Purpose::Split));
        }
    }
}
