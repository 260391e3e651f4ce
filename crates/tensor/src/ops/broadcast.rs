//! Arithmetic between shapes that differ, by numpy's rules.

use tenon_shape::{Broadcast, Shape};

use crate::proof::{Draw, Naive, Proof, register};
use crate::{Backend, Dims, Tensor, Value};

use super::expand::{Expand, draw_expansion};

macro_rules! broadcasting {
    ($($(#[$doc:meta])* $method:ident $operator:tt),*) => {
        /// Arithmetic between shapes that differ: axes are aligned at the right; axes of size 1,
        /// and missing ones, repeat. The operators take equal shapes, so that repetition is always
        /// meant.
        impl<S: Shape, B: Backend> Tensor<S, B> {$(
            $(#[$doc])*
            pub fn $method<R: Shape>(&self, other: &Tensor<R, B>) -> Tensor<S::Output, B>
            where
                S: Broadcast<R>,
            {
                let shape = self.shape.broadcast(&other.shape);
                let dims = Dims::new(shape.dims().as_ref());
                let (x, y) = (self.value.clone().expanded(dims), other.value.clone().expanded(dims));
                Tensor { shape, value: x $operator y }
            }
        )*}
    };
}

broadcasting! {
    /// The sum `x + y` with axes of size 1 repeated.
    ///
    /// # Shapes
    /// `x: S, y: R → S broadcast with R`
    ///
    /// # Gradient
    /// As for `+`, summed over the repeated axes.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2, U1)> = Tensor::from([[1.0], [2.0]]);
    /// let y: Tensor<(U2,)> = Tensor::from([10.0, 20.0]);
    /// let z: Tensor<(U2, U2)> = x.broadcast_add(&y);
    /// assert_eq!(z.to_vec(), [11.0, 21.0, 12.0, 22.0]);
    /// ```
    broadcast_add +,
    /// The difference `x − y` with axes of size 1 repeated.
    broadcast_sub -,
    /// The product `x · y` with axes of size 1 repeated.
    broadcast_mul *,
    /// The quotient `x / y` with axes of size 1 repeated.
    broadcast_div /
}

/// The proof of [`Tensor::broadcast_mul`], which is made of [`Expand`] and a product.
#[derive(Clone, Debug)]
pub struct BroadcastMul;

impl Proof<2> for BroadcastMul {
    const PROVES: &'static str = "broadcast_mul";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 2]) {
        let (small, large) = draw_expansion(draw);
        (BroadcastMul, [small, large])
    }

    fn run<B: Backend>(&self, [x, y]: [Value<B>; 2]) -> Value<B> {
        let dims = y.dims();
        x.expanded(dims) * y
    }

    fn oracle(&self, [x, y]: [&Naive; 2]) -> Naive {
        Proof::oracle(&Expand { dims: y.dims }, [x]).zip(y, |x, y| x * y)
    }
}

register!(BroadcastMul);
