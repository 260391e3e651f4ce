//! Classes drawn by their probability.

use tenon_kernels::random::{self, Stream};
use tenon_kernels::reduce;
use tenon_shape::{Axis, Shape};

use crate::{Array, Backend, Element, Ids, Indices, Query, Tensor};

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// An index along axis `I`, drawn with the probability that the softmax of these scores gives
    /// it: `argmax(xᵢ + gᵢ)`, where the `gᵢ = −ln(−ln uᵢ)` are drawn from a counter-based stream.
    /// Indices have no derivative: the result is not tracked.
    ///
    /// Scores of −∞ are never drawn, so what must not be chosen is masked with them.
    ///
    /// # Shapes
    /// `x: S → ids of shape (S without axis I), whose vocabulary is axis I`
    ///
    /// # Source
    /// Gumbel 1954, "Statistical theory of extreme values and some practical applications".
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::{prelude::*, Stream};
    /// let logits: Tensor<(U1, U3)> = Tensor::from([[f32::NEG_INFINITY, 0.0, f32::NEG_INFINITY]]);
    /// let class: Ids<(U1,), U3> = logits.categorical::<1>(Stream { seed: 1, stream: 0 });
    /// assert_eq!(class.as_slice(), [1]);
    /// ```
    pub fn categorical<const I: usize>(&self, stream: Stream) -> Ids<S::Remove, S::Dim>
    where
        S: Axis<I>,
    {
        let indices = Categorical { axis: I, stream }.on([&self.value]);
        Ids::checked_by_construction(self.shape.remove(), self.shape.dim(), indices)
    }
}

/// The query of [`Tensor::categorical`].
#[derive(Clone, Copy, Debug)]
pub struct Categorical {
    /// The axis of the classes.
    pub axis: usize,
    /// What is drawn from.
    pub stream: Stream,
}

impl Query<1> for Categorical {
    const NAME: &'static str = "categorical";
    type Output<E: Element> = Indices;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Indices {
        let dims = x.dims();
        assert!(dims[self.axis] > 0, "categorical: axis {} of dims {dims:?} is empty", self.axis);
        let uniform = Array::write(dims, |out| random::uniform(self.stream, 0, out));
        let noisy = uniform.zip(&x, |u, x| {
            // A uniform number of exactly 0 would be −∞ whatever the score.
            let u = if u <= E::ZERO { E::from_f64(f64::from(f32::MIN_POSITIVE)) } else { u };
            x - (-u.ln()).ln()
        });
        let numbers = noisy.as_slice().expect("written row by row");
        let axis = reduce::Axis::of(&dims, self.axis);
        Indices::write(axis.reduced(), |indices| reduce::argmax(numbers, axis, indices))
    }
}

pub(super) fn proofs(_: &mut impl crate::proof::ProofVisitor) {
    // A query has no derivative to prove; the test below compares frequencies.
}

#[cfg(test)]
mod tests {
    use crate::Stream;
    use crate::prelude::*;

    #[test]
    fn classes_are_as_frequent_as_they_are_probable() {
        const DRAWS: usize = 20_000;
        let probabilities = [0.5, 0.3, 0.15, 0.05];
        let logits = probabilities.map(|p: f32| p.ln());
        let scores: Tensor<(Dyn, U4)> = Tensor::from_fn((Dyn(DRAWS), U4::new()), |i| logits[i % 4]);
        let mut counts = [0usize; 4];
        for &class in scores.categorical::<1>(Stream { seed: 5, stream: 0 }).as_slice() {
            counts[class as usize] += 1;
        }
        // Chi-squared with 3 degrees of freedom exceeds 16.27 once in a thousand seeds.
        let chi_squared: f64 = (counts.iter().zip(probabilities))
            .map(|(&count, p)| {
                let expected = f64::from(p) * DRAWS as f64;
                (count as f64 - expected).powi(2) / expected
            })
            .sum();
        assert!(chi_squared < 16.27, "{counts:?}: {chi_squared}");
    }
}
