//! Difference: `z = x - y`.

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Value, Vjp};

/// Difference: `z = x - y`, elementwise; the operator `-` of tensors.
///
/// # Shapes
/// `x: S, y: S → S`; operators take equal shapes, and
/// [`broadcast_sub`](crate::Tensor::broadcast_sub) repeats axes of size 1.
///
/// # Gradient
/// `dx = dz`, `dy = −dz`. Keeps nothing.
///
/// # Example
/// ```
/// use tenon_tensor::prelude::*;
/// let x: Tensor<(U2,)> = Tensor::from([1.0, 2.0]);
/// let y: Tensor<(U2,)> = Tensor::from([3.0, 5.0]);
/// assert_eq!((&x - &y).to_vec(), [-2.0, -3.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Sub;

impl Op<2> for Sub {
    const NAME: &'static str = "sub";
    const READS: Reads<2> = Reads::NOTHING;

    fn forward<E: Element>(&self, [mut x, y]: [Array<E>; 2]) -> Array<E> {
        // In place in whichever argument holds its only handle.
        if x.is_unique() { x.zip(&y, |x, y| x - y) } else { y.zip(&x, |y, x| x - y) }
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 2>) -> [Option<Value<B>>; 2] {
        [at.wrt(0, |at| at.dy.clone()), at.wrt(1, |at| -at.dy.clone())]
    }
}

impl Proof<2> for Sub {
    const PROVES: &'static str = "sub";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 2]) {
        (Sub, [draw.any_dims(); 2])
    }

    fn domains(&self) -> [Domain; 2] {
        [Domain::Within(-2.0, 2.0); 2]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 2]) -> Value<B> {
        Sub.on(args)
    }

    fn oracle(&self, [x, y]: [&Naive; 2]) -> Naive {
        x.zip(y, |x, y| x - y)
    }
}

register!(Sub);
