//! Parameters with settings of their own.

/// Some parameters, and the rule that they follow instead of everyone else's.
#[derive(Clone, Debug)]
pub(crate) struct Group<R> {
    pub(crate) contains: fn(&str, &[usize]) -> bool,
    pub(crate) rule: R,
}

/// Whether a parameter has a single axis, as biases and the scales of normalizations do, whatever it
/// is called.
///
/// They are few, they do not overfit, and what follows them is often invariant to their size: weight
/// decay is commonly left out for them.
///
/// # Source
/// Goyal et al. 2017, "Accurate, large minibatch SGD", section 5.3; He et al. 2018, "Bag of tricks
/// for image classification", section 3.1.
///
/// # Example
/// ```
/// use tenon_optim::is_vector;
/// assert!(is_vector("bn1.weight", &[64]) && is_vector("fc.bias", &[10]));
/// assert!(!is_vector("fc.weight", &[10, 64]));
/// ```
pub fn is_vector(_: &str, dims: &[usize]) -> bool {
    dims.len() == 1
}
