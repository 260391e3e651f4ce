//! Mean squared error.

use tenon_shape::{SameShape, Shape};

use crate::proof::{Draw, Naive, Proof, register};
use crate::{Backend, Dims, Op, Tensor, Value};

use super::mean::mean_all;
use super::square::Square;

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// The mean squared error against a target: `l = (1/n) Σᵢ (xᵢ − tᵢ)²`, over all elements.
    ///
    /// # Shapes
    /// `x: S, target: S → ()`
    ///
    /// # Gradient
    /// `dx = 2 dl (x − t) / n`, `dt = −dx`. Keeps the difference.
    ///
    /// # Panics
    /// When run-time sizes differ.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2,)> = Tensor::from([1.0, 2.0]);
    /// let target: Tensor<(U2,)> = Tensor::from([1.0, 4.0]);
    /// assert_eq!(x.mse(&target).item(), 2.0);
    /// ```
    pub fn mse<R: Shape>(&self, target: &Tensor<R, B>) -> Tensor<(), B>
    where
        S: SameShape<R>,
    {
        self.shape.check_same(&target.shape, "mse");
        Tensor { shape: (), value: mse(self.value.clone(), target.value.clone()) }
    }
}

fn mse<B: Backend>(x: Value<B>, target: Value<B>) -> Value<B> {
    mean_all(Square.on([x - target]))
}

/// The proof of [`Tensor::mse`], which is made of a difference, [`Square`] and a mean.
#[derive(Clone, Debug)]
pub struct Mse;

impl Proof<2> for Mse {
    const PROVES: &'static str = "mse";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 2]) {
        (Mse, [draw.any_dims(); 2])
    }

    fn run<B: Backend>(&self, [x, target]: [Value<B>; 2]) -> Value<B> {
        mse(x, target)
    }

    fn oracle(&self, [x, target]: [&Naive; 2]) -> Naive {
        let errors = x.zip(target, |x, t| (x - t) * (x - t));
        Naive { dims: Dims::new(&[]), data: vec![errors.data.iter().sum::<f64>() / errors.data.len() as f64] }
    }
}

register!(Mse);
