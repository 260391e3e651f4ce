//! Transformations of composed functions, against finite differences and against each other.

use proptest::prelude::*;
use tenon_autodiff::prelude::*;
use tenon_autodiff::{grad, hessian_vector_product, jacobian, jvp, value_and_grad, vjp};

type Plain = Cpu<f64>;
type Vector<B = Plain> = Tensor<(U3,), B>;

/// The smallest step that keeps the rounding of a central difference well below its tolerance; its
/// truncation is of the same order.
const STEP: f64 = 6e-6;

/// Central differences with [`STEP`] of functions of order one: `10³ ε^⅔`.
const TOLERANCE: f64 = 4e-8;

fn vector(numbers: &[f64]) -> Vector {
    Tensor::from_vec(Default::default(), numbers.to_vec())
}

fn numbers() -> impl Strategy<Value = Vec<f64>> {
    proptest::collection::vec(-1.5..1.5, 3)
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

fn moved(x: &[f64], t: f64, v: &[f64]) -> Vector {
    vector(&x.iter().zip(v).map(|(x, v)| x + t * v).collect::<Vec<_>>())
}

/// The slope of a function of several results at `x` along `v`.
fn slope(f: impl Fn(&Vector) -> Vec<f64>, x: &[f64], v: &[f64]) -> Vec<f64> {
    let (after, before) = (f(&moved(x, STEP, v)), f(&moved(x, -STEP, v)));
    after.iter().zip(before).map(|(after, before)| (after - before) / (2.0 * STEP)).collect()
}

fn prop_assert_close(found: &[f64], expected: &[f64], tolerance: f64) -> Result<(), TestCaseError> {
    let scale = expected.iter().fold(1.0, |scale: f64, x| scale.max(x.abs()));
    for (found, expected) in found.iter().zip(expected) {
        prop_assert!((found - expected).abs() <= tolerance * scale, "found {found:e}, expected {expected:e}");
    }
    Ok(())
}

/// A matrix that is neither symmetric nor singular.
fn matrix<B: Backend<Elem = f64>>() -> Tensor<(U3, U3), B> {
    Tensor::from_vec(Default::default(), vec![0.5, -1.0, 0.25, 1.5, 0.75, -0.5, -0.25, 1.0, 0.5])
}

/// A function of a vector that mixes its components: `tanh(W x) exp(x)`.
fn mixing<B: Backend<Elem = f64>>(x: Vector<B>) -> Vector<B> {
    let row: Tensor<(U1, U3), B> = x.reshape();
    let mixed: Vector<B> = row.matmul(&matrix()).reshape();
    mixed.tanh() * x.exp()
}

/// A scalar function whose Hessian is full: the softmax cross-entropy of what [`mixing`] gives,
/// and its square.
fn scalar<B: Backend<Elem = f64>>(x: Vector<B>) -> Tensor<(), B> {
    let y = mixing(x);
    let row: Tensor<(U1, U3), B> = y.reshape();
    let labels: Ids<(U1,), U3> = Ids::try_from_vec(Default::default(), vec![1]).expect("1 is below 3");
    row.cross_entropy(&labels) + y.square().sum_all()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_jacobian_holds_the_slopes(x in numbers(), v in numbers()) {
        let j: Tensor<(U3, U3), Plain> = jacobian(mixing, &vector(&x));
        let j = j.to_vec();
        let along: Vec<f64> = j.chunks(3).map(|row| dot(row, &v)).collect();
        prop_assert_close(&along, &slope(|x| mixing(x.clone()).to_vec(), &x, &v), TOLERANCE)?;
    }

    #[test]
    fn jvp_and_vjp_are_products_with_the_jacobian(x in numbers(), v in numbers(), w in numbers()) {
        let j: Tensor<(U3, U3), Plain> = jacobian(mixing, &vector(&x));
        let j = j.to_vec();
        let (y, pushed) = jvp(mixing, &vector(&x), &vector(&v));
        let (z, pull_back) = vjp(mixing, &vector(&x));
        prop_assert_eq!(y.to_vec(), z.to_vec());
        let expected: Vec<f64> = j.chunks(3).map(|row| dot(row, &v)).collect();
        prop_assert_close(&pushed.to_vec(), &expected, 1e-13)?;
        let column = |i: usize| [j[i], j[3 + i], j[6 + i]];
        let expected: Vec<f64> = (0..3).map(|i| dot(&column(i), &w)).collect();
        prop_assert_close(&pull_back(&vector(&w)).to_vec(), &expected, 1e-13)?;
    }

    #[test]
    fn a_gradient_holds_the_slope(x in numbers(), v in numbers()) {
        let (value, gradient) = value_and_grad(scalar, &vector(&x));
        prop_assert_eq!(value.item(), scalar(vector(&x)).item());
        prop_assert_eq!(gradient.to_vec(), grad(scalar, &vector(&x)).to_vec());
        let expected = slope(|x| scalar(x.clone()).to_vec(), &x, &v);
        prop_assert_close(&[dot(&gradient.to_vec(), &v)], &expected, TOLERANCE)?;
    }

    #[test]
    fn a_hessian_holds_the_slopes_of_the_gradient_and_is_symmetric(
        x in numbers(), v in numbers(), u in numbers(),
    ) {
        let times = |v: &[f64]| hessian_vector_product(scalar, &vector(&x), &vector(v)).to_vec();
        prop_assert_close(&times(&v), &slope(|x| grad(scalar, x).to_vec(), &x, &v), TOLERANCE)?;
        prop_assert_close(&[dot(&u, &times(&v))], &[dot(&v, &times(&u))], 1e-12)?;
    }

    #[test]
    fn a_third_derivative_holds_the_slopes_of_the_second(x in numbers(), v in numbers(), u in numbers()) {
        let second = |x: &Vector| hessian_vector_product(scalar, x, &vector(&u));
        // The gradient, at one more level, of the projection of a Hessian–vector product.
        let third = grad(
            |x| (hessian_vector_product(scalar, &x, &vector(&u).untracked()) * vector(&v).untracked()).sum_all(),
            &vector(&x),
        );
        let expected = slope(|x| vec![dot(&second(x).to_vec(), &v)], &x, &u);
        prop_assert_close(&[dot(&third.to_vec(), &u)], &expected, TOLERANCE)?;
    }
}

#[test]
fn the_fourth_derivative_of_a_polynomial_is_exact() {
    fn quartic<B: Backend<Elem = f64>>(x: Tensor<(U1,), B>) -> Tensor<(), B> {
        x.powf(4.0).sum_all()
    }
    let x: Tensor<(U1,), Plain> = Tensor::from_vec(Default::default(), vec![2.0]);
    let first = grad(quartic, &x);
    let second = grad(|x| grad(quartic, &x).sum_all(), &x);
    let third = grad(|x| grad(|x| grad(quartic, &x).sum_all(), &x).sum_all(), &x);
    let fourth = grad(|x| grad(|x| grad(|x| grad(quartic, &x).sum_all(), &x).sum_all(), &x).sum_all(), &x);
    assert_eq!([first, second, third, fourth].map(|x| x.to_vec()[0]), [32.0, 48.0, 48.0, 24.0]);
}

#[test]
fn functions_of_nothing_have_zero_derivatives() {
    let x = vector(&[1.0, 2.0, 3.0]);
    assert_eq!(grad(|_| Tensor::scalar(1.0), &x).to_vec(), [0.0; 3]);
    assert_eq!(hessian_vector_product(|x| x.sum_all(), &x, &x).to_vec(), [0.0; 3]);
    let (_, pushed) = jvp(|_| Vector::full(Default::default(), 1.0), &x, &x);
    assert_eq!(pushed.to_vec(), [0.0; 3]);
}
