//! Variances over one axis.

use tenon_shape::{Axis, Shape};

use crate::proof::{Draw, Naive, Proof, for_each_index, register};
use crate::{Backend, Dims, Op, Tensor, Value};

use super::square::Square;
use super::sum::Sum;

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// The variance over axis `I`, which disappears: `yⱼ = Σᵢ (xᵢⱼ − μⱼ)² / (n − correction)` with the
    /// mean `μⱼ`.
    ///
    /// A correction of 1 makes it unbiased where the elements are a sample; with 0 it is the mean
    /// square of the deviations.
    ///
    /// # Shapes
    /// `x: S → S without axis I`
    ///
    /// # Gradient
    /// `dx = 2 (x − μ) dy / (n − correction)`. Keeps the deviations.
    ///
    /// # Domain
    /// Where the correction is not below `n` the divisor is 0 and the result infinite or NaN, as in
    /// PyTorch.
    ///
    /// # Source
    /// PyTorch's `var`, whose default correction is 1. The mean is subtracted before anything is
    /// squared, so that a large one costs no digits.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U1, U3)> = Tensor::from([[1.0, 2.0, 6.0]]);
    /// assert_eq!(x.var::<1>(1).to_vec(), [7.0]);
    /// ```
    pub fn var<const I: usize>(&self, correction: usize) -> Tensor<S::Remove, B>
    where
        S: Axis<I>,
    {
        let value = var_along(self.value.clone(), I, correction);
        Tensor { shape: self.shape.remove(), value }
    }
}

/// The variance of a value along an axis.
pub fn var_along<B: Backend>(x: Value<B>, axis: usize, correction: usize) -> Value<B> {
    let (dims, n) = (x.dims(), x.dims()[axis]);
    let mean = Sum { axis }.on([x.clone()]).scaled(1.0 / n as f64);
    let deviations = x - mean.reshaped(dims.with(axis, 1)).expanded(dims);
    let divisor = n.saturating_sub(correction) as f64;
    Sum { axis }.on([Square.on([deviations])]).scaled(1.0 / divisor)
}

/// The proof of [`Tensor::var`], which is made of other operations.
#[derive(Clone, Debug)]
pub struct Var {
    axis: usize,
    correction: usize,
}

impl Proof<1> for Var {
    const PROVES: &'static str = "var";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let (dims, axis) = draw.dims_and_axis();
        // Of a single element there is no variance without bias.
        let correction = draw.below(dims[axis].min(2));
        (Var { axis, correction }, [dims])
    }

    fn run<B: Backend>(&self, [x]: [Value<B>; 1]) -> Value<B> {
        var_along(x, self.axis, self.correction)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        let n = x.dims[self.axis];
        let target = |index: &[usize]| {
            let mut target = index.to_vec();
            target.remove(self.axis);
            target
        };
        let mut mean = Naive::zeros(x.dims.without(self.axis));
        for_each_index(x.dims, |index| *mean.at_mut(&target(index)) += x.at(index) / n as f64);
        let mut variance = Naive::zeros(mean.dims);
        for_each_index(x.dims, |index| {
            let deviation = x.at(index) - mean.at(&target(index));
            *variance.at_mut(&target(index)) += deviation * deviation / (n - self.correction) as f64;
        });
        variance
    }
}

register!(Var);
