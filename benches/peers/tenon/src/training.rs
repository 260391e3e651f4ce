//! Steps of training.

use tenon_layers::prelude::*;
use tenon_layers::tensor::shape::Shape;
use tenon_layers::{Traced, state_dict};
use tenon_models::LanguageModel;
use tenon_optim::schedule::Constant;
use tenon_optim::{Optimizer, Rule};
use tenon_peers_protocol::{Fallible, Run};
use tenon_train::{Classification, Classifier, NextToken, Objective, Tally, Trainer};

use crate::files::Input;
use crate::work::Work;
use crate::workloads::{SEED, Workload};

struct Training<M, O, Batch, R> {
    model: M,
    objective: O,
    batch: Batch,
    trainer: Trainer<R, Constant>,
    tally: Tally,
}

impl<M, O, Batch, R> Training<M, O, Batch, R> {
    fn boxed(model: M, objective: O, batch: Batch, rule: R, rate: f64) -> Box<dyn Run>
    where
        Self: Run + 'static,
        R: Rule,
    {
        let trainer = Trainer::new(SEED, Optimizer::new(rule), Constant { rate });
        Box::new(Training { model, objective, batch, trainer, tally: Tally::default() })
    }
}

impl<M, O, Batch, R> Run for Training<M, O, Batch, R>
where
    M: Module,
    O: Objective<M, Batch>,
    Batch: Clone,
    R: Rule,
{
    fn run(&mut self) -> Fallible<()> {
        let Training { model, objective, batch, trainer, tally } = self;
        tally.clear();
        // What a recurrent model remembers starts anew: every library does the same work.
        trainer.step(model, objective, batch.clone(), &mut O::Carry::default(), tally);
        Ok(())
    }

    fn outcome(&self) -> Fallible<Vec<f64>> {
        Ok(vec![self.tally.loss()])
    }
}

pub(crate) fn of_classifier<M, S, R>(init: fn(&mut SeededRng) -> M, shape: S, rule: R, rate: f64) -> Workload
where
    M: Classifier<S, U10> + 'static,
    M: Layer<Tensor<S, Traced<Cpu>>, Traced<Cpu>, Output = Tensor<(Dyn, U10), Traced<Cpu>>>,
    S: Shape,
    R: Rule,
{
    let model = move || init(&mut SeededRng::new(SEED));
    let dims = shape.dims();
    let n = dims.as_ref()[0];
    let n_buffers = rule.state_names().len();
    Workload {
        inputs: vec![Input::uniform("x", dims.as_ref()), Input::classes("labels", &[n], U10::N)],
        weights: Some(Box::new(move || state_dict::to_bytes(&model()))),
        work: Box::new(move || {
            let forward = Work::of_forward(&model(), |model, trace, ctx| {
                model.forward(trace.input(&Tensor::<S>::full(shape, 0.5)), ctx);
            });
            forward.of_training(n_buffers)
        }),
        load: Box::new(move |files| {
            let mut model = model();
            files.initialize(&mut model)?;
            let labels: Ids<(Dyn,), U10> = Ids::try_from_vec((Dyn(n),), files.classes("labels")?)?;
            let batch = (files.tensor("x", shape)?, labels);
            Ok(Training::boxed(model, Classification, batch, rule.clone(), rate))
        }),
    }
}

/// `[N, T]`: so many texts of so many tokens.
pub(crate) fn of_language_model<M, R>(
    init: fn(&mut SeededRng) -> M,
    [n, t]: [usize; 2],
    rule: R,
    rate: f64,
) -> Workload
where
    M: LanguageModel<U65> + 'static,
    R: Rule,
{
    let model = move || init(&mut SeededRng::new(SEED));
    let n_buffers = rule.state_names().len();
    Workload {
        inputs: vec![Input::classes("tokens", &[n, t], U65::N), Input::classes("labels", &[n * t], U65::N)],
        weights: Some(Box::new(move || state_dict::to_bytes(&model()))),
        work: Box::new(move || {
            let tokens = Ids::try_from_vec((Dyn(n), Dyn(t)), vec![0; n * t]).expect("0 is a token");
            let forward = Work::of_forward(&model(), |model, _, ctx| {
                model.scores(&tokens, &mut M::Memory::default(), ctx);
            });
            forward.of_training(n_buffers)
        }),
        load: Box::new(move |files| {
            let mut model = model();
            files.initialize(&mut model)?;
            let tokens = Ids::<_, U65>::try_from_vec((Dyn(n), Dyn(t)), files.classes("tokens")?)?;
            let next = Ids::<_, U65>::try_from_vec((Dyn(n * t),), files.classes("labels")?)?;
            Ok(Training::boxed(model, NextToken, (tokens, next), rule.clone(), rate))
        }),
    }
}
