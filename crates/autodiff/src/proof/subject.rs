//! Operations with their types forgotten, so that the harness is compiled once and not once per
//! operation.

use std::fmt::Debug;
use std::rc::Rc;

use tenon_tensor::proof::{Domain, Draw, Naive, Proof, Sizes};
use tenon_tensor::{Backend, Checked, Cpu, Dims, Value};

use crate::autodiff::Autodiff;

/// An operation that runs under one backend.
pub(super) trait RunsOn<B: Backend> {
    /// The result.
    fn run(&self, args: Vec<Value<B>>) -> Value<B>;

    /// The result of the definition; none where there is no definition.
    fn definition(&self, args: Vec<Value<B>>) -> Option<Value<B>>;
}

/// An operation that runs under every backend that the checks use.
pub(super) trait Subject:
    RunsOn<Cpu<f32>>
    + RunsOn<Cpu<f64>>
    + RunsOn<Autodiff<Cpu<f32>>>
    + RunsOn<Autodiff<Cpu<f64>>>
    + RunsOn<Autodiff<Checked<Cpu<f64>>>>
    + RunsOn<Autodiff<Autodiff<Cpu<f64>>>>
    + Debug
{
    fn domains(&self) -> Vec<Domain>;

    fn oracle(&self, args: &[Naive]) -> Naive;
}

/// Draws an operation of one type, and the dims of its arguments.
pub(super) type DrawSubject = fn(&[u8], Sizes) -> (Rc<dyn Subject>, Vec<Dims>);

/// The way to draw operations of type `P`.
pub(super) fn draw_subject<P: Proof<N>, const N: usize>(
    choices: &[u8],
    sizes: Sizes,
) -> (Rc<dyn Subject>, Vec<Dims>) {
    let (op, dims) = P::draw(&mut Draw::with_sizes(choices, sizes));
    (Rc::new(Typed::<P, N>(op)), dims.to_vec())
}

/// An operation of a known type.
struct Typed<P, const N: usize>(P);

impl<P: Debug, const N: usize> Debug for Typed<P, N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// As many arguments as the operation takes.
fn exactly<T, const N: usize>(args: Vec<T>) -> [T; N] {
    let n = args.len();
    args.try_into().unwrap_or_else(|_| panic!("{n} arguments for an operation on {N}"))
}

impl<P: Proof<N>, B: Backend, const N: usize> RunsOn<B> for Typed<P, N> {
    fn run(&self, args: Vec<Value<B>>) -> Value<B> {
        self.0.run(exactly(args))
    }

    fn definition(&self, args: Vec<Value<B>>) -> Option<Value<B>> {
        self.0.definition(exactly(args))
    }
}

impl<P: Proof<N>, const N: usize> Subject for Typed<P, N> {
    fn domains(&self) -> Vec<Domain> {
        self.0.domains().to_vec()
    }

    fn oracle(&self, args: &[Naive]) -> Naive {
        self.0.oracle(exactly(args.iter().collect()))
    }
}
