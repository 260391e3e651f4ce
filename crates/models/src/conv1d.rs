//! The affine map of GPT-2, whose weights lie the other way round.

use tenon_layers::prelude::*;
use tenon_layers::tensor::shape::{InFeatures, Last, StaticShape};
use tenon_layers::{Cost, StaticCost};

/// `y = x W + b` with one column of `W` per output: what the published weights of GPT-2 call a
/// convolution, although there is no window. [`Linear`] has the transpose.
///
/// # Shapes
/// `(…, In) → (…, Out)`, for any leading axes
///
/// # Parameters
/// - `weight: (In, Out)`
/// - `bias: (Out,)`
///
/// # Source
/// Names and layout are those of the class of this name in the `transformers` library, whose
/// state dicts of GPT-2 it loads.
#[derive(Clone, Debug, Module)]
pub struct Conv1D<In: StaticDim, Out: StaticDim> {
    /// `W`, one column per output.
    pub weight: Param<(In, Out)>,
    /// `b`.
    pub bias: Param<(Out,)>,
}

impl<In: StaticDim, Out: StaticDim> Conv1D<In, Out> {
    /// A weight of normal numbers with this deviation, and no bias.
    pub fn normal(rng: &mut impl rand::Rng, deviation: f64) -> Self {
        let weight = tenon_layers::init::normal(rng, 0.0, deviation);
        Conv1D { weight, bias: tenon_layers::init::constant(0.0) }
    }

    /// Part `i` of the outputs, of which there are several of size `Part` side by side.
    ///
    /// Cutting the weight costs little; cutting the outputs would cost as much as they are long,
    /// again in the backward pass.
    ///
    /// # Panics
    /// When there is no such part.
    pub fn part<Part: StaticDim, S: Last, B: Backend>(
        &self,
        i: usize,
        x: &Tensor<S, B>,
        ctx: &mut Context<B>,
    ) -> Tensor<S::WithLast<Part>, B>
    where
        S::Last: InFeatures<In>,
    {
        let (weight, bias) = (ctx.param(&self.weight), ctx.param(&self.bias));
        let weight = weight.slice::<1>(i * Part::N, Part::N).try_shape::<(In, Part)>().expect("a slice");
        let bias = bias.slice::<0>(i * Part::N, Part::N).try_shape::<(Part,)>().expect("a slice");
        x.linear(&weight.t(), &bias)
    }
}

impl<S: Last, In: StaticDim, Out: StaticDim, B: Backend> Layer<Tensor<S, B>, B> for Conv1D<In, Out>
where
    S::Last: InFeatures<In>,
{
    type Output = Tensor<S::WithLast<Out>, B>;

    fn forward(&self, x: Tensor<S, B>, ctx: &mut Context<B>) -> Self::Output {
        x.linear(&ctx.param(&self.weight).t(), &ctx.param(&self.bias))
    }
}

/// That of [`Linear`]: the transpose of a weight is a view.
impl<S: Last + StaticShape, In: StaticDim, Out: StaticDim> StaticCost<Tensor<S>> for Conv1D<In, Out>
where
    S::Last: InFeatures<In>,
{
    const COST: Cost = Cost::on::<Tensor<S>, Linear<In, Out>>();
}
