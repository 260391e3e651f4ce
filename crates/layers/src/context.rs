//! What `forward` is told besides its input.

use std::any::Any;

use tenon_autodiff::{Autodiff, LeafId};
use tenon_tensor::shape::Shape;
use tenon_tensor::{Array, Backend, Element, Stream, Tensor, Value};

use crate::buffer::{Buffer, Counter, Updates};
use crate::param::Param;

/// Whether a model learns or answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Regularizers such as dropout act.
    Train,
    /// They do not.
    Eval,
}

/// What `forward` is told besides its input: the mode, the random stream, and how parameters enter
/// the computation. It also collects what layers report: new values of their [`Buffer`]s.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// let ctx = Context::<Autodiff<Cpu>>::train(7, 0);
/// assert_eq!(ctx.mode(), Mode::Train);
/// ```
#[derive(Debug)]
pub struct Context<B: Backend> {
    mode: Mode,
    seed: u64,
    next_stream: u64,
    lift: fn(LeafId, &Array<f32>) -> Value<B>,
    bound: Vec<(LeafId, Value<B>)>,
    updates: Updates,
}

/// Random streams that one step may use before they would meet those of the next.
const STREAMS_PER_STEP: u64 = 1 << 20;

impl<B: Backend> Context<B> {
    /// A context in which parameters are constants and regularizers rest.
    pub fn eval() -> Self {
        Context {
            mode: Mode::Eval,
            seed: 0,
            next_stream: 0,
            lift: constant,
            bound: Vec::new(),
            updates: Updates::default(),
        }
    }

    /// The mode.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The same context in another mode.
    pub fn with_mode(self, mode: Mode) -> Self {
        Context { mode, ..self }
    }

    /// A parameter as a tensor of this computation.
    pub fn param<S: Shape>(&mut self, param: &Param<S>) -> Tensor<S, B> {
        let bound = self.bound.iter().find(|(id, _)| *id == param.id());
        let value = match bound {
            Some((_, value)) => value.clone(),
            None => (self.lift)(param.id(), param.value().array()),
        };
        Tensor::from_value(param.value().shape(), value)
    }

    /// Puts a value in place of a parameter in this computation, as JAX's functional style does:
    /// for derivatives of any order with respect to parameters, or in other numbers than theirs.
    pub fn bind(&mut self, id: LeafId, value: Value<B>) {
        self.bound.retain(|(bound, _)| *bound != id);
        self.bound.push((id, value));
    }

    /// A buffer as a constant of this computation: its value, or the one last reported here.
    pub fn buffer<S: Shape>(&self, buffer: &Buffer<S>) -> Tensor<S, B> {
        let value = self.updates.buffer(buffer.id()).unwrap_or(buffer.value().array());
        Tensor::from_value(buffer.value().shape(), constant(buffer.id(), value))
    }

    /// Reports the value that a buffer is to have once the step is applied.
    pub fn update<S: Shape>(&mut self, buffer: &Buffer<S>, value: Tensor<S>) {
        self.updates.set(buffer.id(), value.array().clone());
    }

    /// Reports that a counter is to be one higher once the step is applied.
    pub fn count(&mut self, counter: &Counter) {
        self.updates.count(counter.id());
    }

    /// What layers have reported, to be committed with the step or dropped with it.
    pub fn take_updates(&mut self) -> Updates {
        std::mem::take(&mut self.updates)
    }

    /// A random stream that nothing else in this step uses.
    pub fn stream(&mut self) -> Stream {
        let stream = self.next_stream;
        self.next_stream += 1;
        Stream { seed: self.seed, stream }
    }
}

impl<B: Backend> Context<Autodiff<B>> {
    /// A context for training step `step` of the experiment with this seed: parameters are
    /// variables, regularizers act, and the same seed and step draw the same random numbers.
    pub fn train(seed: u64, step: u64) -> Self {
        let next_stream = step * STREAMS_PER_STEP;
        Context {
            mode: Mode::Train,
            seed,
            next_stream,
            lift: variable,
            bound: Vec::new(),
            updates: Updates::default(),
        }
    }
}

fn constant<B: Backend>(_: LeafId, value: &Array<f32>) -> Value<B> {
    Value::constant(elements(value))
}

fn variable<B: Backend>(id: LeafId, value: &Array<f32>) -> Value<Autodiff<B>> {
    Autodiff::leaf(id, Value::constant(elements(value)))
}

/// Parameters in the numbers of a computation: shared where they are its own, else converted.
fn elements<E: Element>(value: &Array<f32>) -> Array<E> {
    if let Some(same) = (value as &dyn Any).downcast_ref::<Array<E>>() {
        return same.clone();
    }
    let numbers = value.to_vec().into_iter().map(|x| E::from_f64(f64::from(x))).collect();
    Array::from_vec(value.dims(), numbers)
}
