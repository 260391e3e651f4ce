//! Random orders that are the same on every machine and in every version.

use tenon_tensor::Stream;

/// What an order is for, so that two purposes with the same seed are unrelated.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    /// The order of the examples in one epoch.
    Epoch(u64),
    /// Which examples are held out.
    Split,
}

impl Purpose {
    /// The stream to draw from: far from the small numbers that others with the same seed use.
    fn stream(self, seed: u64) -> Stream {
        const EPOCHS: u64 = u64::from_be_bytes(*b"epochs\0\0");
        const SPLIT: u64 = u64::from_be_bytes(*b"split\0\0\0");
        let stream = match self {
            Self::Epoch(epoch) => EPOCHS.wrapping_add(epoch),
            Self::Split => SPLIT,
        };
        Stream { seed, stream }
    }
}

/// The numbers `0..len` in a random order: Fisher and Yates' shuffle in Durstenfeld's form.
///
/// # Source
/// Durstenfeld 1964, algorithm 235, Communications of the ACM 7 (7).
pub(crate) fn permutation(len: usize, seed: u64, purpose: Purpose) -> Vec<usize> {
    let stream = purpose.stream(seed);
    let mut bits = (0..).map(|i| stream.bits(i));
    let mut order: Vec<usize> = (0..len).collect();
    for last in (1..len).rev() {
        order.swap(last, below(last as u64 + 1, &mut bits) as usize);
    }
    order
}

/// A number uniform in `0..bound`, without bias, from as many draws as it takes.
///
/// # Source
/// Lemire 2019, "Fast random integer generation in an interval", ACM TOMACS 29 (1), algorithm 5.
fn below(bound: u64, bits: &mut impl Iterator<Item = u64>) -> u64 {
    let threshold = bound.wrapping_neg() % bound;
    bits.map(|bits| u128::from(bits) * u128::from(bound))
        .find(|&product| product as u64 >= threshold)
        .map(|product| (product >> 64) as u64)
        .expect("a stream has no end")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bounds_reject_what_would_be_biased() {
        // 2⁶⁴ is one more than a multiple of three: of the draws that lead to 0, the first is one
        // too many.
        assert_eq!(below(3, &mut [0, u64::MAX].into_iter()), 2);
        assert_eq!(below(1, &mut [0].into_iter()), 0);
    }

    #[test]
    fn every_order_is_equally_likely() {
        const N_SEEDS: u64 = 24_000;
        let mut counts = std::collections::HashMap::new();
        for seed in 0..N_SEEDS {
            *counts.entry(permutation(4, seed, Purpose::Split)).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 24);
        // Six standard deviations of a binomial count with mean 1000.
        assert!(counts.values().all(|count| (810..1190).contains(count)), "{counts:?}");
    }

    #[test]
    fn order_is_pinned() {
        // A change of these numbers breaks the reproduction of every published run.
        assert_eq!(permutation(8, 1, Purpose::Epoch(0)), [1, 0, 7, 6, 4, 5, 2, 3]);
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
