//! The same elements under another shape.

use tenon_shape::{Flatten, ReshapeTo, Shape, StaticShape};

use crate::proof::{Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Tensor, Value, Vjp};

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// The same elements, in row-major order, under another static shape.
    ///
    /// # Shapes
    /// `x: S → T`; the products of the sizes are compared by the compiler.
    ///
    /// # Gradient
    /// `dx` is `dy` under the old shape. Keeps nothing.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2, U3)> = Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// let y: Tensor<(U3, U2)> = x.reshape();
    /// assert_eq!(y.to_vec(), x.to_vec());
    /// ```
    pub fn reshape<T: StaticShape>(&self) -> Tensor<T, B>
    where
        S: ReshapeTo<T>,
    {
        self.reshape_as(T::default())
    }

    /// The same elements under a shape with sizes known at run time.
    ///
    /// # Panics
    /// When the numbers of elements differ, which only run-time sizes can hide from the compiler.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U6,)> = Tensor::zeros();
    /// let y: Tensor<(Dyn, U3)> = x.reshape_as((Dyn(2), U3::new()));
    /// assert_eq!(y.dims(), [2, 3]);
    /// ```
    pub fn reshape_as<T: Shape>(&self, shape: T) -> Tensor<T, B>
    where
        S: ReshapeTo<T>,
    {
        self.shape.check_reshape(&shape);
        let dims = Dims::new(shape.dims().as_ref());
        Tensor { shape, value: self.value.clone().reshaped(dims) }
    }

    /// All axes but the first joined into one: `(N, C, H, W) → (N, C·H·W)`.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(Dyn, U16, U5, U5)> = Tensor::full((Dyn(8), U16::new(), U5::new(), U5::new()), 1.0);
    /// let y: Tensor<(Dyn, U400)> = x.flatten();
    /// ```
    pub fn flatten(&self) -> Tensor<S::Output, B>
    where
        S: Flatten,
    {
        let shape = self.shape.flatten();
        let dims = Dims::new(shape.dims().as_ref());
        Tensor { shape, value: self.value.clone().reshaped(dims) }
    }
}

/// The operation of [`Tensor::reshape`].
#[derive(Clone, Copy, Debug)]
pub struct Reshape {
    /// The dims of the result.
    pub dims: Dims,
}

impl Op<1> for Reshape {
    const NAME: &'static str = "reshape";
    const READS: Reads<1> = Reads::NOTHING;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        x.reshaped(self.dims)
    }

    fn flops(&self, _: &[Dims; 1], _: Dims) -> u64 {
        0
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        let dims = at.dims(0);
        [Some(at.dy.reshaped(dims))]
    }
}

impl Proof<1> for Reshape {
    const PROVES: &'static str = "reshape";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let old = draw.any_dims();
        let joined = Dims::new(&[old.numel()]);
        let grown = Dims::new(&old.iter().rev().copied().chain([1]).collect::<Vec<_>>());
        (Reshape { dims: draw.one_of(&[joined, grown]) }, [old])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        self.on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        Naive { dims: self.dims, data: x.data.clone() }
    }
}

register!(Reshape);
