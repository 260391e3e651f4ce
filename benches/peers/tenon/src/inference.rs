//! Forward passes without derivatives.

use tenon_layers::prelude::*;
use tenon_layers::tensor::Array;
use tenon_layers::tensor::shape::Shape;
use tenon_layers::{Traced, state_dict};
use tenon_peers_protocol::{Fallible, Run, digest};

use crate::files::Input;
use crate::work::Work;
use crate::workloads::{SEED, Workload};

/// A computation of one array.
struct Computation<F> {
    compute: F,
    result: Option<Array<f32>>,
}

/// What computes an array whenever it is run.
pub(crate) fn computation(compute: impl FnMut() -> Array<f32> + 'static) -> Box<dyn Run> {
    Box::new(Computation { compute, result: None })
}

impl<F: FnMut() -> Array<f32>> Run for Computation<F> {
    fn run(&mut self) -> Fallible<()> {
        // The memory of the last result is free for this one.
        self.result = None;
        self.result = Some((self.compute)());
        Ok(())
    }

    fn outcome(&self) -> Fallible<Vec<f64>> {
        Ok(self.result.as_ref().map(|result| digest(&result.to_vec())).unwrap_or_default())
    }
}

pub(crate) fn of_classifier<M, S, C>(init: fn(&mut SeededRng) -> M, shape: S) -> Workload
where
    M: Module + 'static,
    M: Layer<Tensor<S>, Cpu, Output = Tensor<(Dyn, C)>>,
    M: Layer<Tensor<S, Traced<Cpu>>, Traced<Cpu>, Output = Tensor<(Dyn, C), Traced<Cpu>>>,
    S: Shape,
    C: StaticDim,
{
    let model = move || init(&mut SeededRng::new(SEED));
    Workload {
        inputs: vec![Input::uniform("x", shape.dims().as_ref())],
        weights: Some(Box::new(move || state_dict::to_bytes(&model()))),
        work: Box::new(move || {
            Work::of_forward(&model(), |model, trace, ctx| {
                model.forward(trace.input(&Tensor::<S>::full(shape, 0.5)), ctx);
            })
        }),
        load: Box::new(move |files| {
            let mut model = model();
            files.initialize(&mut model)?;
            let x: Tensor<S> = files.tensor("x", shape)?;
            Ok(computation(move || model.forward(x.clone(), &mut Context::<Cpu>::eval()).array().clone()))
        }),
    }
}
