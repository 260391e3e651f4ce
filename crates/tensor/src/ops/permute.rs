//! The axes in another order.

use tenon_shape::{Order2, Permute as PermuteShape, Shape, Transpose};

use crate::dims::MAX_RANK;
use crate::proof::{Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Tensor, Value, Vjp};

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// The two axes of a matrix exchanged. A view: nothing is copied.
    ///
    /// # Shapes
    /// `x: (M, N) → (N, M)`
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2, U3)> = Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// assert_eq!(x.t().to_vec(), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    /// ```
    pub fn t(&self) -> Tensor<S::Output, B>
    where
        S: PermuteShape<Order2<1, 0>>,
    {
        self.permute()
    }

    /// Axes `I` and `J` exchanged, at any rank. A view: nothing is copied.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2, U3, U4)> = Tensor::zeros();
    /// let y: Tensor<(U2, U4, U3)> = x.transpose::<1, 2>();
    /// ```
    pub fn transpose<const I: usize, const J: usize>(&self) -> Tensor<S::Output, B>
    where
        S: Transpose<I, J>,
    {
        Tensor { shape: self.shape.transpose(), value: self.value.clone().swapped(I, J) }
    }

    /// The axes in another order: axis `i` of the result is axis `order[i]` of this tensor. A
    /// view: nothing is copied.
    ///
    /// # Shapes
    /// `x: S → the axes named, in that order`: `Order2`, `Order3` or `Order4`
    ///
    /// # Gradient
    /// `dx` is `dy` with the axes put back. Keeps nothing.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2, U3, U4)> = Tensor::zeros();
    /// let y: Tensor<(U4, U2, U3)> = x.permute::<Order3<2, 0, 1>>();
    /// ```
    pub fn permute<Order>(&self) -> Tensor<S::Output, B>
    where
        S: PermuteShape<Order>,
    {
        let permute = Permute::new(S::ORDER);
        Tensor { shape: self.shape.permute(), value: permute.on([self.value.clone()]) }
    }
}

/// The operation of [`Tensor::permute`].
#[derive(Clone, Copy, Debug)]
pub struct Permute {
    order: [usize; MAX_RANK],
    rank: usize,
}

impl Permute {
    /// Axis `i` of the result is axis `order[i]` of the argument.
    pub fn new(order: &[usize]) -> Self {
        let mut padded = [0; MAX_RANK];
        padded[..order.len()].copy_from_slice(order);
        Permute { order: padded, rank: order.len() }
    }

    /// Exchanges axes `i` and `j`.
    pub fn swap(rank: usize, i: usize, j: usize) -> Self {
        let mut order = [0, 1, 2, 3, 4, 5];
        order.swap(i, j);
        Permute { order, rank }
    }

    fn order(&self) -> &[usize] {
        &self.order[..self.rank]
    }

    fn inverse(&self) -> Self {
        let mut order = [0; MAX_RANK];
        for (target, &source) in self.order().iter().enumerate() {
            order[source] = target;
        }
        Permute { order, rank: self.rank }
    }
}

impl Op<1> for Permute {
    const NAME: &'static str = "permute";
    const READS: Reads<1> = Reads::NOTHING;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        x.permuted(self.order())
    }

    fn flops(&self, _: &[Dims; 1], _: Dims) -> u64 {
        0
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        [Some(self.inverse().on([at.dy]))]
    }
}

impl Proof<1> for Permute {
    const PROVES: &'static str = "permute";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let rank = draw.between(1, 4);
        let mut order: Vec<usize> = (0..rank).collect();
        for i in (1..rank).rev() {
            order.swap(i, draw.below(i + 1));
        }
        (Permute::new(&order), [draw.dims(rank)])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        self.on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        let sizes: Vec<usize> = self.order().iter().map(|&axis| x.dims[axis]).collect();
        Naive::from_fn(Dims::new(&sizes), |index| {
            let mut source = vec![0; self.rank];
            for (&i, &axis) in index.iter().zip(self.order()) {
                source[axis] = i;
            }
            x.at(&source)
        })
    }
}

register!(Permute);
