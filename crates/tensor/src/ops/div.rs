//! Quotient: `z = x / y`.

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Value, Vjp};

/// Quotient: `z = x / y`, elementwise; the operator `/` of tensors.
///
/// # Shapes
/// `x: S, y: S → S`; operators take equal shapes, and
/// [`broadcast_div`](crate::Tensor::broadcast_div) repeats axes of size 1.
///
/// # Gradient
/// `dx = dz / y`, `dy = −dz · z / y`. Keeps `y` and the result.
///
/// # Example
/// ```
/// use tenon_tensor::prelude::*;
/// let x: Tensor<(U2,)> = Tensor::from([1.0, 2.0]);
/// let y: Tensor<(U2,)> = Tensor::from([2.0, 4.0]);
/// assert_eq!((&x / &y).to_vec(), [0.5, 0.5]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Div;

impl Op<2> for Div {
    const NAME: &'static str = "div";
    const READS: Reads<2> = Reads { args: [false, true], output: true };

    fn forward<E: Element>(&self, [mut x, y]: [Array<E>; 2]) -> Array<E> {
        // In place in whichever argument holds its only handle.
        if x.is_unique() { x.zip(&y, |x, y| x / y) } else { y.zip(&x, |y, x| x / y) }
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 2>) -> [Option<Value<B>>; 2] {
        let dx = at.dy.clone() / at.arg(1);
        [at.wrt(0, |_| dx.clone()), at.wrt(1, |at| -(dx.clone() * at.output()))]
    }
}

impl Proof<2> for Div {
    const PROVES: &'static str = "div";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 2]) {
        (Div, [draw.any_dims(); 2])
    }

    fn domains(&self) -> [Domain; 2] {
        [Domain::Within(-2.0, 2.0), Domain::AwayFromZero { gap: 0.5, bound: 2.0 }]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 2]) -> Value<B> {
        Div.on(args)
    }

    fn oracle(&self, [x, y]: [&Naive; 2]) -> Naive {
        x.zip(y, |x, y| x / y)
    }
}

register!(Div);
