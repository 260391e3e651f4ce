//! Learning which token of a text comes next.

use tenon_layers::Context;
use tenon_layers::tensor::prelude::{Dyn, Ids, StaticDim};
use tenon_layers::tensor::shape::Shape;
use tenon_layers::tensor::{Backend, Cpu, Dims, Tensor};
use tenon_models::LanguageModel;

use crate::objective::{Objective, Training};
use crate::tally::Tally;

/// A batch of texts: `(N, T)` tokens, and the one that follows each, row after row.
pub type TextBatch<V> = (Ids<(Dyn, Dyn), V>, Ids<(Dyn,), V>);

/// Scores to be right about the next token: softmax and cross-entropy, in nats per token.
///
/// What a model remembers is carried from each batch to the next of the same number of texts, so
/// the batches of a pass are the consecutive stretches of parallel texts, or the model has no
/// memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct NextToken;

impl<M, V> Objective<M, TextBatch<V>> for NextToken
where
    M: LanguageModel<V>,
    V: StaticDim,
{
    type Carry = M::Memory;

    fn loss(
        &self,
        model: &M,
        batch: TextBatch<V>,
        ctx: &mut Context<Training>,
        memory: &mut M::Memory,
        tally: &mut Tally,
    ) -> Tensor<(), Training> {
        loss(model, &batch, ctx, memory, tally)
    }

    fn evaluate(&self, model: &M, batch: TextBatch<V>, memory: &mut M::Memory, tally: &mut Tally) {
        loss(model, &batch, &mut Context::<Cpu>::eval(), memory, tally);
    }
}

fn loss<M, V, B>(
    model: &M,
    (tokens, next): &TextBatch<V>,
    ctx: &mut Context<B>,
    memory: &mut M::Memory,
    tally: &mut Tally,
) -> Tensor<(), B>
where
    M: LanguageModel<V>,
    V: StaticDim,
    B: Backend<Elem = f32>,
{
    let scores = model.scores(tokens, memory, ctx);
    // The size of a product with `V` is not known to the compiler, so the check is made here.
    let rows = (Dyn(tokens.shape().numel()), V::default());
    let scores = Tensor::from_value(rows, scores.into_value().reshaped(Dims::new(&[rows.0.0, V::N])));
    let loss = scores.cross_entropy(next);
    let answers = scores.argmax::<1>();
    tally.count(V::N, answers.as_slice(), next.as_slice(), f64::from(loss.item()));
    loss
}
