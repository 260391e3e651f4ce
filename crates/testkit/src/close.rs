//! Comparison of slices, with a message that says where they differ.

use std::fmt;

use crate::{Real, Tolerance};

/// The entry of two slices that exceeds its bound the most, and how many exceed it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mismatch {
    /// Position of the worst entry.
    pub idx: usize,
    /// What was computed there.
    pub actual: f64,
    /// What should have been computed there.
    pub expected: f64,
    /// The error the tolerance allows there.
    pub bound: f64,
    /// How many entries exceed their bound.
    pub n_wrong: usize,
    /// How many entries were compared.
    pub n_compared: usize,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} entries differ, worst at index {}: actual {:?}, expected {:?}, error {:e} where {:e} is allowed",
            self.n_wrong,
            self.n_compared,
            self.idx,
            self.actual,
            self.expected,
            (self.actual - self.expected).abs(),
            self.bound,
        )
    }
}

/// The worst disagreement of two slices of equal length, or `None` if every entry is within the
/// tolerance.
///
/// An entry that is not finite where the other is counts as worse than any finite error.
///
/// # Panics
/// If the lengths differ.
#[track_caller]
pub fn worst_mismatch<A: Real, E: Real>(
    actual: &[A],
    expected: &[E],
    tolerance: Tolerance,
) -> Option<Mismatch> {
    assert_eq!(actual.len(), expected.len(), "actual and expected have different lengths");
    let mut worst: Option<(f64, Mismatch)> = None;
    let mut n_wrong = 0;
    for (idx, (&actual, &expected)) in actual.iter().zip(expected).enumerate() {
        let (actual, expected): (f64, f64) = (actual.into(), expected.into());
        if tolerance.accepts(actual, expected) {
            continue;
        }
        n_wrong += 1;
        let error = (actual - expected).abs();
        let excess = if error.is_nan() { f64::INFINITY } else { error - tolerance.bound(expected) };
        if worst.is_none_or(|(largest, _)| excess > largest) {
            let mismatch = Mismatch {
                idx,
                actual,
                expected,
                bound: tolerance.bound(expected),
                n_wrong: 0,
                n_compared: 0,
            };
            worst = Some((excess, mismatch));
        }
    }
    worst.map(|(_, mismatch)| Mismatch { n_wrong, n_compared: actual.len(), ..mismatch })
}

/// Asserts that two slices have the same length and agree entry by entry within the tolerance.
///
/// # Panics
/// If they do not, naming the worst entry, both of its values, its error and what was allowed.
///
/// # Example
/// ```
/// use tenon_testkit::{Tolerance, assert_close};
///
/// let tenth = [0.1_f32];
/// assert_close(&tenth, &[0.1_f64], Tolerance::rounding::<f32>(1));
/// ```
#[track_caller]
pub fn assert_close<A: Real, E: Real>(actual: &[A], expected: &[E], tolerance: Tolerance) {
    if let Some(mismatch) = worst_mismatch(actual, expected, tolerance) {
        panic!("{mismatch}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_worst_entry() {
        let mismatch =
            worst_mismatch(&[1.0, 2.5, 3.0, 4.1], &[1.0, 2.0, 3.0, 4.0], Tolerance::absolute(0.25)).unwrap();
        assert_eq!(mismatch.idx, 1);
        assert_eq!(
            mismatch.to_string(),
            "1 of 4 entries differ, worst at index 1: actual 2.5, expected 2.0, error 5e-1 where 2.5e-1 is allowed"
        );
    }

    #[test]
    fn nan_is_worse_than_any_number() {
        let mismatch = worst_mismatch(&[1e300, f64::NAN, 1e300], &[0.0, 0.0, 0.0], Tolerance::EXACT).unwrap();
        assert_eq!((mismatch.idx, mismatch.n_wrong), (1, 3));
    }

    #[test]
    fn empty_slices_agree() {
        assert_close::<f32, f64>(&[], &[], Tolerance::EXACT);
    }

    #[test]
    #[should_panic(expected = "different lengths")]
    fn lengths_must_agree() {
        assert_close(&[1.0], &[1.0, 1.0], Tolerance::relative(1.0));
    }
}
