//! Several tensors joined along a new axis, and one cut into equal parts.

use tenon_shape::typenum::{Const, ToUInt, U};
use tenon_shape::{Axis, DivExact, ExactQuotient, Insert, Shape, StaticDim};

use crate::proof::{Draw, Naive, Proof, register};
use crate::{Backend, Dims, Op, Tensor, Value};

use super::concat::Concat;
use super::narrow::Narrow;

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// `N` tensors of one shape, one after the other along a new axis `I`.
    ///
    /// # Shapes
    /// `N × S → S with a new axis I of size N`
    ///
    /// # Gradient
    /// Each argument gets its part of `dy`. Keeps nothing.
    ///
    /// # Panics
    /// When sizes known at run time differ.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2,)> = Tensor::from([1.0, 2.0]);
    /// let y: Tensor<(U2,)> = Tensor::from([3.0, 4.0]);
    /// let rows: Tensor<(U2, U2)> = Tensor::stack::<0, 2>([x.clone(), y.clone()]);
    /// assert_eq!(rows.to_vec(), [1.0, 2.0, 3.0, 4.0]);
    /// let columns: Tensor<(U2, U2)> = Tensor::stack::<1, 2>([x, y]);
    /// assert_eq!(columns.to_vec(), [1.0, 3.0, 2.0, 4.0]);
    /// ```
    pub fn stack<const I: usize, const N: usize>(
        tensors: [Self; N],
    ) -> Tensor<<S as Insert<I>>::Output<U<N>>, B>
    where
        S: Insert<I>,
        Const<N>: ToUInt<Output: StaticDim>,
    {
        let shape = tensors.first().map_or_else(|| panic!("stack: no tensors"), |first| first.shape);
        for tensor in &tensors {
            assert_eq!(tensor.value.dims(), tensors[0].value.dims(), "stack: the shapes differ");
        }
        Tensor { shape: shape.insert(U::<N>::default()), value: stack(tensors.map(|tensor| tensor.value), I) }
    }

    /// This tensor cut into `N` equal parts along axis `I`; `torch.chunk` where nothing is left
    /// over. Views: nothing is copied.
    ///
    /// # Shapes
    /// `x: S → N × S with axis I of size Sᵢ / N`; that `N` divides it is checked by the compiler.
    ///
    /// # Gradient
    /// `dx` is the parts' cotangents side by side. Keeps nothing.
    ///
    /// # Panics
    /// When the axis is known at run time only and `N` does not divide it.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U1, U6)> = Tensor::from([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]);
    /// let [q, k, v]: [Tensor<(U1, U2)>; 3] = x.chunk::<1, 3>();
    /// assert_eq!(k.to_vec(), [3.0, 4.0]);
    /// # let _ = (q, v);
    /// ```
    #[expect(clippy::type_complexity, reason = "the type says what the shape becomes")]
    pub fn chunk<const I: usize, const N: usize>(
        &self,
    ) -> [Tensor<S::Replace<ExactQuotient<S::Dim, U<N>>>, B>; N]
    where
        S: Axis<I>,
        Const<N>: ToUInt<Output: StaticDim>,
        S::Dim: DivExact<U<N>>,
    {
        let dim = self.shape.dim().div_exact(U::<N>::default());
        let shape = self.shape.replace(dim);
        let len = shape.dims().as_ref()[I];
        std::array::from_fn(|i| {
            let value = Narrow { axis: I, start: i * len, len }.on([self.value.clone()]);
            Tensor { shape, value }
        })
    }
}

/// Values of equal dims along a new axis.
fn stack<B: Backend, const N: usize>(values: [Value<B>; N], axis: usize) -> Value<B> {
    let with_axis = values.map(|value| {
        let dims = value.dims().inserted(axis, 1);
        value.reshaped(dims)
    });
    Concat { axis }.on(with_axis)
}

/// The proof of [`Tensor::stack`], which is a [`Concat`] of reshaped arguments.
#[derive(Clone, Debug)]
pub struct Stack {
    axis: usize,
}

impl Proof<3> for Stack {
    const PROVES: &'static str = "stack";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 3]) {
        let rank = draw.below(4);
        (Stack { axis: draw.below(rank + 1) }, [draw.dims(rank); 3])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 3]) -> Value<B> {
        stack(args, self.axis)
    }

    fn oracle(&self, args: [&Naive; 3]) -> Naive {
        Naive::from_fn(args[0].dims.inserted(self.axis, 3), |index| {
            let mut source = index.to_vec();
            let which = source.remove(self.axis);
            args[which].at(&source)
        })
    }
}

register!(Stack);
