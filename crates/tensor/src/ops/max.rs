//! The largest element along an axis or of all.

use tenon_shape::{Axis, Shape};

use crate::proof::{Domain, Draw, Naive, Proof, for_each_index, register};
use crate::{Backend, Dims, Op, Query, Tensor, Value};

use super::argmax::Argmax;
use super::gather::Gather;

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// The largest element along axis `I`, which disappears: `yⱼ = maxᵢ xᵢⱼ`.
    ///
    /// # Shapes
    /// `x: S → S without axis I`
    ///
    /// # Gradient
    /// `dy` goes to the largest element; to the first of equals. Keeps its index.
    ///
    /// # Panics
    /// When the axis has size 0.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2, U3)> = Tensor::from([[1.0, 7.0, 3.0], [4.0, 5.0, 6.0]]);
    /// assert_eq!(x.max::<1>().to_vec(), [7.0, 6.0]);
    /// ```
    pub fn max<const I: usize>(&self) -> Tensor<S::Remove, B>
    where
        S: Axis<I>,
    {
        Tensor { shape: self.shape.remove(), value: max_along(self.value.clone(), I) }
    }

    /// The largest of all elements.
    ///
    /// # Panics
    /// When there are no elements.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2, U2)> = Tensor::from([[1.0, 7.0], [3.0, 4.0]]);
    /// assert_eq!(x.max_all().item(), 7.0);
    /// ```
    pub fn max_all(&self) -> Tensor<(), B> {
        let joined = Dims::new(&[self.numel()]);
        Tensor { shape: (), value: max_along(self.value.clone().reshaped(joined), 0) }
    }
}

/// The largest element of a value along an axis: a [`Gather`] at the indices of [`Argmax`].
pub fn max_along<B: Backend>(x: Value<B>, axis: usize) -> Value<B> {
    let dims = x.dims();
    let places = Argmax { axis }.on([&x]);
    Gather::along(axis, dims, &places, dims.without(axis)).on([x])
}

/// The proof of [`Tensor::max`], which is made of [`Argmax`] and [`Gather`].
#[derive(Clone, Debug)]
pub struct Max {
    axis: usize,
}

impl Proof<1> for Max {
    const PROVES: &'static str = "max";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let (dims, axis) = draw.dims_and_axis();
        (Max { axis }, [dims])
    }

    fn domains(&self) -> [Domain; 1] {
        [Domain::Distinct]
    }

    fn run<B: Backend>(&self, [x]: [Value<B>; 1]) -> Value<B> {
        max_along(x, self.axis)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        let mut max = Naive::zeros(x.dims.without(self.axis)).map(|_| f64::NEG_INFINITY);
        for_each_index(x.dims, |index| {
            let mut target = index.to_vec();
            target.remove(self.axis);
            let max = max.at_mut(&target);
            *max = max.max(x.at(index));
        });
        max
    }
}

register!(Max);
