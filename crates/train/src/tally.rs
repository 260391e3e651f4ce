//! Counting answers.

use std::ops::Index;

/// How many answers there were, how many of each kind, and at what loss.
///
/// # Example
/// ```
/// use tenon_train::Tally;
/// let mut tally = Tally::default();
/// // Three examples of two classes: the answers, the labels, their mean loss.
/// tally.count(2, &[0, 1, 1], &[0, 1, 0], 0.5);
/// assert_eq!(tally.n_examples(), 3);
/// assert_eq!(tally.accuracy(), 2.0 / 3.0);
/// assert_eq!(tally.confusion()[(0, 1)], 1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Tally {
    loss_sum: f64,
    confusion: Confusion,
}

/// How often each class was taken for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    n_classes: usize,
    counts: Vec<u64>,
}

impl Tally {
    /// Counts a batch: its answers, its labels, and the mean loss of its examples.
    ///
    /// # Panics
    /// When there are not as many answers as labels, or one is not below `n_classes`.
    pub fn count(&mut self, n_classes: usize, answers: &[u32], labels: &[u32], mean_loss: f64) {
        assert_eq!(answers.len(), labels.len(), "one answer for each label");
        self.loss_sum += mean_loss * labels.len() as f64;
        self.confusion.make_room(n_classes);
        for (&answer, &label) in answers.iter().zip(labels) {
            self.confusion.counts[label as usize * n_classes + answer as usize] += 1;
        }
    }

    /// Forgets everything but its memory.
    pub fn clear(&mut self) {
        self.loss_sum = 0.0;
        self.confusion.counts.fill(0);
    }

    /// The number of examples counted.
    pub fn n_examples(&self) -> u64 {
        self.confusion.counts.iter().sum()
    }

    /// The mean loss; NaN if nothing was counted.
    pub fn loss(&self) -> f64 {
        self.loss_sum / self.n_examples() as f64
    }

    /// The share of right answers; NaN if nothing was counted.
    pub fn accuracy(&self) -> f64 {
        let n_right: u64 = (0..self.confusion.n_classes).map(|class| self.confusion[(class, class)]).sum();
        n_right as f64 / self.n_examples() as f64
    }

    /// Which classes were taken for which.
    pub fn confusion(&self) -> &Confusion {
        &self.confusion
    }
}

impl Confusion {
    fn make_room(&mut self, n_classes: usize) {
        if self.n_classes == 0 {
            *self = Confusion { n_classes, counts: vec![0; n_classes * n_classes] };
        }
        assert_eq!(self.n_classes, n_classes, "the number of classes does not change");
    }

    /// The number of classes.
    pub fn n_classes(&self) -> usize {
        self.n_classes
    }
}

impl Index<(usize, usize)> for Confusion {
    type Output = u64;

    /// How many examples of the first class were taken for the second.
    fn index(&self, (label, answer): (usize, usize)) -> &u64 {
        &self.counts[label * self.n_classes + answer]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_of_different_sizes_weigh_by_their_examples() {
        let mut tally = Tally::default();
        tally.count(3, &[0, 1], &[0, 1], 1.0);
        tally.count(3, &[2], &[1], 4.0);
        assert_eq!(tally.loss(), 2.0);
        assert_eq!(tally.accuracy(), 2.0 / 3.0);
        assert_eq!((tally.confusion()[(1, 2)], tally.confusion()[(2, 1)]), (1, 0));
        tally.clear();
        assert_eq!(tally.n_examples(), 0);
        assert!(tally.loss().is_nan() && tally.accuracy().is_nan());
    }
}
