//! What an operation is: a forward rule on arrays, and a derivative rule made of operations.

use std::fmt::Debug;

use crate::array::Array;
use crate::backend::Backend;
use crate::buffer::Element;
use crate::dims::Dims;
use crate::indices::Indices;
use crate::value::Value;

/// A differentiable operation on `N` arrays.
///
/// The struct holds the attributes (an axis, a stride, a mask). [`vjp`](Op::vjp) is written with
/// other operations, so derivatives are themselves differentiable, to any order.
///
/// The set of operations is open: implement this in any crate and call it with [`Op::on`].
///
/// # Example
/// ```
/// use tenon_tensor::{Array, Backend, Cpu, Dims, Element, Op, Reads, Value, Vjp};
///
/// /// Twice the argument.
/// #[derive(Clone, Debug)]
/// struct Double;
///
/// impl Op<1> for Double {
///     const NAME: &'static str = "double";
///     const READS: Reads<1> = Reads::NOTHING;
///     fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
///         x.map(|x| x + x)
///     }
///     fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
///         [Some(Double.on([at.dy]))]
///     }
/// }
///
/// let x = Value::<Cpu<f64>>::constant(Array::from_vec(Dims::new(&[2]), vec![1.0, 2.0]));
/// assert_eq!(Double.on([x]).array().to_vec(), [2.0, 4.0]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a differentiable operation on {N} arrays",
    label = "no derivative rule",
    note = "an operation without a derivative is a `Query`; its results are not tracked"
)]
pub trait Op<const N: usize>: Clone + Debug + Send + Sync + 'static {
    /// The name in error messages, profiles and graphs.
    const NAME: &'static str;

    /// What [`vjp`](Op::vjp) reads; nothing else is kept for the backward pass.
    const READS: Reads<N>;

    /// The result on plain arrays. Arguments arrive by value, so that the only handle to a buffer
    /// can be reused in place.
    fn forward<E: Element>(&self, args: [Array<E>; N]) -> Array<E>;

    /// The vector–Jacobian product: the cotangent of each argument, given that of the result.
    ///
    /// An entry may be `None` when [`Vjp::needs`] is false for that argument.
    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, N>) -> [Option<Value<B>>; N];

    /// The arithmetic of one application: additions, multiplications, comparisons and elementary
    /// functions, each counted as one. One per element of the result, unless the operation says
    /// otherwise.
    fn flops(&self, args: &[Dims; N], output: Dims) -> u64 {
        let _ = args;
        output.numel() as u64
    }

    /// The bytes of what the operation itself holds for its derivative: indices, a mask.
    fn kept_bytes(&self) -> usize {
        0
    }

    /// The operation applied under any backend.
    fn on<B: Backend>(self, args: [Value<B>; N]) -> Value<B> {
        B::apply(self, args)
    }
}

/// An operation with a definition in other operations and, beside it, faster kernels.
///
/// The kernels are an optimization of the [`definition`](Fused::definition) and nothing more: they
/// give first derivatives of plain arrays; derivatives of derivatives, and everything that asks
/// what the operation means, go through the definition.
pub trait Fused<const N: usize>: Clone + Debug + Send + Sync + 'static {
    /// The name in error messages, profiles and graphs.
    const NAME: &'static str;

    /// What [`backward`](Fused::backward) reads, besides what the forward kernel keeps.
    const READS: Reads<N>;

    /// What the forward kernel keeps for the backward kernel.
    type Kept<E: Element>: Kept;

    /// The operation in terms of others.
    fn definition<B: Backend>(&self, args: [Value<B>; N]) -> Value<B>;

    /// The result on plain arrays, and what the backward kernel needs.
    fn forward<E: Element>(&self, args: [Array<E>; N]) -> (Array<E>, Self::Kept<E>);

    /// The result alone, on plain arrays, where nobody will ask for a derivative: to the bit that of
    /// [`forward`](Fused::forward), but for the signs of zeros.
    fn evaluate<E: Element>(&self, args: [Array<E>; N]) -> Array<E> {
        self.forward(args).0
    }

    /// The cotangents of the arguments, on plain arrays.
    fn backward<E: Element>(&self, at: Vjp<Array<E>, N>, kept: &Self::Kept<E>) -> [Option<Array<E>>; N];

    /// The arithmetic of one application, counted as [`Op::flops`] is.
    fn flops(&self, args: &[Dims; N], output: Dims) -> u64;

    /// The bytes of what the operation itself holds for its derivative: indices, a mask.
    fn kept_bytes(&self) -> usize {
        0
    }

    /// The operation applied under any backend.
    fn on<B: Backend>(self, args: [Value<B>; N]) -> Value<B> {
        B::fused(self, args)
    }
}

/// What a forward kernel can keep for its backward kernel: something whose memory is known.
pub trait Kept: Send + Sync + 'static {
    /// Where each buffer is that stays in memory, and its bytes: views of one buffer have the same.
    fn storage(&self) -> Vec<(usize, usize)>;
}

impl Kept for () {
    fn storage(&self) -> Vec<(usize, usize)> {
        Vec::new()
    }
}

impl<E: Element> Kept for Array<E> {
    fn storage(&self) -> Vec<(usize, usize)> {
        vec![self.storage()]
    }
}

impl Kept for Indices {
    fn storage(&self) -> Vec<(usize, usize)> {
        vec![self.storage()]
    }
}

impl<K: Kept> Kept for Option<K> {
    fn storage(&self) -> Vec<(usize, usize)> {
        self.iter().flat_map(Kept::storage).collect()
    }
}

impl<K: Kept, const N: usize> Kept for [K; N] {
    fn storage(&self) -> Vec<(usize, usize)> {
        self.iter().flat_map(Kept::storage).collect()
    }
}

impl<K: Kept, L: Kept> Kept for (K, L) {
    fn storage(&self) -> Vec<(usize, usize)> {
        [self.0.storage(), self.1.storage()].concat()
    }
}

impl<K: Kept, L: Kept, M: Kept> Kept for (K, L, M) {
    fn storage(&self) -> Vec<(usize, usize)> {
        [self.0.storage(), self.1.storage(), self.2.storage()].concat()
    }
}

/// An operation without a derivative: a comparison, an argmax. Its result is never tracked, and
/// its type says so.
pub trait Query<const N: usize>: Clone + Debug {
    /// The name in error messages, profiles and graphs.
    const NAME: &'static str;

    /// What the operation gives: indices, flags, plain arrays.
    type Output<E: Element>;

    /// The result on plain arrays.
    fn forward<E: Element>(&self, args: [Array<E>; N]) -> Self::Output<E>;

    /// The operation applied to what the values hold, under any backend.
    fn on<B: Backend>(self, args: [&Value<B>; N]) -> Self::Output<B::Elem> {
        B::query(self, args)
    }
}

/// Which arguments a derivative rule reads, and whether it reads the result.
#[derive(Clone, Copy, Debug)]
pub struct Reads<const N: usize> {
    /// Whether each argument is read.
    pub args: [bool; N],
    /// Whether the result is read.
    pub output: bool,
}

impl<const N: usize> Reads<N> {
    /// The cotangents depend on the cotangent of the result alone: the operation is linear.
    pub const NOTHING: Self = Reads { args: [false; N], output: false };
    /// Every argument is read.
    pub const ARGS: Self = Reads { args: [true; N], output: false };
    /// The result is read, and no argument.
    pub const OUTPUT: Self = Reads { args: [false; N], output: true };
}

/// Where a derivative is asked for: the cotangent of the result, and what the rule declared that
/// it reads.
#[derive(Clone, Debug)]
pub struct Vjp<V, const N: usize> {
    /// The cotangent of the result.
    pub dy: V,
    pub(crate) args: [Option<V>; N],
    pub(crate) output: Option<V>,
    pub(crate) dims: [Dims; N],
    pub(crate) needs: [bool; N],
}

impl<V: Clone, const N: usize> Vjp<V, N> {
    /// Assembles the point; used by backends that record.
    pub fn new(dy: V, args: [Option<V>; N], output: Option<V>, dims: [Dims; N], needs: [bool; N]) -> Self {
        Vjp { dy, args, output, dims, needs }
    }

    /// Argument `i`.
    ///
    /// # Panics
    /// When the rule's `READS` does not say that it reads this argument.
    pub fn arg(&self, i: usize) -> V {
        self.args[i].clone().unwrap_or_else(|| panic!("the rule does not declare that it reads argument {i}"))
    }

    /// The result.
    ///
    /// # Panics
    /// When the rule's `READS` does not say that it reads the result.
    pub fn output(&self) -> V {
        self.output.clone().expect("the rule does not declare that it reads its result")
    }

    /// The dims of argument `i`, which are known whether or not the argument was kept.
    pub fn dims(&self, i: usize) -> Dims {
        self.dims[i]
    }

    /// Whether anyone asks for the cotangent of argument `i`.
    pub fn needs(&self, i: usize) -> bool {
        self.needs[i]
    }

    /// The same point in terms of other handles.
    pub fn map<W>(self, f: impl Fn(V) -> W) -> Vjp<W, N> {
        Vjp {
            dy: f(self.dy),
            args: self.args.map(|arg| arg.map(&f)),
            output: self.output.map(&f),
            dims: self.dims,
            needs: self.needs,
        }
    }

    /// `f` where the cotangent of argument `i` is asked for.
    pub fn wrt(&self, i: usize, f: impl FnOnce(&Self) -> V) -> Option<V> {
        self.needs[i].then(|| f(self))
    }
}
