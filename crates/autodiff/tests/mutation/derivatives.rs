//! Wrong derivatives.

use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};
use tenon_autodiff::proof::{Check, prove, prove_case};
use tenon_tensor::proof::{Draw, Naive, Proof};
use tenon_tensor::{Array, Backend, Dims, Element, Op, Reads, Value, Vjp};

use crate::rejects;

/// A constant of the same numbers, to which no derivative flows.
fn detached<B: Backend>(value: Value<B>) -> Value<B> {
    Value::constant(value.array().clone())
}

unary! {
    Sine: reads Reads::ARGS,
    forward |x| x.map(|x| x.sin()),
    vjp |at| Cosine.on([at.arg(0)]) * at.dy,
    oracle |x| x.sin()
}

unary! {
    Cosine: reads Reads::ARGS,
    forward |x| x.map(|x| x.cos()),
    vjp |at| -(Sine.on([at.arg(0)]) * at.dy),
    oracle |x| x.cos()
}

unary! {
    FlippedSign: reads Reads::ARGS,
    forward |x| x.map(|x| x.sin()),
    vjp |at| -(Cosine.on([at.arg(0)]) * at.dy),
    oracle |x| x.sin()
}

#[test]
fn a_flipped_sign_is_rejected() {
    rejects::<Sine, FlippedSign, 1>(Check::First);
}

unary! {
    Square: reads Reads::ARGS,
    forward |x| x.map(|x| x * x),
    vjp |at| (at.arg(0) * at.dy).scaled(2.0),
    oracle |x| x * x
}

unary! {
    MissingFactor: reads Reads::ARGS,
    forward |x| x.map(|x| x * x),
    vjp |at| at.arg(0) * at.dy,
    oracle |x| x * x
}

#[test]
fn a_missing_factor_is_rejected() {
    rejects::<Square, MissingFactor, 1>(Check::First);
}

unary! {
    ReadsTheWrongThing: reads Reads::OUTPUT,
    forward |x| x.map(|x| x * x),
    vjp |at| (at.output() * at.dy).scaled(2.0),
    oracle |x| x * x
}

unary! {
    ReadsWhatItDoesNotDeclare: reads Reads::NOTHING,
    forward |x| x.map(|x| x * x),
    vjp |at| (at.arg(0) * at.dy).scaled(2.0),
    oracle |x| x * x
}

#[test]
fn a_rule_must_read_the_right_thing_and_declare_it() {
    rejects::<Square, ReadsTheWrongThing, 1>(Check::First);
    // Any check that differentiates shows it; the first is that of the gradients' dims.
    rejects::<Square, ReadsWhatItDoesNotDeclare, 1>(Check::Dims);
}

unary! {
    /// Right to first order, but its rule does not depend on the argument any more.
    ArgumentAsConstant: reads Reads::ARGS,
    forward |x| x.map(|x| x * x),
    vjp |at| (detached(at.arg(0)) * at.dy).scaled(2.0),
    oracle |x| x * x
}

unary! {
    /// Right to first order, but its rule does not depend on the cotangent any more.
    CotangentAsConstant: reads Reads::ARGS,
    forward |x| x.map(|x| x * x),
    vjp |at| (at.arg(0) * detached(at.dy)).scaled(2.0),
    oracle |x| x * x
}

unary! {
    /// A rule that is right, made of one that is not: only the second derivative is wrong.
    WrongBelow: reads Reads::ARGS,
    forward |x| x.map(|x| -x.cos()),
    vjp |at| FlippedSign.on([at.arg(0)]) * at.dy,
    oracle |x| -x.cos()
}

#[test]
fn a_rule_that_is_not_differentiable_is_rejected() {
    rejects::<Square, ArgumentAsConstant, 1>(Check::Second);
    rejects::<Square, CotangentAsConstant, 1>(Check::Duality);
    rejects::<Cosine, WrongBelow, 1>(Check::Second);
}

unary! {
    Copy: reads Reads::NOTHING,
    forward |x| x,
    vjp |at| at.dy,
    oracle |x| x
}

unary! {
    /// The gradient of the last element is lost, of however many there are.
    LosesOneElement: reads Reads::NOTHING,
    forward |x| x,
    vjp |at| WithoutLast.on([at.dy]),
    oracle |x| x
}

unary! {
    WithoutLast: reads Reads::NOTHING,
    forward |x| {
        let mut x = x;
        if let Some(last) = x.make_mut().last_mut() {
            *last = E::ZERO;
        }
        x
    },
    vjp |at| WithoutLast.on([at.dy]),
    oracle |x| x
}

unary! {
    /// The gradient does not have the dims of the argument.
    FlatGradient: reads Reads::NOTHING,
    forward |x| x,
    vjp |at| {
        let n = at.dy.dims().numel();
        at.dy.reshaped(Dims::new(&[n]))
    },
    oracle |x| x
}

#[test]
fn a_gradient_must_be_complete_and_of_the_right_dims() {
    rejects::<Copy, LosesOneElement, 1>(Check::First);
    rejects::<Copy, FlatGradient, 1>(Check::Dims);
}

/// A product whose gradients may depend on which of them are asked for.
#[derive(Clone, Copy, Debug)]
struct Product<const WRONG_ALONE: bool>;

impl<const WRONG_ALONE: bool> Op<2> for Product<WRONG_ALONE> {
    const NAME: &'static str = "product";
    const READS: Reads<2> = Reads::ARGS;

    fn forward<E: Element>(&self, [x, y]: [Array<E>; 2]) -> Array<E> {
        x.zip(&y, |x, y| x * y)
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 2>) -> [Option<Value<B>>; 2] {
        let sign = if WRONG_ALONE && !at.needs(0) { -1.0 } else { 1.0 };
        let x = at.wrt(0, |at| at.dy.clone() * at.arg(1));
        let y = at.wrt(1, |at| (at.dy.clone() * at.arg(0)).scaled(sign));
        [x, y]
    }
}

impl<const WRONG_ALONE: bool> Proof<2> for Product<WRONG_ALONE> {
    const PROVES: &'static str = "product";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 2]) {
        (Product, [draw.any_dims(); 2])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 2]) -> Value<B> {
        self.on(args)
    }

    fn oracle(&self, [x, y]: [&Naive; 2]) -> Naive {
        x.zip(y, |x, y| x * y)
    }
}

#[test]
fn a_gradient_that_depends_on_what_else_is_asked_for_is_rejected() {
    rejects::<Product<false>, Product<true>, 2>(Check::Partial);
}

#[test]
fn a_failure_says_how_to_see_it_again() {
    let failure = prove::<FlippedSign, 1>(1).unwrap_err();
    let again = prove_case::<FlippedSign, 1>(&failure.choices, failure.seed).unwrap_err();
    assert_eq!(again, failure);
    assert_eq!(failure.name, "FlippedSign");
    assert!(failure.case.starts_with("FlippedSign on ["), "{failure}");
}

#[test]
fn a_failing_case_shrinks_to_the_smallest_shape() {
    let config = Config { failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..Config::default() };
    let cases = (vec(any::<u8>(), 1..24), any::<u64>());
    let outcome = TestRunner::new(config).run(&cases, |(choices, seed)| {
        prove_case::<FlippedSign, 1>(&choices, seed)
            .map(drop)
            .map_err(|failure| TestCaseError::fail(failure.to_string()))
    });
    let Err(TestError::Fail(_, (choices, seed))) = outcome else { panic!("it has to fail: {outcome:?}") };
    let failure = prove_case::<FlippedSign, 1>(&choices, seed).unwrap_err();
    assert_eq!(failure.case, "FlippedSign on []");
}
