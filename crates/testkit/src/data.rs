//! Data that is the same on every run: one seed, one vector.

use rand::rngs::SmallRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Normal, Uniform};

use crate::Real;

/// `len` numbers uniform in `[low, high)`.
///
/// # Panics
/// If `low ≥ high`, or either is not finite.
pub fn uniform<E: Real>(seed: u64, len: usize, low: f64, high: f64) -> Vec<E> {
    let distribution = Uniform::new(low, high).expect("an interval needs finite ends, low < high");
    draw(seed, len, distribution)
}

/// `len` numbers of the normal distribution with this mean and standard deviation.
///
/// # Panics
/// If `standard_deviation` is negative or not finite.
pub fn normal<E: Real>(seed: u64, len: usize, mean: f64, standard_deviation: f64) -> Vec<E> {
    let distribution = Normal::new(mean, standard_deviation).expect("a standard deviation is finite and ≥ 0");
    draw(seed, len, distribution)
}

/// `len` numbers in `(−1, 1)` in random order, any two of them at least `1 / len` apart and each at
/// least `½ / len` from zero (up to rounding).
///
/// For operations with ties and kinks (maximum, pooling, ReLU): a finite difference smaller than
/// half the gap changes no comparison.
pub fn separated<E: Real>(seed: u64, len: usize) -> Vec<E> {
    let gap = 2.0 / len as f64;
    // Cell centres lie an odd number of half gaps from the left end; zero is the centre of the
    // middle cell when their number is odd, so the grid is moved a quarter of a gap.
    let offset = if len.is_multiple_of(2) { 0.5 } else { 0.75 };
    let mut values: Vec<E> = (0..len).map(|cell| E::nearest((cell as f64 + offset) * gap - 1.0)).collect();
    values.shuffle(&mut SmallRng::seed_from_u64(seed));
    values
}

/// `len` whole numbers uniform in `0..n_classes`: labels, token ids, indices.
///
/// # Panics
/// If `n_classes` is 0 and `len` is not.
pub fn classes(seed: u64, len: usize, n_classes: u32) -> Vec<u32> {
    let mut rng = SmallRng::seed_from_u64(seed);
    (0..len).map(|_| rng.random_range(0..n_classes)).collect()
}

fn draw<E: Real>(seed: u64, len: usize, distribution: impl Distribution<f64>) -> Vec<E> {
    let rng = SmallRng::seed_from_u64(seed);
    distribution.sample_iter(rng).take(len).map(E::nearest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_same_numbers() {
        assert_eq!(uniform::<f32>(1, 9, 0.0, 1.0), uniform(1, 9, 0.0, 1.0));
        assert_eq!(normal::<f64>(1, 9, 0.0, 1.0), normal(1, 9, 0.0, 1.0));
        assert_eq!(separated::<f64>(1, 9), separated(1, 9));
        assert_eq!(classes(1, 9, 10), classes(1, 9, 10));
        assert_ne!(uniform::<f32>(1, 9, 0.0, 1.0), uniform(2, 9, 0.0, 1.0));
    }

    #[test]
    fn uniform_stays_in_its_interval() {
        let values = uniform::<f64>(3, 1000, -2.0, 5.0);
        assert!(values.iter().all(|value| (-2.0..5.0).contains(value)));
    }

    #[test]
    fn normal_has_its_mean_and_deviation() {
        const N: usize = 10_000;
        let values = normal::<f64>(3, N, 1.0, 2.0);
        let mean = values.iter().sum::<f64>() / N as f64;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / N as f64;
        // Five standard errors of each estimate, which a fixed seed either meets or does not.
        assert!((mean - 1.0).abs() < 5.0 * 2.0 / (N as f64).sqrt());
        assert!((variance - 4.0).abs() < 5.0 * 4.0 * (2.0 / N as f64).sqrt());
    }

    #[test]
    fn separated_keeps_its_distances() {
        for len in [1, 2, 3, 8, 101] {
            let mut values = separated::<f64>(5, len);
            values.sort_by(f64::total_cmp);
            let gap = 1.0 / len as f64;
            assert!(values.windows(2).all(|pair| pair[1] - pair[0] >= gap));
            assert!(values.iter().all(|value| value.abs() >= 0.499 * gap));
            assert!(values.iter().all(|value| value.abs() < 1.0));
        }
    }

    #[test]
    fn classes_are_all_drawn() {
        let drawn = classes(5, 200, 4);
        assert!((0..4).all(|class| drawn.contains(&class)));
        assert!(drawn.iter().all(|&class| class < 4));
    }
}
