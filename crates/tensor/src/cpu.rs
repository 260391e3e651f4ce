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
        Value(op.forward(arrays(args)))
    }

    fn fused<F: Fused<N>, const N: usize>(op: F, args: [Value<Self>; N]) -> Value<Self> {
        Value(op.evaluate(arrays(args)))
    }

    fn fused_forward<F: Fused<N>, const N: usize>(
        op: &F,
        args: [Value<Self>; N],
    ) -> (Value<Self>, F::Kept<E>) {
        let (output, kept) = op.forward(arrays(args));
        (Value(output), kept)
    }

    fn fused_backward<F: Fused<N>, const N: usize>(
        op: &F,
        at: Vjp<Value<Self>, N>,
        kept: &F::Kept<E>,
    ) -> [Option<Value<Self>>; N] {
        values(op.backward(at.map(array), kept))
    }
}

impl<E: Element> Untracked for Cpu<E> {}

// What follows could be closures above; it would then be compiled again for every operation.

fn array<E: Element>(value: Value<Cpu<E>>) -> Array<E> {
    value.0
}

fn arrays<E: Element, const N: usize>(args: [Value<Cpu<E>>; N]) -> [Array<E>; N] {
    args.map(array)
}

fn values<E: Element, const N: usize>(arrays: [Option<Array<E>>; N]) -> [Option<Value<Cpu<E>>>; N] {
    arrays.map(|array| array.map(Value))
}
