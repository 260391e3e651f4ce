//! Learning which class an input is of.

use tenon_layers::tensor::prelude::{Dim, Dyn, Ids, Shape, StaticDim};
use tenon_layers::tensor::{Backend, Cpu, Tensor};
use tenon_layers::{Context, Layer, Module};

use crate::objective::{Objective, Training};
use crate::tally::Tally;

/// A model that gives inputs of shape `S` a score for each class of `C`, in training and after.
///
/// Any [`Module`] that is a [`Layer`] from `Tensor<S, B>` to `Tensor<(Dyn, C), B>` is one.
pub trait Classifier<S: Shape, C: Dim>:
    Module
    + Layer<Tensor<S>, Cpu, Output = Tensor<(Dyn, C)>>
    + Layer<Tensor<S, Training>, Training, Output = Tensor<(Dyn, C), Training>>
{
}

impl<M, S: Shape, C: Dim> Classifier<S, C> for M where
    M: Module
        + Layer<Tensor<S>, Cpu, Output = Tensor<(Dyn, C)>>
        + Layer<Tensor<S, Training>, Training, Output = Tensor<(Dyn, C), Training>>
{
}

/// Scores to be right about labels: softmax and cross-entropy, in nats. The answer to an input is
/// the class of the highest score.
#[derive(Clone, Copy, Debug, Default)]
pub struct Classification;

impl<M, S, C> Objective<M, (Tensor<S>, Ids<(Dyn,), C>)> for Classification
where
    M: Classifier<S, C>,
    S: Shape,
    C: StaticDim,
{
    type Carry = ();

    fn loss(
        &self,
        model: &M,
        batch: (Tensor<S>, Ids<(Dyn,), C>),
        ctx: &mut Context<Training>,
        (): &mut (),
        tally: &mut Tally,
    ) -> Tensor<(), Training> {
        loss(model, batch, ctx, tally)
    }

    fn evaluate(&self, model: &M, batch: (Tensor<S>, Ids<(Dyn,), C>), (): &mut (), tally: &mut Tally) {
        loss(model, batch, &mut Context::<Cpu>::eval(), tally);
    }
}

fn loss<M, S, C, B>(
    model: &M,
    (inputs, labels): (Tensor<S>, Ids<(Dyn,), C>),
    ctx: &mut Context<B>,
    tally: &mut Tally,
) -> Tensor<(), B>
where
    M: Layer<Tensor<S, B>, B, Output = Tensor<(Dyn, C), B>>,
    S: Shape,
    C: StaticDim,
    B: Backend<Elem = f32>,
{
    let scores = model.forward(inputs.lift(), ctx);
    let loss = scores.cross_entropy(&labels);
    let answers = scores.argmax::<1>();
    tally.count(C::N, answers.as_slice(), labels.as_slice(), f64::from(loss.item()));
    loss
}
