//! Scores and the labels they are held against.

use crate::dim::Dim;
use crate::same::{Classes, Decoy};
use crate::same_axis::same_axis;
use crate::shape::Shape;

same_axis! {
    /// There is one label per row of scores.
    Labelled::check_labelled, "rows of scores and labels", labelled:
    message = "there are {L} rows of scores, but {R} labels",
    label = "every row of scores needs one label"
}

/// Scores `(N, C)` that can be held against labels of shape `L` from the classes `V`: one label per
/// row, from as many classes as there are scores.
#[diagnostic::on_unimplemented(
    message = "scores of shape `{Self}` cannot be held against labels of shape `{L}`",
    label = "expected scores (N, C) and labels (N,)"
)]
pub trait Scores<L, V>: Shape {
    /// Compares sizes known only at run time.
    ///
    /// # Panics
    /// If they differ; the message holds both.
    fn check_scores(&self, labels: &L, classes: V);
}

impl<N: Labelled<M>, M: Dim, C: Classes<V>, V: Dim> Scores<(M,), V> for (N, C) {
    #[inline]
    fn check_scores(&self, labels: &(M,), classes: V) {
        self.0.check_labelled(labels.0);
        self.1.check_classes(classes);
    }
}

impl<S: Shape> Scores<Decoy, Decoy> for S {
    fn check_scores(&self, labels: &Decoy, _: Decoy) {
        match *labels {}
    }
}
