//! The largest element along an axis or of all.

use tenon_kernels::{index, reduce};
use tenon_shape::{Axis, Shape};

use crate::proof::{Domain, Draw, Naive, Proof, for_each_index, register};
use crate::{Array, Backend, Dims, Element, Fused, Indices, Op, Query, Reads, Tensor, Value, Vjp};

use super::argmax::Argmax;
use super::gather::Gather;

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// The largest element along axis `I`, which disappears: `yⱼ = maxᵢ xᵢⱼ`, NaN if one of them is; of zeros
    /// with either sign, any.
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
        Tensor { shape: self.shape.remove(), value: Max { axis: I }.on([self.value.clone()]) }
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
        Tensor { shape: (), value: Max { axis: 0 }.on([self.value.clone().reshaped(joined)]) }
    }
}

/// The operation of [`Tensor::max`].
#[derive(Clone, Copy, Debug)]
pub struct Max {
    /// The axis that disappears.
    pub axis: usize,
}

impl Max {
    /// What takes the elements at these places along the axis of `x`.
    fn gather(&self, x: Dims, places: &[u32]) -> Gather {
        Gather::along(self.axis, x, places, x.without(self.axis))
    }
}

impl Fused<1> for Max {
    const NAME: &'static str = "max";
    const READS: Reads<1> = Reads::NOTHING;
    type Kept<E: Element> = Indices;

    /// A [`Gather`] at the indices of [`Argmax`].
    fn definition<B: Backend>(&self, [x]: [Value<B>; 1]) -> Value<B> {
        let places = Argmax { axis: self.axis }.on([&x]);
        self.gather(x.dims(), &places).on([x])
    }

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> (Array<E>, Indices) {
        let x = x.contiguous();
        let gather = self.gather(x.dims(), &Argmax { axis: self.axis }.forward([x.clone()]));
        let indices = gather.indices.clone();
        (gather.forward([x]), indices)
    }

    fn evaluate<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        let x = x.contiguous();
        let numbers = x.as_slice().expect("contiguous");
        let axis = reduce::Axis::of(&x.dims(), self.axis);
        Array::write(x.dims().without(self.axis), |out| reduce::max(numbers, axis, out))
    }

    fn backward<E: Element>(&self, at: Vjp<Array<E>, 1>, indices: &Indices) -> [Option<Array<E>>; 1] {
        let (planes, ..) = at.dims(0).around(self.axis);
        let dy = at.dy.clone().contiguous();
        let dy = dy.as_slice().expect("contiguous");
        [Some(Array::write(at.dims(0), |dx| index::scatter_add(planes, dy, indices, dx)))]
    }

    fn flops(&self, [x]: &[Dims; 1], _: Dims) -> u64 {
        x.numel() as u64
    }
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
        self.on([x])
    }

    fn definition<B: Backend>(&self, args: [Value<B>; 1]) -> Option<Value<B>> {
        Some(Fused::definition(self, args))
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
