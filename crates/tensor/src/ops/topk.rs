//! The largest elements along an axis, in order.

use tenon_kernels::reduce;
use tenon_kernels::top_k::top_k;
use tenon_shape::{Axis, Narrow, Shape, StaticDim, typenum};

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Ids, Indices, Op, Query, Tensor, Value};

use super::gather::Gather;

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// The `K` largest elements along axis `I`, the largest first, and where they are. Of equals
    /// the first comes first; a NaN counts as the largest.
    ///
    /// # Shapes
    /// `x: S → (S with axis I of size K, ids of that shape whose vocabulary is axis I)`
    ///
    /// # Gradient
    /// `dy` goes to the elements that were taken. Keeps their indices.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U1, U4)> = Tensor::from([[0.1, 0.5, 0.3, 0.1]]);
    /// let (values, ids) = x.topk::<1, U2>();
    /// assert_eq!(values.to_vec(), [0.5, 0.3]);
    /// assert_eq!(ids.as_slice(), [1, 2]);
    /// ```
    #[expect(clippy::type_complexity, reason = "the type says what the shapes become")]
    pub fn topk<const I: usize, K: StaticDim>(
        &self,
    ) -> (Tensor<S::Replace<K>, B>, Ids<S::Replace<K>, S::Dim>)
    where
        S: Axis<I>,
        S::Dim: Narrow<typenum::U0, K>,
    {
        let shape = self.shape.replace(self.shape.dim().narrow());
        let places = TopK { axis: I, k: K::N }.on([&self.value]);
        let value = take(self.value.clone(), I, K::N, &places);
        (Tensor { shape, value }, Ids::checked_by_construction(shape, self.shape.dim(), places))
    }
}

/// The query of [`Tensor::topk`]: where the largest elements are.
#[derive(Clone, Copy, Debug)]
pub struct TopK {
    /// The axis to search along.
    pub axis: usize,
    /// How many are asked for.
    pub k: usize,
}

impl Query<1> for TopK {
    const NAME: &'static str = "topk";
    type Output<E: Element> = Indices;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Indices {
        let x = x.contiguous();
        let numbers = x.as_slice().expect("contiguous");
        let axis = reduce::Axis::of(&x.dims(), self.axis);
        Indices::write(axis.outer * self.k * axis.inner, |places| top_k(numbers, axis, self.k, places))
    }
}

/// The elements at places along an axis, of which there are `k`.
fn take<B: Backend>(x: Value<B>, axis: usize, k: usize, places: &Indices) -> Value<B> {
    let dims = x.dims();
    Gather::along(axis, dims, places, dims.with(axis, k)).on([x])
}

impl Proof<1> for TopK {
    const PROVES: &'static str = "topk";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let (dims, axis) = draw.dims_and_axis();
        (TopK { axis, k: draw.between(1, dims[axis]) }, [dims])
    }

    fn domains(&self) -> [Domain; 1] {
        [Domain::Distinct]
    }

    fn run<B: Backend>(&self, [x]: [Value<B>; 1]) -> Value<B> {
        let places = self.on([&x]);
        take(x, self.axis, self.k, &places)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        Naive::from_fn(x.dims.with(self.axis, self.k), |index| {
            let mut source = index.to_vec();
            let mut along: Vec<f64> = (0..x.dims[self.axis])
                .map(|i| {
                    source[self.axis] = i;
                    x.at(&source)
                })
                .collect();
            along.sort_by(|a, b| b.total_cmp(a));
            along[index[self.axis]]
        })
    }
}

register!(TopK);
