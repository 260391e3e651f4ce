//! Learning from inputs that are changed at random.

use tenon_datasets::transform::Transform;
use tenon_layers::Context;
use tenon_layers::tensor::Tensor;

use crate::objective::{Objective, Training};
use crate::tally::Tally;

/// An objective on inputs that a [`Transform`] changes at each step of training, by random numbers
/// that follow from the seed and the number of the step; for evaluation they stay as they are.
#[derive(Clone, Copy, Debug)]
pub struct Augmented<O, T> {
    /// What is learned.
    pub objective: O,
    /// How inputs are changed before.
    pub transform: T,
}

impl<M, X, Y, O, T> Objective<M, (X, Y)> for Augmented<O, T>
where
    O: Objective<M, (X, Y)>,
    T: Transform<X>,
{
    type Carry = O::Carry;

    fn loss(
        &self,
        model: &M,
        (inputs, labels): (X, Y),
        ctx: &mut Context<Training>,
        carry: &mut Self::Carry,
        tally: &mut Tally,
    ) -> Tensor<(), Training> {
        let inputs = self.transform.apply(inputs, &mut || ctx.stream());
        self.objective.loss(model, (inputs, labels), ctx, carry, tally)
    }

    fn evaluate(&self, model: &M, batch: (X, Y), carry: &mut Self::Carry, tally: &mut Tally) {
        self.objective.evaluate(model, batch, carry, tally);
    }
}
