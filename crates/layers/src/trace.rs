//! The backend that writes down what is run: which operations, and what they cost.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tenon_tensor::ops::gather::Gather;
use tenon_tensor::shape::Shape;
use tenon_tensor::{Array, Backend, Dims, Fused, Kept, Op, Query, Tensor, Value, Vjp};

use crate::context::{Context, Mode};
use crate::module::{Module, Path};
use tenon_autodiff::LeafId;

/// Runs every operation on `B` and writes it into a [`Trace`], with its arithmetic and with what a
/// backward pass would keep of it.
///
/// # Example
/// ```
/// use tenon_layers::{Trace, Traced, prelude::*};
/// let layer: Linear<U3, U2> = Init::init(&mut SeededRng::new(0));
/// let trace = Trace::new();
/// let mut ctx = trace.context(&layer);
/// let x: Tensor<(U4, U3), Traced<Cpu>> = trace.input(&Tensor::zeros());
/// layer.forward(x, &mut ctx);
/// let steps = trace.steps();
/// assert_eq!(steps[0].layer, "");
/// assert_eq!(steps[0].flops, 4 * 2 * (2 * 3 + 1));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Traced<B>(PhantomData<B>);

/// A value under [`Traced`].
#[derive(Clone, Debug)]
pub struct Observed<B: Backend> {
    value: Value<B>,
    /// The trace that operations on this value are written to; a constant has none.
    trace: Option<Trace>,
    origin: Origin,
}

/// Where a value comes from, as far as its derivative is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// Nothing that is learned.
    Constant,
    /// It is a parameter.
    Param(LeafId),
    /// It was computed from a parameter, so the operation is recorded in training.
    Computed,
}

/// One operation that was run.
#[derive(Clone, Debug)]
pub struct Step {
    /// The path of the module whose parameters the operation reads; empty where there are none.
    pub layer: String,
    /// The name of the operation.
    pub operation: &'static str,
    /// The dims of the result.
    pub output: Dims,
    /// The numbers in parameters that no step before this one read.
    pub parameters: usize,
    /// The arithmetic, each addition, multiplication, comparison and elementary function counted
    /// as one.
    pub flops: u64,
    /// The bytes that stay in memory until the backward pass because of this operation, and not
    /// already because of one before it.
    pub kept_bytes: usize,
}

/// What was run, in order.
#[derive(Clone, Default)]
pub struct Trace(Arc<Mutex<Record>>);

#[derive(Default)]
struct Record {
    names: HashMap<LeafId, (String, usize)>,
    /// Where the buffers are that are kept.
    kept: HashSet<usize>,
    /// The same buffers, held as a backward pass would: none is recycled and counted again, and no
    /// operation works in place on one.
    held: Vec<Box<dyn Send>>,
    /// What was last asked, and its arithmetic: if elements are gathered next, at the places that
    /// were found, the two are one operation.
    question: Option<(&'static str, u64)>,
    steps: Vec<Step>,
}

impl Trace {
    /// A trace of nothing yet.
    pub fn new() -> Self {
        Trace::default()
    }

    /// A context in which the parameters of `module` are known by name and regularizers act, as
    /// they do in training.
    pub fn context<B: Backend<Elem = f32>>(&self, module: &(impl Module + ?Sized)) -> Context<Traced<B>> {
        let mut ctx = Context::eval().with_mode(Mode::Train);
        module.visit(&mut Path::root(), &mut |path: &str, id: LeafId, array: &Array<f32>| {
            let layer = path.rsplit_once('.').map_or("", |(layer, _)| layer).to_owned();
            self.record().names.insert(id, (layer, array.numel()));
            // Parameters stay in memory in any case.
            self.record().keep(array.storage());
            self.record().held.push(Box::new(array.clone()));
            let value = Value::constant(array.clone());
            ctx.bind(id, self.observe(value, Origin::Param(id)));
        });
        ctx
    }

    /// A tensor on which operations are written down.
    pub fn input<S: Shape, B: Backend>(&self, x: &Tensor<S, B>) -> Tensor<S, Traced<B>> {
        Tensor::from_value(x.shape(), self.observe(x.value().clone(), Origin::Constant))
    }

    /// What was run, in order.
    pub fn steps(&self) -> Vec<Step> {
        self.record().steps.clone()
    }

    fn observe<B: Backend>(&self, value: Value<B>, origin: Origin) -> Value<Traced<B>> {
        Value::from_handle(Observed { value, trace: Some(self.clone()), origin })
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trace of {} steps", self.record().steps.len())
    }
}

impl Record {
    /// The bytes that keeping a buffer adds, given where it is and its own bytes.
    fn keep(&mut self, (place, bytes): (usize, usize)) -> usize {
        if self.kept.insert(place) { bytes } else { 0 }
    }

    /// The bytes that holding on to an array adds.
    fn hold<B: Backend>(&mut self, value: &Value<B>) -> usize {
        self.held.push(Box::new(value.clone()));
        self.keep(value.array().storage())
    }
}

/// What an operation is about to do, noted before its arguments are given away.
struct Before<B: Backend, const N: usize> {
    values: [Value<B>; N],
    trace: Option<Trace>,
    params: Vec<LeafId>,
    is_recorded: bool,
    dims: [Dims; N],
    /// The arguments that the derivative rule reads.
    kept: Vec<Value<B>>,
}

impl<B: Backend, const N: usize> Before<B, N> {
    fn of(args: [Value<Traced<B>>; N], reads: [bool; N]) -> Self {
        let observed: [Observed<B>; N] = args.map(Value::into_handle);
        let trace = observed.iter().find_map(|arg| arg.trace.clone());
        let params = (observed.iter())
            .filter_map(|arg| if let Origin::Param(id) = arg.origin { Some(id) } else { None })
            .collect();
        let is_recorded = observed.iter().any(|arg| arg.origin != Origin::Constant);
        let dims = std::array::from_fn(|i| observed[i].value.dims());
        let kept = (observed.iter().zip(reads))
            .filter(|(_, reads)| *reads && is_recorded)
            .map(|(arg, _)| arg.value.clone())
            .collect();
        Before { values: observed.map(|arg| arg.value), trace, params, is_recorded, dims, kept }
    }
}

/// What is noted of an operation besides its arguments.
struct Facts {
    operation: &'static str,
    reads_output: bool,
    flops: u64,
    /// What the operation itself holds.
    bytes: usize,
    /// The buffers that its forward kernel keeps.
    buffers: Vec<(usize, usize)>,
}

/// Writes a step down; everything but the arguments, which are gone.
fn write_down<B: Backend>(
    trace: Option<Trace>,
    params: &[LeafId],
    is_recorded: bool,
    kept: &[Value<B>],
    value: Value<B>,
    facts: Facts,
) -> Value<Traced<B>> {
    let origin = if is_recorded { Origin::Computed } else { Origin::Constant };
    let Some(trace) = trace else {
        return Value::from_handle(Observed { value, trace: None, origin });
    };
    {
        let mut record = trace.record();
        let mut kept_bytes = 0;
        for kept in kept {
            kept_bytes += record.hold(kept);
        }
        if is_recorded {
            kept_bytes += facts.bytes;
            kept_bytes += facts.buffers.into_iter().map(|buffer| record.keep(buffer)).sum::<usize>();
        }
        if facts.reads_output && is_recorded {
            kept_bytes += record.hold(&value);
        }
        let (mut layer, mut parameters) = (String::new(), 0);
        for id in params {
            if let Some((name, numel)) = record.names.get_mut(id) {
                layer.clone_from(name);
                parameters += std::mem::take(numel);
            }
        }
        let asked = record.question.take().filter(|_| facts.operation == <Gather as Op<1>>::NAME);
        let (operation, flops) = asked.unwrap_or((facts.operation, facts.flops));
        record.steps.push(Step { layer, operation, output: value.dims(), parameters, flops, kept_bytes });
    }
    trace.observe(value, origin)
}

impl<B: Backend> Backend for Traced<B> {
    type Elem = B::Elem;
    type Array = Observed<B>;
    const RUNS_KERNELS: bool = B::RUNS_KERNELS;

    fn constant(array: Array<B::Elem>) -> Observed<B> {
        Observed { value: Value::constant(array), trace: None, origin: Origin::Constant }
    }

    fn array(array: &Observed<B>) -> &Array<B::Elem> {
        array.value.array()
    }

    fn apply<O: Op<N>, const N: usize>(op: O, args: [Value<Self>; N]) -> Value<Self> {
        let Before { values, trace, params, is_recorded, dims, kept } = Before::of(args, O::READS.args);
        let value = B::apply(op.clone(), values);
        let facts = Facts {
            operation: O::NAME,
            reads_output: O::READS.output,
            flops: op.flops(&dims, value.dims()),
            bytes: op.kept_bytes(),
            buffers: Vec::new(),
        };
        write_down(trace, &params, is_recorded, &kept, value, facts)
    }

    fn fused<F: Fused<N>, const N: usize>(op: F, args: [Value<Self>; N]) -> Value<Self> {
        if !B::RUNS_KERNELS {
            return op.definition(args);
        }
        let (value, kept) = Self::fused_forward(&op, args);
        let Observed { trace, origin, .. } = value.handle();
        if let Some(trace) = trace.as_ref().filter(|_| *origin != Origin::Constant) {
            trace.record().held.push(Box::new(kept));
        }
        value
    }

    fn fused_forward<F: Fused<N>, const N: usize>(
        op: &F,
        args: [Value<Self>; N],
    ) -> (Value<Self>, F::Kept<B::Elem>) {
        let Before { values, trace, params, is_recorded, dims, kept } = Before::of(args, F::READS.args);
        let (value, aux) = B::fused_forward(op, values);
        let facts = Facts {
            operation: F::NAME,
            reads_output: F::READS.output,
            flops: op.flops(&dims, value.dims()),
            bytes: op.kept_bytes(),
            buffers: aux.storage(),
        };
        (write_down(trace, &params, is_recorded, &kept, value, facts), aux)
    }

    fn fused_backward<F: Fused<N>, const N: usize>(
        op: &F,
        at: Vjp<Value<Self>, N>,
        kept: &F::Kept<B::Elem>,
    ) -> [Option<Value<Self>>; N] {
        let cotangents = B::fused_backward(op, at.map(|value| value.into_handle().value), kept);
        cotangents.map(|cotangent| {
            cotangent
                .map(|value| Value::from_handle(Observed { value, trace: None, origin: Origin::Constant }))
        })
    }

    fn query<Q: Query<N>, const N: usize>(query: Q, args: [&Value<Self>; N]) -> Q::Output<B::Elem> {
        if let Some(trace) = args.iter().find_map(|arg| arg.handle().trace.as_ref()) {
            let flops = args.iter().map(|arg| arg.dims().numel() as u64).sum();
            trace.record().question = Some((Q::NAME, flops));
        }
        query.forward(args.map(|arg| arg.array().clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    #[test]
    fn what_training_keeps_is_counted_once() {
        let net: (Linear<U3, U4>, ReLU, Linear<U4, U2>) = Init::init(&mut SeededRng::new(0));
        let trace = Trace::new();
        let mut ctx = trace.context::<Cpu>(&net);
        net.forward(trace.input(&Tensor::<(U5, U3)>::ones()), &mut ctx);
        let steps = trace.steps();
        let row = |step: &Step| (step.layer.clone(), step.operation, step.parameters, step.kept_bytes);
        assert_eq!(
            steps.iter().map(row).collect::<Vec<_>>(),
            [
                // The input is one number that is repeated.
                ("0".to_owned(), "linear", 16, 4),
                (String::new(), "relu", 0, 5 * 4 * 4),
                // What ReLU gave is kept already.
                ("2".to_owned(), "linear", 10, 0),
            ]
        );
        assert_eq!(steps[1].flops, 20);
    }

    #[test]
    fn what_a_kernel_keeps_is_counted_once() {
        let net: (Lstm<U3, U4, U2>, Linear<U4, U2>) = Init::init(&mut SeededRng::new(0));
        let trace = Trace::new();
        let mut ctx = trace.context::<Cpu>(&net);
        net.forward(trace.input(&Tensor::<(U5, U6, U3)>::zeros()), &mut ctx);
        let kept = |operation| trace.steps().into_iter().filter(move |step| step.operation == operation);
        let kept = ["lstm", "linear"].map(|name| kept(name).map(|step| step.kept_bytes).collect::<Vec<_>>());
        // The gates of six steps, seven cells, eight blocks of hidden units, each of 5×4 numbers;
        // the second layer and the map read the hidden units where they are.
        let units = 5 * 4 * (6 * 4 + 7 + 8);
        assert_eq!(kept, [vec![4 * (5 * 6 * 3 + units), 4 * units], vec![0]]);
    }

    #[test]
    fn numbers_are_those_of_the_backend_below() {
        let layer: Linear<U3, U2> = Init::init(&mut SeededRng::new(0));
        let x = Tensor::<(U2, U3)>::ones();
        let trace = Trace::new();
        let mut ctx = trace.context::<Cpu>(&layer);
        let traced = layer.forward(trace.input(&x), &mut ctx).to_vec();
        assert_eq!(traced, layer.forward(x, &mut Context::eval()).to_vec());
    }
}
