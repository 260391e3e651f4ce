//! The loop.

use std::time::Instant;

use tenon_datasets::{Dataset, Loader};
use tenon_layers::autodiff::{Backward, Gradients};
use tenon_layers::tensor::{Array, Cpu};
use tenon_layers::{Context, LeafId, Module, Path, state_dict};
use tenon_optim::schedule::Schedule;
use tenon_optim::{ClipNorm, Optimizer, Rule};

use crate::interrupt::Interrupt;
use crate::metrics::{EpochMetrics, History, Measured};
use crate::objective::Objective;
use crate::progress::Progress;
use crate::tally::Tally;

/// Takes a model through epochs of training.
///
/// # Example
/// ```
/// use tenon_datasets::Mnist;
/// use tenon_layers::prelude::*;
/// use tenon_models::LeNet5;
/// use tenon_optim::{Adam, Optimizer, schedule::Constant};
/// use tenon_datasets::Dataset;
/// use tenon_train::{Classification, Tally, Trainer};
///
/// let mut model = LeNet5::init(&mut SeededRng::new(1));
/// let mut trainer = Trainer::new(1, Optimizer::new(Adam::default()), Constant { rate: 1e-3 });
/// let test = Mnist::test(&Mnist::directory())?;
/// let mut tally = Tally::default();
/// trainer.step(&mut model, &Classification, test.batch(&[0, 1, 2, 3])?, &mut (), &mut tally);
/// assert_eq!(tally.n_examples(), 4);
/// # Ok::<_, tenon_datasets::Error>(())
/// ```
#[derive(Debug)]
pub struct Trainer<R, S> {
    seed: u64,
    optimizer: Optimizer<R>,
    schedule: S,
    n_steps: u64,
    patience: Option<u64>,
    clip: Option<ClipNorm>,
    interrupt: Interrupt,
}

/// What a model learns from and is measured on.
#[derive(Debug)]
pub struct Data<D, T> {
    /// What it learns from.
    pub train: Loader<D>,
    /// What is held out of training, to choose the weights by.
    pub validation: Option<Loader<D>>,
    /// What its final quality is measured on; nothing is chosen by it.
    pub test: Loader<T>,
}

/// Why training could not go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainError<E> {
    /// A batch could not be had.
    #[error(transparent)]
    Data(#[from] tenon_datasets::Error),
    /// There are no examples.
    #[error("there are no {part} examples: expected at least 1, found 0")]
    NoExamples {
        /// What they are for.
        part: &'static str,
    },
    /// The loss is not a number any more, so no gradient says where to go.
    #[error(
        "training diverged in epoch {epoch}: expected a finite loss, found {loss}; try a lower learning rate"
    )]
    Diverged {
        /// The epoch, from 1.
        epoch: u64,
        /// The mean loss so far in that epoch.
        loss: f64,
    },
    /// What was to be done after an epoch failed.
    #[error(transparent)]
    AfterEpoch(E),
}

impl<D: Dataset, T: Dataset> Data<D, T> {
    /// Whether there is something to learn from and something to measure on.
    ///
    /// # Errors
    /// [`TrainError::NoExamples`] if not.
    pub fn check<E>(&self) -> Result<(), TrainError<E>> {
        if self.train.dataset().is_empty() {
            return Err(TrainError::NoExamples { part: "training" });
        }
        if self.test.dataset().is_empty() {
            return Err(TrainError::NoExamples { part: "test" });
        }
        Ok(())
    }
}

impl<R: Rule, S: Schedule> Trainer<R, S> {
    /// A trainer whose random numbers, such as those of dropout, follow from the seed.
    pub fn new(seed: u64, optimizer: Optimizer<R>, schedule: S) -> Self {
        let interrupt = Interrupt::default();
        Trainer { seed, optimizer, schedule, n_steps: 0, patience: None, clip: None, interrupt }
    }

    /// Ends training when this many epochs in a row have not been better on the validation data
    /// than the best before them.
    pub fn patience(self, n_epochs: Option<u64>) -> Self {
        Trainer { patience: n_epochs, ..self }
    }

    /// Shortens the gradients of a step, all together, where they are too long.
    pub fn clip(self, clip: ClipNorm) -> Self {
        Trainer { clip: Some(clip), ..self }
    }

    /// Ends training after the current step when `interrupt` is requested.
    pub fn interrupt(self, interrupt: Interrupt) -> Self {
        Trainer { interrupt, ..self }
    }

    /// One step: the loss of a batch, its gradients, the update of every parameter, and the new values
    /// that layers reported for their buffers.
    pub fn step<M: Module, Batch, O: Objective<M, Batch>>(
        &mut self,
        model: &mut M,
        objective: &O,
        batch: Batch,
        carry: &mut O::Carry,
        tally: &mut Tally,
    ) {
        let mut ctx = Context::train(self.seed, self.n_steps);
        let gradients = objective.loss(model, batch, &mut ctx, carry, tally).backward();
        self.update(model, &gradients);
        ctx.take_updates().commit(model);
        self.n_steps += 1;
    }

    /// Moves every parameter of a model that has a gradient.
    fn update(&mut self, model: &mut (impl Module + ?Sized), gradients: &Gradients<Cpu>) {
        let mut step = self.optimizer.step(self.schedule.learning_rate(self.n_steps));
        if let Some(clip) = self.clip {
            step = step.scale_gradients(clip.factor(gradients.iter().map(|(_, gradient)| gradient.array())));
        }
        model.visit_mut(&mut Path::root(), &mut |name: &str, id: LeafId, parameter: &mut Array<f32>| {
            step.update(name, parameter, gradients.value(id).map(|gradient| gradient.array()));
        });
    }

    /// Trains for so many epochs and measures after each.
    ///
    /// If validation data are given, the model ends with the weights that were best on them, by
    /// accuracy and among equals by loss; otherwise with the last ones.
    ///
    /// `after_epoch` is called with the metrics of each epoch, and with the model if its weights
    /// are the best so far.
    ///
    /// # Errors
    /// When there are no examples, a batch cannot be had, the loss is not finite, or `after_epoch`
    /// fails.
    pub fn fit<M, D, T, O, E>(
        &mut self,
        model: &mut M,
        objective: &O,
        mut data: Data<D, T>,
        n_epochs: u64,
        mut after_epoch: impl FnMut(&EpochMetrics, Option<&M>) -> Result<(), E>,
    ) -> Result<History, TrainError<E>>
    where
        M: Module,
        D: Dataset,
        T: Dataset<Batch = D::Batch>,
        O: Objective<M, D::Batch>,
    {
        data.check()?;
        let start = Instant::now();
        let mut progress = Progress::new(n_epochs, n_epochs * data.train.n_batches() as u64);
        let mut best: Option<Best> = None;
        let mut epochs = Vec::new();
        let mut test = Tally::default();
        let mut tally = Tally::default();
        for epoch in 1..=n_epochs {
            progress.begin_epoch(epoch);
            tally.clear();
            let epoch_start = Instant::now();
            let mut carry = O::Carry::default();
            for batch in data.train.epoch() {
                self.step(model, objective, batch?, &mut carry, &mut tally);
                progress.step(&tally, epoch_start.elapsed().as_secs_f64());
                if self.interrupt.is_requested() {
                    break;
                }
            }
            let seconds = epoch_start.elapsed().as_secs_f64();
            if !tally.loss().is_finite() {
                return Err(TrainError::Diverged { epoch, loss: tally.loss() });
            }
            let validation = match &mut data.validation {
                Some(validation) => Some(measure(model, objective, validation)?),
                None => None,
            };
            let on_test = measure(model, objective, &mut data.test)?;
            let metrics = EpochMetrics {
                epoch,
                steps: self.n_steps,
                learning_rate: self.schedule.learning_rate(self.n_steps.saturating_sub(1)),
                train: Measured::from(&tally),
                validation: validation.as_ref().map(Measured::from),
                test: Measured::from(&on_test),
                seconds,
                samples_per_second: tally.n_examples() as f64 / seconds,
            };
            epochs.push(metrics);

            let is_best = best.as_ref().is_none_or(|best| !best.is_better_than(&metrics));
            if is_best {
                best = Some(Best::new(&metrics, model));
                test = on_test;
            }
            let kept = is_best.then_some(&*model);
            progress.pause(|| after_epoch(&metrics, kept)).map_err(TrainError::AfterEpoch)?;

            let kept_epoch = best.as_ref().map_or(epoch, |best| best.epoch);
            let is_hopeless = self.patience.is_some_and(|patience| epoch - kept_epoch >= patience);
            if self.interrupt.is_requested() || is_hopeless {
                break;
            }
        }
        let kept_epoch = best.as_ref().map_or(0, |best| best.epoch);
        if let Some(best) = best {
            best.restore(model);
        }
        let interrupted = self.interrupt.is_requested();
        Ok(History { epochs, kept_epoch, test, interrupted, seconds: start.elapsed().as_secs_f64() })
    }
}

/// The answers of a model to all examples of a loader.
fn measure<M, D: Dataset, O: Objective<M, D::Batch>>(
    model: &M,
    objective: &O,
    loader: &mut Loader<D>,
) -> Result<Tally, tenon_datasets::Error> {
    let mut tally = Tally::default();
    let mut carry = O::Carry::default();
    for batch in loader.epoch() {
        objective.evaluate(model, batch?, &mut carry, &mut tally);
    }
    Ok(tally)
}

/// The best weights so far.
struct Best {
    epoch: u64,
    validation: Option<Measured>,
    /// A state dict; none where the last weights are the best, since they need not come back.
    weights: Option<Vec<u8>>,
}

impl Best {
    fn new(metrics: &EpochMetrics, model: &impl Module) -> Self {
        let weights = metrics.validation.map(|_| state_dict::to_bytes(model));
        Best { epoch: metrics.epoch, validation: metrics.validation, weights }
    }

    /// Whether these weights stay when the others come; without validation the last ones are kept.
    fn is_better_than(&self, other: &EpochMetrics) -> bool {
        let (Some(best), Some(other)) = (self.validation, other.validation) else { return false };
        best.accuracy > other.accuracy || (best.accuracy == other.accuracy && best.loss <= other.loss)
    }

    fn restore(self, model: &mut impl Module) {
        if let Some(weights) = self.weights {
            state_dict::from_bytes(model, &weights).expect("these bytes came from this model");
        }
    }
}
