//! The backend that stops at the first number that is not one.

use std::marker::PhantomData;

use crate::array::Array;
use crate::backend::{Backend, Untracked};
use crate::dims::Dims;
use crate::op::{Fused, Op, Vjp};
use crate::value::Value;

/// Runs every operation on `B` and panics at the first result that holds NaN or infinity, naming
/// the operation.
///
/// `Autodiff<Checked<Cpu<f32>>>` checks the backward pass as well as the forward pass.
///
/// # Example
/// ```should_panic
/// use tenon_tensor::{Checked, Cpu, Tensor};
/// let x = Tensor::<(), Checked<Cpu<f32>>>::scalar(-1.0);
/// // ln: element 0 of a result of dims [] is NaN (arguments: [] finite)
/// x.ln();
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Checked<B>(PhantomData<B>);

impl<B: Backend> Backend for Checked<B> {
    type Elem = B::Elem;
    type Array = B::Array;
    const RUNS_KERNELS: bool = B::RUNS_KERNELS;

    fn constant(array: Array<B::Elem>) -> B::Array {
        B::constant(array)
    }

    fn array(array: &B::Array) -> &Array<B::Elem> {
        B::array(array)
    }

    fn apply<O: Op<N>, const N: usize>(op: O, args: [Value<Self>; N]) -> Value<Self> {
        let seen = Arguments::of(&args);
        let output = B::apply(op, unwrap_all(args));
        seen.check::<B>(O::NAME, &output);
        wrap(output)
    }

    fn fused<F: Fused<N>, const N: usize>(op: F, args: [Value<Self>; N]) -> Value<Self> {
        let seen = Arguments::of(&args);
        let output = B::fused(op, unwrap_all(args));
        seen.check::<B>(F::NAME, &output);
        wrap(output)
    }

    fn fused_forward<F: Fused<N>, const N: usize>(
        op: &F,
        args: [Value<Self>; N],
    ) -> (Value<Self>, F::Kept<B::Elem>) {
        let seen = Arguments::of(&args);
        let (output, kept) = B::fused_forward(op, unwrap_all(args));
        seen.check::<B>(F::NAME, &output);
        (wrap(output), kept)
    }

    fn fused_backward<F: Fused<N>, const N: usize>(
        op: &F,
        at: Vjp<Value<Self>, N>,
        kept: &F::Kept<B::Elem>,
    ) -> [Option<Value<Self>>; N] {
        let seen = Arguments::of(std::slice::from_ref(&at.dy));
        let cotangents = B::fused_backward(op, at.map(unwrap), kept);
        for cotangent in cotangents.iter().flatten() {
            seen.check::<B>(F::NAME, cotangent);
        }
        wrap_all(cotangents)
    }
}

impl<B: Untracked> Untracked for Checked<B> {}

fn unwrap<B: Backend>(value: Value<Checked<B>>) -> Value<B> {
    Value(value.0)
}

fn wrap<B: Backend>(value: Value<B>) -> Value<Checked<B>> {
    Value(value.0)
}

// Out of the methods above, so that they are not compiled again for every operation.

fn unwrap_all<B: Backend, const N: usize>(args: [Value<Checked<B>>; N]) -> [Value<B>; N] {
    args.map(unwrap)
}

fn wrap_all<B: Backend, const N: usize>(values: [Option<Value<B>>; N]) -> [Option<Value<Checked<B>>>; N] {
    values.map(|value| value.map(wrap))
}

/// The dims of the arguments and whether each was finite, remembered for the message.
struct Arguments(Vec<(Dims, bool)>);

impl Arguments {
    fn of<B: Backend>(args: &[Value<B>]) -> Self {
        Arguments(args.iter().map(|arg| (arg.dims(), first_not_finite(arg.array()).is_none())).collect())
    }

    fn check<B: Backend>(&self, name: &str, output: &Value<B>) {
        let Some((index, number)) = first_not_finite(output.array()) else { return };
        let args: Vec<String> = self
            .0
            .iter()
            .map(|(dims, finite)| format!("{dims:?} {}", if *finite { "finite" } else { "not finite" }))
            .collect();
        panic!(
            "{name}: element {index} of a result of dims {:?} is {number:?} (arguments: {})",
            output.dims(),
            args.join(", ")
        );
    }
}

fn first_not_finite<E: crate::Element>(array: &Array<E>) -> Option<(usize, E)> {
    let numbers = array.clone().contiguous();
    let numbers = numbers.as_slice()?;
    numbers.iter().copied().enumerate().find(|(_, x)| !x.to_f64().is_finite())
}
