//! Checks of what an operation computes: dims, numbers, and nothing that they may not depend on.

use tenon_tensor::proof::Naive;
use tenon_tensor::threads::with_num_threads;
use tenon_tensor::{Array, Checked, Cpu, Dims, Element, Value, with_poisoned_buffers};

use crate::autodiff::Autodiff;

use super::bound::{largest, magnitudes, norm, rounding, terms};
use super::case::Case;
use super::compare::{Broken, close, close_gradients, gradient_name, same_bits, same_dims, same_pullback};
use super::failure::Check;
use super::run::{Pullback, Route, array, differentiate, numbers, pull_back, value, values};
use super::subject::{RunsOn, Subject};
use super::views::{Layout, laid_out};

/// The result has the dims of the oracle's, and each gradient those of its argument.
pub(super) fn dims(case: &Case, oracle: &Naive) -> Result<(), Broken> {
    let found: Value<Cpu<f64>> = RunsOn::run(&*case.op, values(&case.args));
    same_dims("the result", oracle.dims, found.dims())?;
    let cotangent = value(&case.cotangent(oracle.dims));
    let found: Pullback<Cpu<f64>> = differentiate(&*case.op, values(&case.args), cotangent);
    for (i, dims) in case.dims().into_iter().enumerate() {
        same_dims(&gradient_name(i), dims, found.gradients[i].dims())?;
    }
    Ok(())
}

/// Buffers full of NaN give the same bits as any others.
pub(super) fn poison<E: Element>(case: &Case, dims: Dims) -> Result<(), Broken>
where
    dyn Subject: RunsOn<Cpu<E>> + RunsOn<Autodiff<Cpu<E>>>,
{
    let run =
        || -> Pullback<Cpu<E>> { differentiate(&*case.op, values(&case.args), value(&case.cotangent(dims))) };
    let (clean, poisoned) = (run(), with_poisoned_buffers(run));
    same_pullback(Check::Poison, &clean, &poisoned)
}

/// The result is the oracle's but for rounding. Gives the largest error relative to the size of
/// what is summed.
pub(super) fn forward<E: Element>(check: Check, case: &Case, oracle: &Naive) -> Result<f64, Broken>
where
    dyn Subject: RunsOn<Cpu<E>>,
{
    let sizes = magnitudes(case, oracle);
    let allowed = rounding::<E>(terms(case));
    let found: Value<Cpu<E>> = RunsOn::run(&*case.op, values(&case.args));
    let part = close(check, "the result", oracle, &numbers(&found), |i| allowed * sizes[i])?;
    Ok(part * allowed)
}

/// The size of what an element of a gradient is made of: a sum over the result of cotangents times
/// slopes, which for a sum of products are elements of the arguments, is at most the product of
/// the norms. The gradient itself stands for steeper slopes.
fn gradient_size(case: &Case, cotangent: &Naive, gradients: &[Value<Cpu<f64>>]) -> f64 {
    let steepest = gradients.iter().map(|gradient| largest(&numbers(gradient))).fold(0.0, f64::max);
    norm([cotangent]) * (1.0 + norm(&case.args)) + steepest
}

/// Arguments and cotangents that are views give the same numbers as contiguous ones. The bits may
/// differ: a kernel may read a transposed matrix in another order.
pub(super) fn views(case: &Case, oracle: &Naive) -> Result<(), Broken> {
    type B = Cpu<f64>;
    let (allowed, sizes) = (rounding::<f64>(terms(case)), magnitudes(case, oracle));
    for layout in Layout::ALL {
        let cotangent = match layout {
            Layout::Repeated => Naive::zeros(oracle.dims).map(|_| 0.5),
            Layout::Transposed | Layout::Sliced => case.cotangent(oracle.dims),
        };
        let plain: Pullback<B> = differentiate(&*case.op, values(&case.args), value(&cotangent));
        let args = case.args.iter().map(|arg| Value::constant(laid_out(arg, layout))).collect();
        let viewed = differentiate::<B>(&*case.op, args, Value::constant(laid_out(&cotangent, layout)));
        let what = format!("the result for {layout} arguments");
        close(Check::Views, &what, &numbers(&plain.value), &numbers(&viewed.value), |i| allowed * sizes[i])?;
        let bound = allowed * gradient_size(case, &cotangent, &plain.gradients);
        close_gradients(Check::Views, &plain.gradients, &viewed.gradients, bound)?;
    }
    Ok(())
}

/// An operation that receives the only handles to its arguments gives the same bits as one that
/// shares them, and what is shared stays as it was.
pub(super) fn in_place<E: Element>(case: &Case, dims: Dims) -> Result<(), Broken>
where
    dyn Subject: RunsOn<Cpu<E>> + RunsOn<Autodiff<Cpu<E>>>,
{
    let held: Vec<Array<E>> = case.args.iter().map(array).collect();
    let held_cotangent = array::<E>(&case.cotangent(dims));
    let shared = || held.iter().map(|arg| Value::<Cpu<E>>::constant(arg.clone())).collect();

    let expected = RunsOn::run(&*case.op, shared());
    let found = RunsOn::run(&*case.op, values::<Cpu<E>>(&case.args));
    same_bits(Check::InPlace, "the result in place", expected.array(), found.array())?;

    let expected = differentiate(&*case.op, shared(), Value::constant(held_cotangent.clone()));
    let found = differentiate(&*case.op, values(&case.args), value(&case.cotangent(dims)));
    same_pullback(Check::InPlace, &expected, &found)?;

    for (i, (arg, held)) in case.args.iter().zip(&held).enumerate() {
        same_bits(Check::InPlace, &format!("argument {i}, held elsewhere"), &array(arg), held)?;
    }
    let cotangent = array(&case.cotangent(dims));
    same_bits(Check::InPlace, "the cotangent, held elsewhere", &cotangent, &held_cotangent)
}

/// One thread and three give the same bits, on arrays that are large enough to be shared.
pub(super) fn threads(long: &Case) -> Result<(), Broken> {
    type B = Cpu<f32>;
    let run = || -> Pullback<B> {
        let dims = RunsOn::run(&*long.op, values::<B>(&long.args)).dims();
        differentiate(&*long.op, values(&long.args), value(&long.cotangent(dims)))
    };
    let (one, three) = (with_num_threads(1, run), with_num_threads(3, run));
    let on_long = |broken: Broken| Broken { what: format!("{}, {}", broken.what, long.describe()), ..broken };
    same_pullback(Check::Threads, &one, &three).map_err(on_long)
}

/// Nothing computed on the way is NaN or infinite; [`Checked`] panics where it is.
pub(super) fn finite(case: &Case, dims: Dims) {
    let cotangent = value(&case.cotangent(dims));
    differentiate::<Checked<Cpu<f64>>>(&*case.op, values(&case.args), cotangent);
}

/// The gradient of one argument has the same bits whether or not others are asked for.
pub(super) fn partial(case: &Case, dims: Dims) -> Result<(), Broken> {
    type B = Cpu<f64>;
    let cotangent = || value::<B>(&case.cotangent(dims));
    let all = differentiate(&*case.op, values::<B>(&case.args), cotangent());
    for i in 0..case.args.len() {
        let tracked: Vec<bool> = (0..case.args.len()).map(|j| i == j).collect();
        let alone = pull_back(Route::Operation, &*case.op, values::<B>(&case.args), cotangent(), &tracked);
        let alone = alone.expect("an operation has a result");
        let what = format!("{} alone", gradient_name(i));
        same_bits(Check::Partial, &what, all.gradients[i].array(), alone.gradients[i].array())?;
    }
    Ok(())
}

/// The kernels of a fused operation compute its definition, and its gradients; the result has the same bits
/// where nobody asks for those.
pub(super) fn fused(case: &Case, oracle: &Naive) -> Result<(), Broken> {
    type B = Cpu<f64>;
    let cotangent = case.cotangent(oracle.dims);
    let definition = pull_back::<B>(
        Route::Definition,
        &*case.op,
        values(&case.args),
        value(&cotangent),
        &vec![true; case.args.len()],
    );
    let Some(expected) = definition else { return Ok(()) };
    let found: Pullback<B> = differentiate(&*case.op, values(&case.args), value(&cotangent));
    let alone: Value<B> = RunsOn::run(&*case.op, values(&case.args));
    same_bits(Check::Fused, "the result alone", found.value.array(), alone.array())?;
    let (allowed, sizes) = (rounding::<f64>(terms(case)), magnitudes(case, oracle));
    let (expected_result, found_result) = (numbers(&expected.value), numbers(&found.value));
    close(Check::Fused, "the result", &expected_result, &found_result, |i| allowed * sizes[i])?;
    let bound = allowed * gradient_size(case, &cotangent, &expected.gradients);
    close_gradients(Check::Fused, &expected.gradients, &found.gradients, bound)
}
