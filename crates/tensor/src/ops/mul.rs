//! Product: `z = x * y`.

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Value, Vjp};

/// Product: `z = x * y`, elementwise; the operator `*` of tensors.
///
/// # Shapes
/// `x: S, y: S → S`; operators take equal shapes, and
/// [`broadcast_mul`](crate::Tensor::broadcast_mul) repeats axes of size 1.
///
/// # Gradient
/// `dx = dz · y`, `dy = dz · x`. Keeps both arguments.
///
/// # Example
/// ```
/// use tenon_tensor::prelude::*;
/// let x: Tensor<(U2,)> = Tensor::from([1.0, 2.0]);
/// let y: Tensor<(U2,)> = Tensor::from([3.0, 5.0]);
/// assert_eq!((&x * &y).to_vec(), [3.0, 10.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Mul;

impl Op<2> for Mul {
    const NAME: &'static str = "mul";
    const READS: Reads<2> = Reads::ARGS;

    fn forward<E: Element>(&self, [mut x, y]: [Array<E>; 2]) -> Array<E> {
        // In place in whichever argument holds its only handle.
        if x.is_unique() { x.zip(&y, |x, y| x * y) } else { y.zip(&x, |y, x| x * y) }
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 2>) -> [Option<Value<B>>; 2] {
        [at.wrt(0, |at| at.dy.clone() * at.arg(1)), at.wrt(1, |at| at.dy.clone() * at.arg(0))]
    }
}

impl Proof<2> for Mul {
    const PROVES: &'static str = "mul";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 2]) {
        (Mul, [draw.any_dims(); 2])
    }

    fn domains(&self) -> [Domain; 2] {
        [Domain::Within(-2.0, 2.0); 2]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 2]) -> Value<B> {
        Mul.on(args)
    }

    fn oracle(&self, [x, y]: [&Naive; 2]) -> Naive {
        x.zip(y, |x, y| x * y)
    }
}

register!(Mul);
