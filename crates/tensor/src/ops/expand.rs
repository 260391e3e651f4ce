//! Repetition: a view of an array with axes of size 1 repeated.

use tenon_shape::{Broadcast, Shape};

use crate::proof::{Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Tensor, Value, Vjp};

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// Repetition by numpy's rules: axes are aligned at the right; axes of size 1, and missing
    /// ones, repeat. A view: nothing is copied.
    ///
    /// # Shapes
    /// `x: S → S broadcast with T`, which must be `T` itself.
    ///
    /// # Gradient
    /// `dx` is `dy` summed over the repeated axes. Keeps nothing.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let bias: Tensor<(U2,)> = Tensor::from([1.0, 2.0]);
    /// let rows: Tensor<(U3, U2)> = bias.expand(Default::default());
    /// assert_eq!(rows.to_vec(), [1.0, 2.0, 1.0, 2.0, 1.0, 2.0]);
    /// ```
    pub fn expand<T: Shape>(&self, shape: T) -> Tensor<T, B>
    where
        S: Broadcast<T, Output = T>,
    {
        let shape = self.shape.broadcast(&shape);
        let dims = Dims::new(shape.dims().as_ref());
        Tensor { shape, value: self.value.clone().expanded(dims) }
    }
}

/// The operation of [`Tensor::expand`].
#[derive(Clone, Copy, Debug)]
pub struct Expand {
    /// The dims of the result.
    pub dims: Dims,
}

impl Op<1> for Expand {
    const NAME: &'static str = "expand";
    const READS: Reads<1> = Reads::NOTHING;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        x.expanded(self.dims)
    }

    fn flops(&self, _: &[Dims; 1], _: Dims) -> u64 {
        0
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        let dims = at.dims(0);
        [Some(at.dy.summed_to(dims))]
    }
}

/// Draws dims, and dims that expand to them.
pub(super) fn draw_expansion(draw: &mut Draw<'_>) -> (Dims, Dims) {
    let large = draw.any_dims();
    let missing = draw.below(large.len() + 1);
    let small: Vec<usize> = large[missing..].iter().map(|&size| if draw.below(2) == 0 { 1 } else { size }).collect();
    (Dims::new(&small), large)
}

impl Proof<1> for Expand {
    const PROVES: &'static str = "expand";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let (small, dims) = draw_expansion(draw);
        (Expand { dims }, [small])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        self.on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        let missing = self.dims.len() - x.dims.len();
        Naive::from_fn(self.dims, |index| {
            let source: Vec<usize> =
                index[missing..].iter().zip(x.dims.iter()).map(|(&i, &size)| if size == 1 { 0 } else { i }).collect();
            x.at(&source)
        })
    }
}

register!(Expand);
