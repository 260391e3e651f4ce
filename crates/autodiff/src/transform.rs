//! Transformations of functions, under JAX's names.
//!
//! A derivative with respect to an argument that a function does not use is zero here, since the
//! question is asked about the function; [`Gradients`](crate::Gradients) answers `None`.

use tenon_tensor::shape::{Shape, StaticDim};
use tenon_tensor::{Array, Backend, Float, Tensor, Value};

use crate::autodiff::{Autodiff, Backward, Track};

/// The value and the gradient of a scalar function.
///
/// # Example
/// ```
/// use tenon_autodiff::{prelude::*, value_and_grad};
/// let x: Tensor<(U2,)> = Tensor::from([3.0, -1.0]);
/// let (value, gradient) = value_and_grad(|x| x.square().sum_all(), &x);
/// assert_eq!(value.item(), 10.0);
/// assert_eq!(gradient.to_vec(), [6.0, -2.0]);
/// ```
pub fn value_and_grad<S: Shape, B: Backend>(
    f: impl FnOnce(Tensor<S, Autodiff<B>>) -> Tensor<(), Autodiff<B>>,
    x: &Tensor<S, B>,
) -> (Tensor<(), B>, Tensor<S, B>) {
    let variable = x.track();
    let y = f(variable.clone());
    let value = Tensor::from_value((), Autodiff::primal(y.value()));
    let gradient = y.backward().get(&variable);
    (value, gradient.unwrap_or_else(|| Tensor::full(x.shape(), 0.0)))
}

/// The gradient of a scalar function.
///
/// # Example
/// ```
/// use tenon_autodiff::{grad, prelude::*};
/// let x: Tensor<(U2,)> = Tensor::from([3.0, -1.0]);
/// assert_eq!(grad(|x| x.square().sum_all(), &x).to_vec(), [6.0, -2.0]);
/// ```
pub fn grad<S: Shape, B: Backend>(
    f: impl FnOnce(Tensor<S, Autodiff<B>>) -> Tensor<(), Autodiff<B>>,
    x: &Tensor<S, B>,
) -> Tensor<S, B> {
    value_and_grad(f, x).1
}

/// The value of a function at `x`, and the function that maps a cotangent `w` of the value to
/// `wᵀ J`, the cotangent of `x`.
///
/// # Example
/// ```
/// use tenon_autodiff::{prelude::*, vjp};
/// let x: Tensor<(U2,)> = Tensor::from([3.0, -1.0]);
/// let (y, pull_back) = vjp(|x| x.square(), &x);
/// assert_eq!(y.to_vec(), [9.0, 1.0]);
/// assert_eq!(pull_back(&Tensor::from([1.0, 10.0])).to_vec(), [6.0, -20.0]);
/// ```
pub fn vjp<F, S: Shape, T: Shape, B: Backend>(
    f: F,
    x: &Tensor<S, B>,
) -> (Tensor<T, B>, impl Fn(&Tensor<T, B>) -> Tensor<S, B> + use<F, S, T, B>)
where
    F: FnOnce(Tensor<S, Autodiff<B>>) -> Tensor<T, Autodiff<B>>,
{
    let variable = x.track();
    let shape = x.shape();
    let y = f(variable.clone());
    let value = Tensor::from_value(y.shape(), Autodiff::primal(y.value()));
    let pull_back = move |w: &Tensor<T, B>| {
        let gradients = Autodiff::pull_back(y.value(), w.value().clone());
        gradients.get(&variable).unwrap_or_else(|| Tensor::full(shape, 0.0))
    };
    (value, pull_back)
}

/// The value of a function at `x`, and `J v`, its derivative along `v`.
///
/// The derivative is that of `w ↦ wᵀ J v`, which is linear in `w`: two reverse passes make one
/// forward pass, with no further rules to get wrong.
///
/// # Example
/// ```
/// use tenon_autodiff::{jvp, prelude::*};
/// let x: Tensor<(U2,)> = Tensor::from([3.0, -1.0]);
/// let v: Tensor<(U2,)> = Tensor::from([1.0, 10.0]);
/// let (y, dy) = jvp(|x| x.square(), &x, &v);
/// assert_eq!(dy.to_vec(), [6.0, -20.0]);
/// ```
pub fn jvp<S: Shape, T: Shape, B: Backend>(
    f: impl FnOnce(Tensor<S, Autodiff<Autodiff<B>>>) -> Tensor<T, Autodiff<Autodiff<B>>>,
    x: &Tensor<S, B>,
    v: &Tensor<S, B>,
) -> (Tensor<T, B>, Tensor<T, B>) {
    let (y, pull_back) = vjp(f, &x.untracked());
    let value = Tensor::from_value(y.shape(), Autodiff::primal(y.value()));
    let w = Tensor::full(y.shape(), 0.0).track();
    let dot = (pull_back(&w) * v.untracked()).sum_all();
    let derivative = dot.backward().get(&w);
    (value, derivative.unwrap_or_else(|| Tensor::full(y.shape(), 0.0)))
}

/// The product of the Hessian of a scalar function with a vector: the derivative of its gradient
/// along `v`.
///
/// # Example
/// ```
/// use tenon_autodiff::{hessian_vector_product, prelude::*};
/// let x: Tensor<(U2,)> = Tensor::from([1.0, 2.0]);
/// let v: Tensor<(U2,)> = Tensor::from([1.0, 0.0]);
/// let product = hessian_vector_product(|x| x.powf(3.0).sum_all(), &x, &v);
/// assert_eq!(product.to_vec(), [6.0, 0.0]);
/// ```
pub fn hessian_vector_product<S: Shape, B: Backend>(
    f: impl FnOnce(Tensor<S, Autodiff<Autodiff<B>>>) -> Tensor<(), Autodiff<Autodiff<B>>>,
    x: &Tensor<S, B>,
    v: &Tensor<S, B>,
) -> Tensor<S, B> {
    let variable = x.track();
    let gradient = grad(f, &variable);
    let along = (gradient * v.untracked()).sum_all();
    along.backward().get(&variable).unwrap_or_else(|| Tensor::full(x.shape(), 0.0))
}

/// The Jacobian of a function of a vector: row `i` is the gradient of component `i`.
///
/// One backward pass per component of the result.
///
/// # Example
/// ```
/// use tenon_autodiff::{jacobian, prelude::*};
/// let x: Tensor<(U2,)> = Tensor::from([3.0, -1.0]);
/// let j: Tensor<(U2, U2)> = jacobian(|x| x.square(), &x);
/// assert_eq!(j.to_vec(), [6.0, 0.0, 0.0, -2.0]);
/// ```
pub fn jacobian<M: StaticDim, N: StaticDim, B: Backend>(
    f: impl FnOnce(Tensor<(N,), Autodiff<B>>) -> Tensor<(M,), Autodiff<B>>,
    x: &Tensor<(N,), B>,
) -> Tensor<(M, N), B> {
    let (y, pull_back) = vjp(f, x);
    let dims = y.value().dims();
    let mut rows = Vec::with_capacity(M::N * N::N);
    for i in 0..M::N {
        let one_hot = (0..M::N).map(|j| B::Elem::from_f64(f64::from(u8::from(i == j)))).collect();
        let w = Tensor::from_value(y.shape(), Value::constant(Array::from_vec(dims, one_hot)));
        rows.extend(pull_back(&w).to_vec());
    }
    Tensor::from_vec(Default::default(), rows)
}
