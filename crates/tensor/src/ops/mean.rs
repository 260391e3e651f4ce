//! Means over one axis or over all elements.

use tenon_shape::{Axis, Dim, Shape};

use crate::proof::{Draw, Naive, Proof, register};
use crate::{Backend, Dims, Op, Tensor, Value};

use super::sum::{Sum, sum_all};

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// The mean over axis `I`, which disappears: `yⱼ = (1/n) Σᵢ xᵢⱼ`.
    ///
    /// # Shapes
    /// `x: S → S without axis I`
    ///
    /// # Gradient
    /// `dx` is `dy / n` repeated along the axis. Keeps nothing.
    ///
    /// # Domain
    /// The mean over an axis of size 0 is NaN.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2, U3)> = Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// assert_eq!(x.mean::<1>().to_vec(), [2.0, 5.0]);
    /// ```
    pub fn mean<const I: usize>(&self) -> Tensor<S::Remove, B>
    where
        S: Axis<I>,
    {
        let n = self.shape.dim().size();
        let sum = Sum { axis: I }.on([self.value.clone()]);
        Tensor { shape: self.shape.remove(), value: sum.scaled(1.0 / n as f64) }
    }

    /// The mean of all elements.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2, U2)> = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.mean_all().item(), 2.5);
    /// ```
    pub fn mean_all(&self) -> Tensor<(), B> {
        Tensor { shape: (), value: mean_all(self.value.clone()) }
    }
}

/// The mean of all elements of a value.
pub fn mean_all<B: Backend>(x: Value<B>) -> Value<B> {
    let n = x.dims().numel();
    sum_all(x).scaled(1.0 / n as f64)
}

/// The proof of [`Tensor::mean_all`], which is made of [`Sum`] and `scale`.
#[derive(Clone, Debug)]
pub struct Mean;

impl Proof<1> for Mean {
    const PROVES: &'static str = "mean";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        (Mean, [draw.any_dims()])
    }

    fn run<B: Backend>(&self, [x]: [Value<B>; 1]) -> Value<B> {
        mean_all(x)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        let mean = x.data.iter().sum::<f64>() / x.data.len() as f64;
        Naive { dims: Dims::new(&[]), data: vec![mean] }
    }
}

register!(Mean);
