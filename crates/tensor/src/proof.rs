//! What an operation submits to the proof harness: samples to draw, and an oracle.
//!
//! The harness itself is `tenon_autodiff::proof`, since it needs derivatives.

use std::fmt::Debug;

use crate::backend::Backend;
use crate::dims::Dims;
use crate::value::Value;

/// An operation that can be proved: how to draw it, how to run it, and what it must give.
///
/// Every operation file of this crate implements this and names its types in `register!`, without
/// which the file does not compile. An operation of another crate implements it the same way and
/// calls `tenon_autodiff::proof::prove::<MyOp, _>()` in a test.
pub trait Proof<const N: usize>: Clone + Debug + 'static {
    /// The name in the table of proofs.
    const PROVES: &'static str;

    /// Draws attributes, and the dims of the arguments.
    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; N]);

    /// The numbers on which each argument is tried.
    fn domains(&self) -> [Domain; N] {
        [Domain::Within(-2.0, 2.0); N]
    }

    /// Applies the operation.
    fn run<B: Backend>(&self, args: [Value<B>; N]) -> Value<B>;

    /// The definition of a fused operation, against which its kernels are held.
    fn definition<B: Backend>(&self, args: [Value<B>; N]) -> Option<Value<B>> {
        let _ = args;
        None
    }

    /// The result computed one element at a time, as the equation says.
    fn oracle(&self, args: [&Naive; N]) -> Naive;
}

/// Receives every registered operation.
pub trait ProofVisitor {
    /// Is shown one operation.
    fn visit<P: Proof<N>, const N: usize>(&mut self);
}

/// Registers the operations of a file with the proof harness.
macro_rules! register {
    ($($Op:ty),+ $(,)?) => {
        pub(super) fn proofs(visitor: &mut impl $crate::proof::ProofVisitor) {
            $(visitor.visit::<$Op, _>();)+
        }
    };
}
pub(crate) use register;

/// Numbers on which an operation is tried: inside its domain, away from kinks and poles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Domain {
    /// Between two bounds.
    Within(f64, f64),
    /// Between `-bound` and `bound`, at least `gap` away from zero.
    AwayFromZero {
        /// The smallest magnitude.
        gap: f64,
        /// The largest magnitude.
        bound: f64,
    },
    /// Numbers of which no two are closer than a hundredth, across all arguments.
    Distinct,
}

/// How [`Draw::size`] draws the sizes of axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sizes {
    /// One, two, primes that no vector width divides, a power of two.
    Mixed,
    /// All axes alike.
    All(usize),
    /// A long axis first, so that there is enough work for several threads; then mixed ones.
    Long,
}

/// A source of choices: each is read from bytes that the harness draws and shrinks.
pub struct Draw<'a> {
    choices: &'a [u8],
    next: usize,
    sizes: Sizes,
}

/// Axis sizes worth trying: one, two, primes that no vector width divides, and a power of two.
const SIZES: [usize; 8] = [1, 2, 3, 5, 7, 4, 2, 3];

/// A prime of elements that makes kernels share an array among threads.
const LONG_ARRAY: usize = 40_009;

/// A prime for an axis whose neighbours are not known.
const LONG_AXIS: usize = 521;

impl<'a> Draw<'a> {
    /// Choices read from `choices`, which repeat when they run out.
    pub fn new(choices: &'a [u8]) -> Self {
        Draw::with_sizes(choices, Sizes::Mixed)
    }

    /// Choices read from `choices`, with axis sizes of the given kind.
    pub fn with_sizes(choices: &'a [u8], sizes: Sizes) -> Self {
        assert!(!choices.is_empty(), "a draw needs at least one choice");
        Draw { choices, next: 0, sizes }
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        let choice = self.choices[self.next % self.choices.len()];
        self.next += 1;
        choice as usize % n
    }

    /// A number from `least` to `most`.
    pub fn between(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most - least + 1)
    }

    /// One of the given things.
    pub fn one_of<T: Clone>(&mut self, things: &[T]) -> T {
        things[self.below(things.len())].clone()
    }

    /// An axis size, as [`Sizes`] says.
    pub fn size(&mut self) -> usize {
        let mixed = self.one_of(&SIZES);
        match self.sizes {
            Sizes::Mixed => mixed,
            Sizes::All(size) => size,
            Sizes::Long => {
                self.sizes = Sizes::Mixed;
                LONG_AXIS
            }
        }
    }

    /// Dims of the given rank; one time in four all axes are equal.
    pub fn dims(&mut self, rank: usize) -> Dims {
        if self.sizes == Sizes::Long && rank > 0 {
            self.sizes = Sizes::Mixed;
            let dims = self.dims(rank);
            return dims.with(0, LONG_ARRAY.div_ceil(dims[1..].iter().product()));
        }
        let equal = self.below(4) == 3;
        let first = self.size();
        let sizes: Vec<usize> =
            (0..rank).map(|axis| if axis == 0 || equal { first } else { self.size() }).collect();
        Dims::new(&sizes)
    }

    /// Dims of rank 0 to 4.
    pub fn any_dims(&mut self) -> Dims {
        let rank = self.below(5);
        self.dims(rank)
    }

    /// Dims of rank 1 to 4, and one of their axes.
    pub fn dims_and_axis(&mut self) -> (Dims, usize) {
        let rank = self.between(1, 4);
        let axis = self.below(rank);
        (self.dims(rank), axis)
    }
}

/// An array for oracles: row-major `f64`, read and written by index, slow and obvious.
#[derive(Clone, Debug, PartialEq)]
pub struct Naive {
    /// The sizes of the axes.
    pub dims: Dims,
    /// The elements in row-major order.
    pub data: Vec<f64>,
}

impl Naive {
    /// The array whose element at each index is `f(index)`.
    pub fn from_fn(dims: Dims, mut f: impl FnMut(&[usize]) -> f64) -> Self {
        let mut data = Vec::with_capacity(dims.numel());
        for_each_index(dims, |index| data.push(f(index)));
        Naive { dims, data }
    }

    /// An array of zeros.
    pub fn zeros(dims: Dims) -> Self {
        Naive { dims, data: vec![0.0; dims.numel()] }
    }

    /// The row-major position of an index.
    pub fn position(&self, index: &[usize]) -> usize {
        assert_eq!(index.len(), self.dims.len(), "an index has one entry per axis");
        index.iter().zip(self.dims.iter()).fold(0, |position, (&i, &size)| {
            assert!(i < size, "index {index:?} is out of range for {:?}", self.dims);
            position * size + i
        })
    }

    /// The element at an index.
    pub fn at(&self, index: &[usize]) -> f64 {
        self.data[self.position(index)]
    }

    /// The element at an index, for writing.
    pub fn at_mut(&mut self, index: &[usize]) -> &mut f64 {
        let position = self.position(index);
        &mut self.data[position]
    }

    /// `f` of every element.
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        Naive { dims: self.dims, data: self.data.iter().map(|&x| f(x)).collect() }
    }

    /// `f` of every pair of elements.
    pub fn zip(&self, other: &Naive, f: impl Fn(f64, f64) -> f64) -> Self {
        assert_eq!(self.dims, other.dims, "pairs need equal dims");
        Naive { dims: self.dims, data: self.data.iter().zip(&other.data).map(|(&a, &b)| f(a, b)).collect() }
    }
}

/// Calls `f` with every index into `dims`, in row-major order.
pub fn for_each_index(dims: Dims, mut f: impl FnMut(&[usize])) {
    let mut index = vec![0; dims.len()];
    for _ in 0..dims.numel() {
        f(&index);
        for axis in (0..dims.len()).rev() {
            index[axis] += 1;
            if index[axis] < dims[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
}
