//! What a run has to do at least, whoever does it.

use tenon_layers::tensor::Cpu;
use tenon_layers::{Context, Module, Summary, Trace, Traced, parameter_count};

/// The floor of a run: arithmetic, and the bytes that it reads and writes once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    pub(crate) flops: f64,
    pub(crate) bytes: f64,
}

const BYTES: f64 = size_of::<f32>() as f64;

impl Work {
    /// Work on so many numbers that are read or written.
    pub(crate) fn new(flops: usize, numbers: usize) -> Self {
        Work { flops: flops as f64, bytes: BYTES * numbers as f64 }
    }

    /// A forward pass, which reads every parameter.
    pub(crate) fn of_forward<M: Module>(
        model: &M,
        forward: impl FnOnce(&M, &Trace, &mut Context<Traced<Cpu>>),
    ) -> Self {
        let trace = Trace::new();
        let mut ctx = trace.context(model);
        forward(model, &trace, &mut ctx);
        let summary = Summary::from_steps(&trace.steps(), parameter_count(model));
        Work { flops: summary.flops as f64, bytes: BYTES * summary.parameters as f64 }
    }

    /// A step of training around this forward pass, by a rule that keeps `n_buffers` numbers of each
    /// parameter. The backward pass computes two derivatives where the forward pass computes one
    /// product; the parameters are read for both, their gradients written and read, and the rule
    /// reads and writes each parameter and its buffers.
    pub(crate) fn of_training(self, n_buffers: usize) -> Self {
        let passes = (2 + 2 + 2 * (1 + n_buffers)) as f64;
        Work { flops: 3.0 * self.flops, bytes: passes * self.bytes }
    }
}
