//! Fused kernels that are not their definition.

use tenon_autodiff::proof::Check;
use tenon_tensor::ops::square::Square;
use tenon_tensor::proof::{Draw, Naive, Proof};
use tenon_tensor::{Array, Backend, Dims, Element, Float, Fused, Op, Reads, Value, Vjp};

use crate::rejects;

/// `y = (x + a)²`, fused, wrong in one place or in none.
#[derive(Clone, Copy, Debug)]
struct SquaredSum<const WRONG: u8>;

const NOTHING: u8 = 0;
/// The backward kernel forgets the second argument, so slightly that finite differences are not
/// exact enough to see it.
const BACKWARD_SLIGHTLY: u8 = 1;
const BACKWARD_SIGN: u8 = 2;
const FORWARD: u8 = 3;
const DEFINITION: u8 = 4;
/// The kernel relies on what the forward kernel kept, which is not what it says.
const KEPT: u8 = 5;
/// The result alone is not quite that of the forward kernel.
const ALONE: u8 = 6;

impl<const WRONG: u8> Fused<2> for SquaredSum<WRONG> {
    const NAME: &'static str = "squared_sum";
    const READS: Reads<2> = Reads { args: [false; 2], output: false };
    /// The sum.
    type Kept<E: Element> = Array<E>;

    fn definition<B: Backend>(&self, [x, a]: [Value<B>; 2]) -> Value<B> {
        let sum = if WRONG == DEFINITION { x - a } else { x + a };
        Square.on([sum])
    }

    fn forward<E: Element>(&self, [x, a]: [Array<E>; 2]) -> (Array<E>, Array<E>) {
        let sum = x.clone().zip(&a, |x, a| x + a);
        let slip = E::from_f64(if WRONG == FORWARD { 1e-9 } else { 0.0 });
        let kept = if WRONG == KEPT { x } else { sum.clone() };
        (sum.map(move |sum| sum * sum + slip), kept)
    }

    fn evaluate<E: Element>(&self, args: [Array<E>; 2]) -> Array<E> {
        let factor = if WRONG == ALONE { E::ONE + E::EPSILON } else { E::ONE };
        self.forward(args).0.map(move |y| factor * y)
    }

    fn flops(&self, _: &[Dims; 2], output: Dims) -> u64 {
        2 * output.numel() as u64
    }

    fn backward<E: Element>(&self, at: Vjp<Array<E>, 2>, sum: &Array<E>) -> [Option<Array<E>>; 2] {
        let factor = match WRONG {
            BACKWARD_SLIGHTLY => 2.0 + 1e-9,
            BACKWARD_SIGN => -2.0,
            _ => 2.0,
        };
        let factor: E = Float::from_f64(factor);
        let cotangent = at.dy.clone().zip(sum, move |dy, sum| factor * dy * sum);
        [at.wrt(0, |_| cotangent.clone()), at.wrt(1, |_| cotangent.clone())]
    }
}

impl<const WRONG: u8> Proof<2> for SquaredSum<WRONG> {
    const PROVES: &'static str = "squared sum";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 2]) {
        (SquaredSum, [draw.any_dims(); 2])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 2]) -> Value<B> {
        self.on(args)
    }

    fn definition<B: Backend>(&self, args: [Value<B>; 2]) -> Option<Value<B>> {
        Some(Fused::definition(self, args))
    }

    fn oracle(&self, [x, a]: [&Naive; 2]) -> Naive {
        x.zip(a, |x, a| (x + a).powi(2))
    }
}

#[test]
fn a_kernel_that_is_not_its_definition_is_rejected() {
    rejects::<SquaredSum<NOTHING>, SquaredSum<BACKWARD_SLIGHTLY>, 2>(Check::Fused);
    rejects::<SquaredSum<NOTHING>, SquaredSum<BACKWARD_SIGN>, 2>(Check::Fused);
    rejects::<SquaredSum<NOTHING>, SquaredSum<KEPT>, 2>(Check::Fused);
    rejects::<SquaredSum<NOTHING>, SquaredSum<ALONE>, 2>(Check::Fused);
    rejects::<SquaredSum<NOTHING>, SquaredSum<FORWARD>, 2>(Check::Forward);
}

#[test]
fn a_definition_that_is_not_the_operation_is_rejected() {
    rejects::<SquaredSum<NOTHING>, SquaredSum<DEFINITION>, 2>(Check::Fused);
}
