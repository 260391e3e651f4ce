//! What came of a workload in a library.

use std::fmt;

use serde::Serialize;

/// A line of the output as JSON, which is how it is displayed; times in seconds, memory in bytes.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Measurement {
    pub(crate) peer: String,
    pub(crate) version: String,
    pub(crate) threads: usize,
    pub(crate) workload: &'static str,
    pub(crate) min: f64,
    pub(crate) median: f64,
    /// How many runs these are of.
    pub(crate) n: usize,
    /// The first run of the process.
    pub(crate) first: f64,
    /// The largest resident memory of the process.
    pub(crate) rss: u64,
    /// The least time that the machine allows for, as a share of the minimum.
    pub(crate) limit_share: f64,
}

impl fmt::Display for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// The smallest of some times, and the middle one.
pub(crate) fn min_and_median(mut seconds: Vec<f64>) -> (f64, f64) {
    seconds.sort_by(f64::total_cmp);
    let middle = seconds.len() / 2;
    let median = if seconds.len().is_multiple_of(2) {
        (seconds[middle - 1] + seconds[middle]) / 2.0
    } else {
        seconds[middle]
    };
    (seconds[0], median)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(min_and_median(vec![3.0, 1.0, 2.0]), (1.0, 2.0));
        assert_eq!(min_and_median(vec![4.0, 1.0, 2.0, 3.0]), (1.0, 2.5));
    }
}
