//! What a model is trained for.

use tenon_layers::Context;
use tenon_layers::autodiff::Autodiff;
use tenon_layers::tensor::{Cpu, Tensor};

use crate::tally::Tally;

/// The backend that models are trained under.
pub type Training = Autodiff<Cpu>;

/// What a model of type `M` is trained for, on batches of type `Batch`.
///
/// Both methods count the batch in a tally. [`Classification`](crate::Classification) is the one
/// for class labels.
pub trait Objective<M, Batch> {
    /// What is carried from each batch to the next, anew in each pass through the data: the state
    /// of a recurrent model; mostly `()`.
    type Carry: Default;

    /// The loss of a batch, to be differentiated: the mean over its examples.
    fn loss(
        &self,
        model: &M,
        batch: Batch,
        ctx: &mut Context<Training>,
        carry: &mut Self::Carry,
        tally: &mut Tally,
    ) -> Tensor<(), Training>;

    /// Counts the answers to a batch without learning from it.
    fn evaluate(&self, model: &M, batch: Batch, carry: &mut Self::Carry, tally: &mut Tally);
}
