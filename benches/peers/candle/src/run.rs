//! What is timed.

use candle_core::backprop::GradStore;
use candle_core::{Result, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW, loss};
use tenon_peers_protocol::{Fallible, Run, digest};

use crate::weights::Model;

/// An update rule.
pub(crate) trait Rule {
    fn update(&mut self, gradients: &GradStore) -> Result<()>;
}

/// Adam, with decoupled decay.
pub(crate) fn adam(vars: Vec<Var>, weight_decay: f64) -> Result<AdamW> {
    AdamW::new(vars, ParamsAdamW { lr: 1e-3, weight_decay, ..ParamsAdamW::default() })
}

impl Rule for AdamW {
    fn update(&mut self, gradients: &GradStore) -> Result<()> {
        self.step(gradients)
    }
}

/// Gradient descent with momentum, which the library itself does not have.
pub(crate) struct Momentum {
    vars: Vec<(Var, Option<Tensor>)>,
}

impl Momentum {
    pub(crate) fn new(vars: Vec<Var>) -> Self {
        Momentum { vars: vars.into_iter().map(|var| (var, None)).collect() }
    }
}

impl Rule for Momentum {
    fn update(&mut self, gradients: &GradStore) -> Result<()> {
        for (var, velocity) in &mut self.vars {
            let Some(gradient) = gradients.get(var) else { continue };
            let next = match velocity {
                Some(velocity) => ((&*velocity * 0.9)? + gradient)?,
                None => gradient.clone(),
            };
            var.set(&(var.as_tensor() - (&next * 1e-2)?)?)?;
            *velocity = Some(next);
        }
        Ok(())
    }
}

pub(crate) struct Training {
    model: Box<dyn Model>,
    rule: Box<dyn Rule>,
    input: Tensor,
    labels: Tensor,
    loss: Option<Tensor>,
}

impl Training {
    pub(crate) fn new(model: Box<dyn Model>, rule: Box<dyn Rule>, input: Tensor, labels: Tensor) -> Self {
        Training { model, rule, input, labels, loss: None }
    }
}

impl Run for Training {
    fn run(&mut self) -> Fallible<()> {
        let scores = self.model.forward(&self.input, true)?;
        let n_classes = scores.dim(candle_core::D::Minus1)?;
        let loss = loss::cross_entropy(&scores.reshape(((), n_classes))?, &self.labels)?;
        self.rule.update(&loss.backward()?)?;
        self.loss = Some(loss.detach());
        Ok(())
    }

    fn outcome(&self) -> Fallible<Vec<f64>> {
        let loss = self.loss.as_ref().ok_or("there was no run")?;
        Ok(vec![f64::from(loss.to_scalar::<f32>()?)])
    }
}

pub(crate) struct Computation<F> {
    compute: F,
    result: Option<Tensor>,
}

impl<F: Fn() -> Result<Tensor>> Computation<F> {
    pub(crate) fn new(compute: F) -> Self {
        Computation { compute, result: None }
    }
}

impl<F: Fn() -> Result<Tensor>> Run for Computation<F> {
    fn run(&mut self) -> Fallible<()> {
        self.result = None;
        self.result = Some((self.compute)()?);
        Ok(())
    }

    fn outcome(&self) -> Fallible<Vec<f64>> {
        digest_of(self.result.as_ref().ok_or("there was no run")?)
    }
}

pub(crate) fn digest_of(tensor: &Tensor) -> Fallible<Vec<f64>> {
    Ok(digest(&tensor.flatten_all()?.to_vec1::<f32>()?))
}

/// An update of one parameter, by a gradient that stays the same.
pub(crate) struct Update {
    parameter: Var,
    gradients: GradStore,
    rule: AdamW,
}

impl Update {
    pub(crate) fn new(parameter: Var, gradient: Tensor) -> Result<Self> {
        // A store of gradients is only made by a backward pass; its gradient is then replaced.
        let mut gradients = parameter.as_tensor().sum_all()?.backward()?;
        gradients.insert(&parameter, gradient);
        let rule = adam(vec![parameter.clone()], 0.0)?;
        Ok(Update { parameter, gradients, rule })
    }
}

impl Run for Update {
    fn run(&mut self) -> Fallible<()> {
        Ok(self.rule.update(&self.gradients)?)
    }

    fn outcome(&self) -> Fallible<Vec<f64>> {
        digest_of(&self.parameter)
    }
}
