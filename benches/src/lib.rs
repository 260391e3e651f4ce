//! Criterion benches of kernels and training steps, one file per subject in `benches/`.
//!
//! Each bench holds its result against a reference before it is timed. Run them with
//! `cargo xtask bench [FILTER]`.

use tenon_testkit::{Tolerance, assert_close, data};

/// Seeded numbers on `[-1, 1)`.
pub fn numbers(seed: u64, n: usize) -> Vec<f32> {
    data::uniform(seed, n, -1.0, 1.0)
}

/// Holds a result whose every element adds up `terms` products of numbers in `[-1, 1]` against its
/// reference.
///
/// # Panics
/// When they differ by more than rounding explains.
pub fn assert_sums_agree(found: &[f32], reference: &[f32], terms: usize) {
    assert_close(found, reference, Tolerance::sum::<f32>(terms, terms as f64));
}
