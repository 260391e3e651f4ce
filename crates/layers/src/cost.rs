//! What layers cost, known to the compiler.

use tenon_tensor::Cpu;
use tenon_tensor::shape::{Dim, Last, Shape};

use crate::layer::Layer;

/// A layer or a model of which the compiler knows what it costs on an input of type `X`.
///
/// The numbers are those that [`Summary`](crate::Summary) measures in training, equal to the last
/// byte: of the layer as its [`Init`](crate::Init) makes it, on an input that is data in a buffer of
/// its own, in numbers of 32 bits. Every size of the input has to be static.
///
/// Each layer states its cost. Tuples and `#[derive(Sequential)]` add up those of their parts; a
/// model whose `forward` is written by hand composes them in the same order, or names the tuple
/// that does the same. Nothing else asks for this trait, so a layer without it works everywhere but
/// here.
///
/// # Example
/// A budget that is held, or the program does not compile:
/// ```
/// use tenon_layers::{Cost, StaticCost, prelude::*};
///
/// #[derive(Module, Sequential)]
/// struct Gesture {
///     hidden: Linear<U48, U32>,
///     activation: ReLU,
///     output: Linear<U32, U4>,
/// }
///
/// const COST: Cost = <Gesture as StaticCost<Tensor<(U1, U48)>>>::COST;
/// const _: () = assert!(COST.parameters * size_of::<f32>() <= 8 * 1024, "the weights fit 8 KiB");
///
/// assert_eq!(COST.flops, 32 * (2 * 48 + 1) + 32 + 4 * (2 * 32 + 1));
/// // The input and the hidden units, which ReLU and the layer after it share.
/// assert_eq!(COST.kept_bytes, (48 + 32) * size_of::<f32>());
/// ```
#[diagnostic::on_unimplemented(
    message = "the compiler does not know what `{Self}` costs on an input of type `{X}`",
    label = "no cost is stated for this input",
    note = "every size of the input must be static, and the numbers those of `Cpu<f32>`",
    note = "a layer states its cost by an `impl StaticCost`, in terms of its operations or of other layers"
)]
pub trait StaticCost<X> {
    /// What it costs.
    const COST: Cost;
}

/// What a map costs: the totals of a [`Summary`](crate::Summary), and what it takes to go on
/// counting where another map follows.
///
/// A buffer is kept for the backward pass once, however many operations read it, and nothing is
/// kept where nothing before was learned. So what is kept depends on what goes in and on what comes
/// next; [`then`](Cost::then) settles both.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// The learned numbers.
    pub parameters: usize,
    /// The arithmetic of the forward pass: additions, multiplications, comparisons and elementary
    /// functions, each counted as one.
    pub flops: u64,
    /// The bytes that a forward pass in training keeps for the backward pass.
    pub kept_bytes: usize,
    input_bytes: usize,
    /// For each [`Kind`] of input.
    kept: [Kept; 3],
}

/// One operation, as its `READS`, `flops` and `kept_bytes` describe it.
///
/// # Example
/// A layer of one's own, `y = x²`, whose derivative reads `x`:
/// ```
/// use tenon_layers::cost::{Cost, Operation, StaticCost};
/// use tenon_layers::prelude::*;
/// use tenon_layers::tensor::shape::StaticShape;
///
/// struct Squares;
///
/// impl<S: StaticShape> StaticCost<Tensor<S>> for Squares {
///     const COST: Cost = Cost::of(Operation { reads_input: true, ..Operation::between::<S, S>() });
/// }
/// assert_eq!(<Squares as StaticCost<Tensor<(U2, U3)>>>::COST.flops, 6);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// The learned numbers that it reads first. Where there are any, a backward pass comes here even
    /// if the input is data.
    pub parameters: usize,
    /// The arithmetic.
    pub flops: u64,
    /// The bytes of the input.
    pub input_bytes: usize,
    /// The bytes of the buffer that the result is in.
    pub output_bytes: usize,
    /// Whether the backward pass reads the input.
    pub reads_input: bool,
    /// Whether the backward pass reads the result.
    pub reads_output: bool,
    /// The bytes of what is kept besides: statistics, indices, a mask.
    pub kept_bytes: usize,
    /// Whether the result lies in its buffer in another order than row-major, so that it is copied
    /// where axes are joined.
    pub is_scattered: bool,
}

impl Operation {
    /// An operation from shape `X` to shape `Y` with one step of arithmetic per element of the
    /// result, of which nothing is kept.
    pub const fn between<X: Shape, Y: Shape>() -> Self {
        Operation {
            parameters: 0,
            flops: elements::<Y>() as u64,
            input_bytes: bytes::<X>(),
            output_bytes: bytes::<Y>(),
            reads_input: false,
            reads_output: false,
            kept_bytes: 0,
            is_scattered: false,
        }
    }
}

/// The number of elements of a static shape.
///
/// # Panics
/// When an axis is known only at run time.
pub const fn elements<S: Shape>() -> usize {
    S::STATIC_NUMEL.expect("what follows from static sizes is static")
}

/// The bytes of a tensor of a static shape.
///
/// # Panics
/// When an axis is known only at run time.
pub const fn bytes<S: Shape>() -> usize {
    elements::<S>() * NUMBER
}

/// The bytes of a number.
pub(crate) const NUMBER: usize = size_of::<f32>();

/// What a value is, as far as keeping it is concerned.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// It depends on nothing learned, so no backward pass comes here.
    Data,
    /// It does.
    Learned,
    /// It does, and is [scattered](Operation::is_scattered).
    Scattered,
}

/// What is kept of a map, given the kind of its input.
#[derive(Clone, Copy, Debug)]
struct Kept {
    /// Whether the buffer of the input is.
    input: bool,
    /// The bytes of other buffers that are.
    others: usize,
    /// The kind of the result.
    result: Kind,
    /// Where the result is, if not in the buffer of the input.
    buffer: Option<Buffer>,
}

#[derive(Clone, Copy, Debug)]
struct Buffer {
    bytes: usize,
    is_kept: bool,
}

impl Cost {
    /// The cost of one operation.
    pub const fn of(operation: Operation) -> Self {
        let kept = [
            Kept::by(&operation, Kind::Data),
            Kept::by(&operation, Kind::Learned),
            Kept::by(&operation, Kind::Scattered),
        ];
        Cost::new(operation.parameters, operation.flops, operation.input_bytes, kept)
    }

    /// The cost of joining all axes but the first: nothing. The result is where the input is, or in
    /// a copy of what is scattered, unless what is joined is a single axis beside others of size 1.
    pub(crate) const fn of_joining<S: Last>() -> Self {
        let in_place = Kept { input: false, others: 0, result: Kind::Data, buffer: None };
        let learned = Kept { result: Kind::Learned, ..in_place };
        let copy = Kept { buffer: Some(Buffer { bytes: bytes::<S>(), is_kept: false }), ..learned };
        let scattered = if matches!(S::Last::STATIC, Some(1)) { learned } else { copy };
        Cost::new(0, 0, bytes::<S>(), [in_place, learned, scattered])
    }

    /// The cost of `L` on an input of type `X`.
    pub const fn on<X, L: StaticCost<X>>() -> Self {
        L::COST
    }

    const fn new(parameters: usize, flops: u64, input_bytes: usize, kept: [Kept; 3]) -> Self {
        let of_data = &kept[Kind::Data as usize];
        let kept_bytes = of_data.others + if of_data.input { input_bytes } else { 0 };
        Cost { parameters, flops, kept_bytes, input_bytes, kept }
    }

    /// This cost, but another where the input is scattered.
    pub(crate) const fn or_where_scattered(self, other: Cost) -> Self {
        let ([data, learned, _], [_, _, scattered]) = (self.kept, other.kept);
        Cost { kept: [data, learned, scattered], ..self }
    }

    /// The cost of this map, then another of its result.
    pub const fn then(self, next: Cost) -> Self {
        let [data, learned, scattered] = &self.kept;
        let kept = [data.then(&next.kept), learned.then(&next.kept), scattered.then(&next.kept)];
        Cost::new(self.parameters + next.parameters, self.flops + next.flops, self.input_bytes, kept)
    }

    /// The cost of this map, then another so many times, one after the other.
    pub const fn then_times(self, n: usize, next: Cost) -> Self {
        let mut cost = self;
        let mut i = 0;
        while i < n {
            cost = cost.then(next);
            i += 1;
        }
        cost
    }

    /// The cost of this map and of another of the same input. What follows takes the result of the
    /// first; that of the other goes into an operation that does not keep it, such as a sum.
    pub const fn beside(self, other: Cost) -> Self {
        let [a, b] = [&self.kept, &other.kept];
        let kept = [a[0].beside(&b[0]), a[1].beside(&b[1]), a[2].beside(&b[2])];
        Cost::new(self.parameters + other.parameters, self.flops + other.flops, self.input_bytes, kept)
    }

    /// The cost of this map by a model that holds so many parameters more, which have no part in it.
    pub const fn holding(self, parameters: usize) -> Cost {
        Cost { parameters: self.parameters + parameters, ..self }
    }

    /// The cost of a sum of two results of shape `S`, such as a residual; nothing is kept of it.
    pub const fn of_sum<S: Shape>() -> Self {
        Cost::of(Operation::between::<S, S>())
    }
}

impl Kept {
    const fn by(operation: &Operation, input: Kind) -> Self {
        let is_recorded = operation.parameters > 0 || !matches!(input, Kind::Data);
        Kept {
            input: is_recorded && operation.reads_input,
            others: match (is_recorded, operation.reads_output) {
                (true, true) => operation.kept_bytes + operation.output_bytes,
                (true, false) => operation.kept_bytes,
                (false, _) => 0,
            },
            result: match (is_recorded, operation.is_scattered) {
                (true, true) => Kind::Scattered,
                (true, false) => Kind::Learned,
                (false, _) => Kind::Data,
            },
            buffer: Some(Buffer {
                bytes: operation.output_bytes,
                is_kept: is_recorded && operation.reads_output,
            }),
        }
    }

    /// What is kept of this map, then the one of which this is kept by the kind of its input.
    const fn then(&self, next: &[Kept; 3]) -> Self {
        let next = &next[self.result as usize];
        let others = self.others + next.others;
        let Some(Buffer { bytes, is_kept }) = self.buffer else {
            return Kept { input: self.input || next.input, others, ..*next };
        };
        Kept {
            input: self.input,
            // Only once, if both keep what is between them.
            others: if next.input && !is_kept { others + bytes } else { others },
            result: next.result,
            buffer: match next.buffer {
                None => Some(Buffer { bytes, is_kept: is_kept || next.input }),
                own => own,
            },
        }
    }

    const fn beside(&self, other: &Kept) -> Self {
        let result = match (self.result, other.result) {
            (Kind::Data, Kind::Learned | Kind::Scattered) => Kind::Learned,
            (result, _) => result,
        };
        let (input, others) = (self.input || other.input, self.others + other.others);
        Kept { input, others, result, buffer: self.buffer }
    }
}

macro_rules! sequences {
    ($First:ident $($Rest:ident)+) => {
        impl<X, $First, $($Rest),+> StaticCost<X> for ($First, $($Rest,)+)
        where
            $First: Layer<X, Cpu> + StaticCost<X>,
            ($($Rest,)+): StaticCost<$First::Output>,
        {
            const COST: Cost = $First::COST.then(<($($Rest,)+)>::COST);
        }
        sequences!($($Rest)+);
    };
    ($Last:ident) => {
        impl<X, $Last: StaticCost<X>> StaticCost<X> for ($Last,) {
            const COST: Cost = $Last::COST;
        }
    };
}
sequences!(A B C D E F G H I J K L);
