//! Comparisons that say where two results differ.

use tenon_tensor::proof::Naive;
use tenon_tensor::{Array, Backend, Dims, Element, Value};

use super::failure::Check;
use super::run::{Pullback, numbers};

/// A check that does not hold, and what was found.
pub(super) struct Broken {
    pub(super) check: Check,
    pub(super) what: String,
}

impl Broken {
    pub(super) fn new(check: Check, what: String) -> Self {
        Broken { check, what }
    }
}

/// The dims must be those expected.
pub(super) fn same_dims(what: &str, expected: Dims, found: Dims) -> Result<(), Broken> {
    if expected == found {
        return Ok(());
    }
    Err(Broken::new(Check::Dims, format!("{what} has dims {found:?} where {expected:?} are expected")))
}

/// Every element must be within `bound(i)` of the expected one. Gives the largest error as a part
/// of its bound.
pub(super) fn close(
    check: Check,
    what: &str,
    expected: &Naive,
    found: &Naive,
    bound: impl Fn(usize) -> f64,
) -> Result<f64, Broken> {
    same_dims(what, expected.dims, found.dims)?;
    let mut worst = 0.0;
    for (i, (&expected, &found)) in expected.data.iter().zip(&found.data).enumerate() {
        let (error, bound) = ((expected - found).abs(), bound(i));
        // An error of NaN is not within any bound.
        if error.is_nan() || error > bound {
            let what = format!(
                "element {i} of {what}: expected {expected:e}, found {found:e}, \
                 an error of {error:.1e} where {bound:.1e} is allowed"
            );
            return Err(Broken::new(check, what));
        }
        if error > 0.0 {
            worst = f64::max(worst, error / bound);
        }
    }
    Ok(worst)
}

/// Two numbers must agree relative to a size. Gives the relative error.
pub(super) fn close_numbers(
    check: Check,
    what: &str,
    [expected, found]: [f64; 2],
    size: f64,
    allowed: f64,
) -> Result<f64, Broken> {
    let error = (expected - found).abs() / size;
    // A NaN is not within any bound; the empty sum has size 0 and error 0.
    if expected == found || error <= allowed {
        return Ok(if expected == found { 0.0 } else { error });
    }
    let what = format!(
        "{what}: expected {expected:e}, found {found:e}, \
         an error of {error:.1e} relative to {size:.1e} where {allowed:.1e} is allowed"
    );
    Err(Broken::new(check, what))
}

/// Every bit must be the same.
pub(super) fn same_bits<E: Element>(
    check: Check,
    what: &str,
    expected: &Array<E>,
    found: &Array<E>,
) -> Result<(), Broken> {
    same_dims(what, expected.dims(), found.dims())?;
    let pairs = expected.to_vec().into_iter().zip(found.to_vec());
    match pairs.enumerate().find(|(_, (expected, found))| expected.bits() != found.bits()) {
        None => Ok(()),
        Some((i, (expected, found))) => {
            let what = format!("element {i} of {what}: expected the bits of {expected:e}, found {found:e}");
            Err(Broken::new(check, what))
        }
    }
}

/// Every bit of a result and of its gradients must be the same.
pub(super) fn same_pullback<B: Backend>(
    check: Check,
    expected: &Pullback<B>,
    found: &Pullback<B>,
) -> Result<(), Broken> {
    same_bits(check, "the result", expected.value.array(), found.value.array())?;
    for (i, (expected, found)) in expected.gradients.iter().zip(&found.gradients).enumerate() {
        same_bits(check, &gradient_name(i), expected.array(), found.array())?;
    }
    Ok(())
}

/// The gradients must be within a bound.
pub(super) fn close_gradients<B: Backend>(
    check: Check,
    expected: &[Value<B>],
    found: &[Value<B>],
    bound: f64,
) -> Result<(), Broken> {
    for (i, (expected, found)) in expected.iter().zip(found).enumerate() {
        close(check, &gradient_name(i), &numbers(expected), &numbers(found), |_| bound)?;
    }
    Ok(())
}

pub(super) fn gradient_name(i: usize) -> String {
    format!("the gradient of argument {i}")
}
