//! Wrong results, and results that depend on what they may not depend on.

use tenon_autodiff::proof::Check;
use tenon_tensor::ops::exp::Exp;
use tenon_tensor::proof::{Draw, Naive, Proof};
use tenon_tensor::threads::num_threads;
use tenon_tensor::{Array, Backend, Dims, Op, Reads, Value};

use crate::rejects;

unary! {
    Double: reads Reads::NOTHING,
    forward |x| x.map(|x| x + x),
    vjp |at| at.dy.scaled(2.0),
    oracle |x| 2.0 * x
}

unary! {
    /// The third element is wrong in the tenth digit.
    OneWrongElement: reads Reads::NOTHING,
    forward |x| {
        let mut y = x.map(|x| x + x);
        if let Some(third) = y.make_mut().get_mut(2) {
            *third += E::from_f64(1e-10);
        }
        y
    },
    vjp |at| at.dy.scaled(2.0),
    oracle |x| 2.0 * x
}

unary! {
    /// Wrong in the fifth digit, in `f32` only.
    WrongInSinglePrecision: reads Reads::NOTHING,
    forward |x| {
        let error = E::from_f64(if E::NAME == "f32" { 1e-5 } else { 0.0 });
        x.map(move |x| x + x + error)
    },
    vjp |at| at.dy.scaled(2.0),
    oracle |x| 2.0 * x
}

unary! {
    /// The digits that `f64` has and `f32` has not are lost.
    LosesDigits: reads Reads::NOTHING,
    forward |x| x.map(|x| E::from_f64(f64::from((x + x).to_f64() as f32))),
    vjp |at| at.dy.scaled(2.0),
    oracle |x| 2.0 * x
}

#[test]
fn a_wrong_result_is_rejected() {
    rejects::<Double, OneWrongElement, 1>(Check::Forward);
    rejects::<Double, WrongInSinglePrecision, 1>(Check::ForwardF32);
    rejects::<Double, LosesDigits, 1>(Check::Forward);
}

unary! {
    /// A result with an axis too many.
    WrongDims: reads Reads::NOTHING,
    forward |x| {
        let dims = x.dims().inserted(0, 1);
        x.map(|x| x + x).reshaped(dims)
    },
    vjp |at| {
        let dims = at.dims(0);
        at.dy.scaled(2.0).reshaped(dims)
    },
    oracle |x| 2.0 * x
}

#[test]
fn wrong_dims_are_rejected() {
    rejects::<Double, WrongDims, 1>(Check::Dims);
}

unary! {
    /// Writes its result where it is not zero, and relies on new buffers being zero.
    SkipsZeros: reads Reads::NOTHING,
    forward |x| {
        let numbers = x.to_vec();
        Array::write(x.dims(), |out| {
            for (out, x) in out.iter_mut().zip(numbers) {
                if x > E::ZERO {
                    *out = x;
                }
            }
        })
    },
    vjp |at| at.dy,
    oracle |x| x.max(0.0)
}

#[test]
fn a_result_that_is_not_overwritten_is_rejected() {
    rejects::<tenon_tensor::ops::relu::Relu, SkipsZeros, 1>(Check::Poison);
}

unary! {
    /// Takes the elements in the order in which they are stored.
    IgnoresStrides: reads Reads::NOTHING,
    forward |x| {
        let dims = x.dims();
        let mut order: Vec<usize> = (0..dims.len()).collect();
        order.sort_by_key(|&axis| std::cmp::Reverse(x.strides()[axis]));
        let stored = x.permuted(&order).to_vec();
        Array::from_vec(dims, stored).map(|x| x + x)
    },
    vjp |at| at.dy.scaled(2.0),
    oracle |x| 2.0 * x
}

#[test]
fn a_view_read_in_the_order_of_its_buffer_is_rejected() {
    rejects::<Double, IgnoresStrides, 1>(Check::Views);
}

unary! {
    /// Off by one unit in the last place when it works in place.
    OtherBitsInPlace: reads Reads::NOTHING,
    forward |x| {
        let mut x = x;
        let factor = if x.is_unique() { E::ONE + E::EPSILON } else { E::ONE };
        x.map(move |x| (x + x) * factor)
    },
    vjp |at| at.dy.scaled(2.0),
    oracle |x| 2.0 * x
}

#[test]
fn other_bits_in_place_are_rejected() {
    rejects::<Double, OtherBitsInPlace, 1>(Check::InPlace);
}

unary! {
    /// Off by one unit in the last place on a single thread.
    OtherBitsOnOneThread: reads Reads::NOTHING,
    forward |x| {
        let factor = if num_threads() == 1 { E::ONE + E::EPSILON } else { E::ONE };
        x.map(move |x| (x + x) * factor)
    },
    vjp |at| at.dy.scaled(2.0),
    oracle |x| 2.0 * x
}

#[test]
fn other_bits_for_other_threads_are_rejected() {
    rejects::<Double, OtherBitsOnOneThread, 1>(Check::Threads);
}

/// `x + 1 / exp(exponent)`, which is `x` where the exponential overflows.
#[derive(Clone, Copy, Debug)]
struct PlusVanishing<const EXPONENT: u32>;

impl<const EXPONENT: u32> Proof<1> for PlusVanishing<EXPONENT> {
    const PROVES: &'static str = "plus vanishing";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        (PlusVanishing, [draw.any_dims()])
    }

    fn run<B: Backend>(&self, [x]: [Value<B>; 1]) -> Value<B> {
        let large = Exp.on([x.full_like(f64::from(EXPONENT))]);
        x.full_like(1.0) / large + x
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        x.map(|x| x + f64::from(EXPONENT).exp().recip())
    }
}

#[test]
fn an_infinity_on_the_way_is_rejected() {
    rejects::<PlusVanishing<50>, PlusVanishing<5000>, 1>(Check::Finite);
}

/// An operation whose proof is wrong: the oracle gives something else.
#[derive(Clone, Copy, Debug)]
struct WrongOracle;

impl Proof<1> for WrongOracle {
    const PROVES: &'static str = "wrong oracle";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        (WrongOracle, [draw.any_dims()])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        Double.on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        assert!(!x.dims.is_empty(), "the oracle needs an axis");
        x.map(|x| 2.0 * x)
    }
}

#[test]
fn a_panic_is_a_failure_like_any_other() {
    rejects::<Double, WrongOracle, 1>(Check::Draw);
}
