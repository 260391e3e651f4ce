//! Checks of derivatives, to second order, against central finite differences in `f64`.
//!
//! # The step and its error
//! A slope is measured as `(φ(+h) − φ(−h)) / 2h` with `h = ε^⅓ ≈ 6·10⁻⁶`, the step that balances
//! the truncation error `h²/6 · |φ‴|` and the rounding error `ε · |φ| / h`: both are of order
//! `ε^⅔ ≈ 4·10⁻¹¹` times the size of `φ`. No coordinate moves by more than `h`, so no two numbers
//! of a [`Domain`](tenon_tensor::proof::Domain) change places and none crosses a kink.
//!
//! # The floor
//! Errors are relative to `‖g‖ · ‖v‖`, the largest slope that a gradient `g` can have along a
//! direction of the length of `v`. Where the gradient vanishes the measured slope is rounding
//! alone, so the size is at least a thousandth of what `φ` is made of: the error it then shows,
//! `10³ · ε^⅔ ≈ 4·10⁻⁸`, is well within what is allowed.

use tenon_tensor::ops::sum::sum_all;
use tenon_tensor::proof::Naive;
use tenon_tensor::{Backend, Cpu, Value};

use crate::autodiff::Autodiff;
use crate::gradients::LeafId;

use super::bound::{dot, magnitudes, norm, rounding, terms};
use super::case::Case;
use super::compare::{Broken, close_numbers};
use super::failure::Check;
use super::run::{Pullback, differentiate, numbers, value, values, zeros};
use super::subject::RunsOn;

/// The largest relative error of a gradient.
pub(super) const FIRST_ORDER: f64 = 1e-6;

/// The largest relative error of a derivative of a gradient.
pub(super) const SECOND_ORDER: f64 = 1e-4;

/// The part of the size of a function below which its slope is not measured.
const FLOOR: f64 = 1e-3;

type Plain = Cpu<f64>;
type Nested = Autodiff<Plain>;

/// The slope of a function at 0.
fn slope(f: impl Fn(f64) -> f64) -> f64 {
    let step = f64::EPSILON.cbrt();
    (f(step) - f(-step)) / (2.0 * step)
}

/// `x + t v`.
fn moved(x: &Naive, t: f64, v: &Naive) -> Naive {
    x.zip(v, |x, v| x + t * v)
}

fn moved_all(x: &[Naive], t: f64, v: &[Naive]) -> Vec<Naive> {
    x.iter().zip(v).map(|(x, v)| moved(x, t, v)).collect()
}

fn numbers_of<B: Backend>(values: &[Value<B>]) -> Vec<Naive> {
    values.iter().map(numbers).collect()
}

/// `⟨w, f(x)⟩`, of which the harness takes derivatives: the size of what it is made of.
fn functional_size(case: &Case, w: &Naive, oracle: &Naive) -> f64 {
    w.data.iter().zip(magnitudes(case, oracle)).map(|(w, size)| w.abs() * size).sum()
}

/// The gradient of `⟨w, f(x)⟩` along a random direction is its slope there. Gives the relative
/// error.
pub(super) fn first(case: &Case, oracle: &Naive) -> Result<f64, Broken> {
    let (w, v) = (case.cotangent(oracle.dims), case.direction());
    let found: Pullback<Plain> = differentiate(&*case.op, values(&case.args), value(&w));
    let gradients = numbers_of(&found.gradients);
    let measured = slope(|t| {
        let y: Value<Plain> = RunsOn::run(&*case.op, values(&moved_all(&case.args, t, &v)));
        dot([&w], [&numbers(&y)])
    });
    let size = f64::max(norm(&gradients) * norm(&v), FLOOR * functional_size(case, &w, oracle));
    let what = "the slope of ⟨w, f(x)⟩ along a direction of x";
    close_numbers(Check::First, what, [measured, dot(&gradients, &v)], size, FIRST_ORDER)
}

/// The gradients of `⟨w, f(x)⟩` projected on `u`, and the derivatives of that projection with
/// respect to the arguments and to `w`, by differentiating the derivative.
struct Twice {
    by_args: Vec<Naive>,
    by_cotangent: Naive,
}

fn differentiate_twice(case: &Case, w: &Naive, u: &[Naive]) -> Twice {
    let ids: Vec<LeafId> = case.args.iter().map(|_| LeafId::unique()).collect();
    let args = ids.iter().zip(&case.args).map(|(&id, arg)| Nested::leaf(id, value(arg))).collect();
    let cotangent_id = LeafId::unique();
    let cotangent = Nested::leaf(cotangent_id, value(w));
    let Pullback { gradients, .. } = differentiate::<Nested>(&*case.op, args, cotangent);
    let projections = gradients.into_iter().zip(u).map(|(gradient, u)| sum_all(gradient * value(u)));
    let projection = projections.reduce(|sum, term| sum + term).expect("an operation has arguments");
    let derivatives = Nested::pull_back(&projection, value(&Naive::zeros(projection.dims()).map(|_| 1.0)));
    let of = |id: LeafId, like: &Naive| {
        numbers(&derivatives.value(id).cloned().unwrap_or_else(|| zeros::<Plain>(like.dims)))
    };
    let by_args = ids.iter().zip(&case.args).map(|(&id, arg)| of(id, arg)).collect();
    Twice { by_args, by_cotangent: of(cotangent_id, w) }
}

/// `⟨Jv, w⟩ = ⟨v, Jᵀw⟩` but for rounding, where `Jv` is the derivative of `⟨v, Jᵀw⟩` by `w`.
///
/// The two inner products add up the same terms `wⱼ Jⱼᵢ vᵢ` in different orders. Their size is at
/// most `‖Jᵀw‖ ‖v‖` and `‖Jv‖ ‖w‖`, and the slopes are computed from numbers of the size of `f`.
pub(super) fn duality(case: &Case, oracle: &Naive) -> Result<(), Broken> {
    let (w, v) = (case.cotangent(oracle.dims), case.direction());
    let pushed = differentiate_twice(case, &w, &v).by_cotangent;
    let pulled: Pullback<Plain> = differentiate(&*case.op, values(&case.args), value(&w));
    let pulled = numbers_of(&pulled.gradients);
    let size = norm(&pulled) * norm(&v) + norm([&pushed]) * norm([&w]) + functional_size(case, &w, oracle);
    let pair = [dot(&v, &pulled), dot([&pushed], [&w])];
    let n_terms = terms(case) + oracle.data.len();
    close_numbers(Check::Duality, "⟨Jv, w⟩ against ⟨v, Jᵀw⟩", pair, size, rounding::<f64>(n_terms))?;
    Ok(())
}

/// The derivative of the projected gradient, as a function of the arguments and of `w`, is its
/// slope along a random direction of both. Gives the relative error.
pub(super) fn second(case: &Case, oracle: &Naive) -> Result<f64, Broken> {
    let (w, v, u) = (case.cotangent(oracle.dims), case.direction(), case.probe());
    let w_direction = case.cotangent_direction(oracle.dims);
    let found = differentiate_twice(case, &w, &u);
    let gradients_at = |t: f64| {
        let args = values(&moved_all(&case.args, t, &v));
        let found: Pullback<Plain> = differentiate(&*case.op, args, value(&moved(&w, t, &w_direction)));
        numbers_of(&found.gradients)
    };
    let measured = slope(|t| dot(&gradients_at(t), &u));
    let along = dot(&found.by_args, &v) + dot([&found.by_cotangent], [&w_direction]);
    let derivatives = found.by_args.iter().chain([&found.by_cotangent]);
    let directions = v.iter().chain([&w_direction]);
    let floor = FLOOR * norm(&gradients_at(0.0)) * norm(&u);
    let size = f64::max(norm(derivatives) * norm(directions), floor);
    let what = "the slope of ⟨∇⟨w, f(x)⟩, u⟩ along a direction of x and w";
    close_numbers(Check::Second, what, [measured, along], size, SECOND_ORDER)
}
