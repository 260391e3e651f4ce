//! Negation: `y = −x`.

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Value, Vjp};

/// Negation: `y = −x`, elementwise; the operator `-` of tensors.
///
/// # Shapes
/// `x: S → S`
///
/// # Gradient
/// `dx = −dy`. Keeps nothing.
///
/// # Example
/// ```
/// use tenon_tensor::prelude::*;
/// let x: Tensor<(U2,)> = Tensor::from([1.0, -2.0]);
/// assert_eq!((-x).to_vec(), [-1.0, 2.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Neg;

impl Op<1> for Neg {
    const NAME: &'static str = "neg";
    const READS: Reads<1> = Reads::NOTHING;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        x.map(|x| -x)
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        [Some(-at.dy)]
    }
}

impl Proof<1> for Neg {
    const PROVES: &'static str = "neg";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        (Neg, [draw.any_dims()])
    }

    fn domains(&self) -> [Domain; 1] {
        [Domain::Within(-2.0, 2.0)]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        Neg.on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        x.map(|x| -x)
    }
}

register!(Neg);
