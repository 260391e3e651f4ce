//! Up in a straight line, down along a cosine.

use std::f64::consts::PI;

use super::Schedule;

/// From 0 to the peak in a straight line over the warm-up, then along half a cosine to the end.
///
/// With w steps of warm-up out of n: η(t) = peak · (t + 1)/w while t < w, then
/// η(t) = end + (peak − end) · ½ (1 + cos(π (t − w)/(n − w))). After the last step it stays at the
/// end.
///
/// # Source
/// Loshchilov and Hutter 2017, "SGDR: stochastic gradient descent with warm restarts", equation 5,
/// without restarts; warm-up as in Goyal et al. 2017, "Accurate, large minibatch SGD", section 2.2.
///
/// # Example
/// ```
/// use tenon_optim::schedule::{Cosine, Schedule};
/// let schedule = Cosine { peak: 1.0, end: 0.0, n_warmup: 4, n_steps: 104 };
/// assert_eq!(schedule.learning_rate(0), 0.25);
/// assert_eq!(schedule.learning_rate(4), 1.0);
/// assert!((schedule.learning_rate(54) - 0.5).abs() < 1e-12);
/// assert_eq!(schedule.learning_rate(104), 0.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cosine {
    /// The highest learning rate.
    pub peak: f64,
    /// The learning rate at the end.
    pub end: f64,
    /// How many steps the rate rises.
    pub n_warmup: u64,
    /// How many steps there are in all.
    pub n_steps: u64,
}

impl Schedule for Cosine {
    fn learning_rate(&self, step: u64) -> f64 {
        if step < self.n_warmup {
            return self.peak * (step + 1) as f64 / self.n_warmup as f64;
        }
        if step >= self.n_steps {
            return self.end;
        }
        let progress = (step - self.n_warmup) as f64 / (self.n_steps - self.n_warmup) as f64;
        self.end + (self.peak - self.end) * 0.5 * (1.0 + (PI * progress).cos())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_then_falls_between_its_bounds() {
        let schedule = Cosine { peak: 0.3, end: 0.01, n_warmup: 10, n_steps: 50 };
        let rates: Vec<f64> = (0..60).map(|step| schedule.learning_rate(step)).collect();
        assert!(rates[..10].is_sorted() && rates[10..].is_sorted_by(|a, b| a >= b));
        assert_eq!((rates[9], rates[10], rates[50]), (0.3, 0.3, 0.01));
        assert!(rates.iter().all(|rate| (0.01..=0.3).contains(rate)));
    }

    #[test]
    fn a_run_may_be_shorter_than_its_warmup() {
        let schedule = Cosine { peak: 1.0, end: 0.0, n_warmup: 10, n_steps: 5 };
        assert_eq!(schedule.learning_rate(4), 0.5);
        assert_eq!(schedule.learning_rate(10), 0.0);
    }
}
