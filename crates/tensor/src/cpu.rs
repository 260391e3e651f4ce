//! The backend that computes.

use std::marker::PhantomData;

use crate::array::Array;
use crate::backend::{Backend, Untracked};
use crate::buffer::Element;
use crate::op::{Fused, Op, Vjp};
use crate::value::Value;

/// Runs every operation at once, on the processor, in numbers of type `E`.
#[derive(Clone, Copy, Debug)]
pub struct Cpu<E = f32>(PhantomData<E>);

impl<E: Element> Backend for Cpu<E> {
    type Elem = E;
    type Array = Array<E>;
    const RUNS_KERNELS: bool = true;

    fn constant(array: Array<E>) -> Array<E> {
        array
    }

    fn array(array: &Array<E>) -> &Array<E> {
        array
    }

    fn apply<O: Op<N>, const N: usize>(op: O, args: [Value<Self>; N]) -> Value<Self> {
        Value(op.forward(args.map(|arg| arg.0)))
    }

    fn fused<F: Fused<N>, const N: usize>(op: F, args: [Value<Self>; N]) -> Value<Self> {
        Value(op.forward(args.map(|arg| arg.0)).0)
    }

    fn fused_forward<F: Fused<N>, const N: usize>(
        op: &F,
        args: [Value<Self>; N],
    ) -> (Value<Self>, F::Kept<E>) {
        let (output, kept) = op.forward(args.map(|arg| arg.0));
        (Value(output), kept)
    }

    fn fused_backward<F: Fused<N>, const N: usize>(
        op: &F,
        at: Vjp<Value<Self>, N>,
        kept: &F::Kept<E>,
    ) -> [Option<Value<Self>>; N] {
        op.backward(at.map(|value| value.0), kept).map(|cotangent| cotangent.map(Value))
    }
}

impl<E: Element> Untracked for Cpu<E> {}
