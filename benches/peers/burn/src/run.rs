//! What is timed.

use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, AdamWConfig, GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::{Int, Tensor};
use tenon_peers_protocol::{Fallible, Run, digest};

/// An update rule and its learning rate.
pub(crate) struct Rule {
    optimizer: ModuleOptimizer,
    rate: f64,
}

impl Rule {
    pub(crate) fn adam() -> Self {
        Rule { optimizer: AdamConfig::new().with_epsilon(1e-8).init(), rate: 1e-3 }
    }

    pub(crate) fn adam_w() -> Self {
        let config = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(1e-2);
        Rule { optimizer: config.init(), rate: 1e-3 }
    }

    pub(crate) fn momentum() -> Self {
        let momentum = MomentumConfig::new().with_momentum(0.9).with_dampening(0.0);
        Rule { optimizer: SgdConfig::new().with_momentum(Some(momentum)).init(), rate: 1e-2 }
    }

    pub(crate) fn step<M: Module>(&mut self, model: M, gradients: GradientsParams) -> M {
        self.optimizer.step(self.rate, model, gradients)
    }
}

/// A model of inputs `X` that scores classes, one row for each.
pub(crate) trait Model<X> {
    fn scores(&self, x: X) -> Tensor<2>;
}

pub(crate) struct Training<M, X> {
    /// There is always one; a step takes it and gives it back.
    model: Option<M>,
    rule: Rule,
    input: X,
    labels: Tensor<1, Int>,
    loss: Option<Tensor<1>>,
}

impl<M, X> Training<M, X> {
    pub(crate) fn new(model: M, rule: Rule, input: X, labels: Tensor<1, Int>) -> Self {
        Training { model: Some(model), rule, input, labels, loss: None }
    }
}

impl<M: Model<X> + Module, X: Clone> Run for Training<M, X> {
    fn run(&mut self) -> Fallible<()> {
        let model = self.model.take().ok_or("the model was lost in the last step")?;
        let scores = model.scores(self.input.clone());
        let loss = CrossEntropyLossConfig::new().init(&scores.device()).forward(scores, self.labels.clone());
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        self.model = Some(self.rule.step(model, gradients));
        self.loss = Some(loss.inner());
        Ok(())
    }

    fn outcome(&self) -> Fallible<Vec<f64>> {
        let loss = self.loss.as_ref().ok_or("there was no run")?;
        Ok(numbers(loss)?.into_iter().map(f64::from).collect())
    }
}

pub(crate) struct Computation<F, const D: usize> {
    compute: F,
    units: usize,
    result: Option<Tensor<D>>,
}

impl<F: FnMut() -> Tensor<D>, const D: usize> Computation<F, D> {
    pub(crate) fn new(compute: F) -> Self {
        Computation { compute, units: 1, result: None }
    }

    /// A computation of so many units.
    pub(crate) fn of_units(compute: F, units: usize) -> Self {
        Computation { units, ..Computation::new(compute) }
    }
}

impl<F: FnMut() -> Tensor<D>, const D: usize> Run for Computation<F, D> {
    fn run(&mut self) -> Fallible<()> {
        self.result = None;
        self.result = Some((self.compute)());
        Ok(())
    }

    fn outcome(&self) -> Fallible<Vec<f64>> {
        Ok(digest(&numbers(self.result.as_ref().ok_or("there was no run")?)?))
    }

    fn units(&self) -> usize {
        self.units
    }
}

pub(crate) fn numbers<const D: usize>(tensor: &Tensor<D>) -> Fallible<Vec<f32>> {
    Ok(tensor.to_data().try_to_vec::<f32>().map_err(|error| format!("{error:?}"))?)
}
