//! How large an error may be: derived from the number of roundings and the size of what is summed.

use tenon_tensor::Element;
use tenon_tensor::proof::Naive;

use super::case::Case;

/// Roundings of a chain of elementary steps: eight steps of at most 4 ulp, the largest error that
/// the vector functions state.
const CHAIN: f64 = 64.0;

/// How many standard deviations the rounding error of a sum may be away from zero. Of errors that
/// are independent and of mean zero, one in 10⁹ is farther.
const DEVIATIONS: f64 = 6.0;

/// The error of a result relative to the size of what it is made of: `u (c + λ √n)`, where `u` is
/// the unit roundoff, `c` counts elementary steps and `n` the terms of a sum.
///
/// Each term of a sum holds an element of some argument that no other term holds, so the largest
/// argument bounds their number.
///
/// # Source
/// Higham and Mary 2019, "A new approach to probabilistic rounding error analysis": theorem 2.4
/// has `λ √n u` in place of the worst case `n u`.
pub(super) fn rounding<E: Element>(terms: usize) -> f64 {
    E::EPSILON.to_f64() / 2.0 * (CHAIN + DEVIATIONS * (terms as f64).sqrt())
}

/// The size of what each element of the result is made of.
///
/// For a sum of products, `f(|x|)` is exactly the sum of the magnitudes of the terms, to which the
/// error is proportional however much the terms cancel. For a function of single elements it is
/// the result itself, or, where arguments are added and cancel, the largest argument.
pub(super) fn magnitudes(case: &Case, result: &Naive) -> Vec<f64> {
    let magnitudes: Vec<Naive> = case.args.iter().map(|arg| arg.map(f64::abs)).collect();
    let of_magnitudes = case.op.oracle(&magnitudes);
    let largest = case.args.iter().map(largest).fold(0.0, f64::max);
    let finite_or_zero = |x: f64| if x.is_finite() { x } else { 0.0 };
    let size = |(y, z): (&f64, &f64)| y.abs() + finite_or_zero(z.abs()) + largest;
    result.data.iter().zip(&of_magnitudes.data).map(size).collect()
}

/// The largest magnitude of an array.
pub(super) fn largest(x: &Naive) -> f64 {
    x.data.iter().fold(0.0, |largest, x| x.abs().max(largest))
}

/// The number of elements of the largest argument.
pub(super) fn terms(case: &Case) -> usize {
    case.args.iter().map(|arg| arg.data.len()).max().unwrap_or(1)
}

/// The Euclidean norm of several arrays together.
pub(super) fn norm<'a>(arrays: impl IntoIterator<Item = &'a Naive>) -> f64 {
    arrays.into_iter().flat_map(|array| &array.data).map(|x| x * x).sum::<f64>().sqrt()
}

/// The inner product of two lists of arrays.
pub(super) fn dot<'a>(x: impl IntoIterator<Item = &'a Naive>, y: impl IntoIterator<Item = &'a Naive>) -> f64 {
    let pairs = x.into_iter().zip(y).flat_map(|(x, y)| x.data.iter().zip(&y.data));
    pairs.map(|(x, y)| x * y).sum()
}
