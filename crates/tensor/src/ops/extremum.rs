//! The larger or the smaller element of each pair.

use tenon_shape::{SameShape, Shape};

use crate::proof::{Domain, Draw, Naive, Proof, register};
use crate::{Array, Backend, Dims, Element, Op, Query, Reads, Tensor, Value, Vjp};

use super::compare::Comparison;
use super::select::Select;

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// The larger element of each pair: `z = max(x, y)`, NaN if either is.
    ///
    /// # Shapes
    /// `x: S, y: S → S`
    ///
    /// # Gradient
    /// `dz` goes to the larger element; where equal, to `x`. Keeps `x` and `y`.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2,)> = Tensor::from([1.0, 4.0]);
    /// let y: Tensor<(U2,)> = Tensor::from([3.0, 2.0]);
    /// assert_eq!(x.maximum(&y).to_vec(), [3.0, 4.0]);
    /// let nan: Tensor<(U2,)> = Tensor::from([f32::NAN; 2]);
    /// assert!(x.maximum(&nan).to_vec()[0].is_nan() && nan.maximum(&x).to_vec()[0].is_nan());
    /// ```
    pub fn maximum<R: Shape>(&self, other: &Tensor<R, B>) -> Self
    where
        S: SameShape<R>,
    {
        self.shape.check_same(&other.shape, "maximum");
        self.extremum(Extremum::Larger, other)
    }

    /// The smaller element of each pair: `z = min(x, y)`, NaN if either is.
    ///
    /// # Shapes
    /// `x: S, y: S → S`
    ///
    /// # Gradient
    /// `dz` goes to the smaller element; where equal, to `x`. Keeps `x` and `y`.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2,)> = Tensor::from([1.0, 4.0]);
    /// let y: Tensor<(U2,)> = Tensor::from([3.0, 2.0]);
    /// assert_eq!(x.minimum(&y).to_vec(), [1.0, 2.0]);
    /// let nan: Tensor<(U2,)> = Tensor::from([f32::NAN; 2]);
    /// assert!(x.minimum(&nan).to_vec()[0].is_nan() && nan.minimum(&x).to_vec()[0].is_nan());
    /// ```
    pub fn minimum<R: Shape>(&self, other: &Tensor<R, B>) -> Self
    where
        S: SameShape<R>,
    {
        self.shape.check_same(&other.shape, "minimum");
        self.extremum(Extremum::Smaller, other)
    }

    fn extremum<R: Shape>(&self, op: Extremum, other: &Tensor<R, B>) -> Self {
        Tensor { shape: self.shape, value: op.on([self.value.clone(), other.value.clone()]) }
    }
}

/// The operation of [`Tensor::maximum`] and [`Tensor::minimum`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extremum {
    /// Of each pair the larger element.
    Larger,
    /// Of each pair the smaller element.
    Smaller,
}

impl Op<2> for Extremum {
    const NAME: &'static str = "extremum";
    const READS: Reads<2> = Reads { args: [true, true], output: false };

    fn forward<E: Element>(&self, [x, y]: [Array<E>; 2]) -> Array<E> {
        match self {
            Extremum::Larger => pick(x, y, |x, y| if x >= y || x.is_nan() { x } else { y }),
            Extremum::Smaller => pick(x, y, |x, y| if x <= y || x.is_nan() { x } else { y }),
        }
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 2>) -> [Option<Value<B>>; 2] {
        let comparison = match self {
            Extremum::Larger => Comparison::GreaterOrEqual,
            Extremum::Smaller => Comparison::LessOrEqual,
        };
        let mask = comparison.on([&at.arg(0), &at.arg(1)]).into();
        let (select, zeros) = (Select { mask }, at.dy.full_like(0.0));
        [
            at.wrt(0, |at| select.clone().on([at.dy.clone(), zeros.clone()])),
            at.wrt(1, |at| select.clone().on([zeros.clone(), at.dy.clone()])),
        ]
    }
}

/// In place in whichever argument holds its only handle.
fn pick<E: Element>(mut x: Array<E>, y: Array<E>, pick: impl Fn(E, E) -> E + Copy + Sync + 'static) -> Array<E> {
    if x.is_unique() { x.zip(&y, pick) } else { y.zip(&x, move |y, x| pick(x, y)) }
}

impl Proof<2> for Extremum {
    const PROVES: &'static str = "extremum";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 2]) {
        let op = if draw.below(2) == 0 { Extremum::Larger } else { Extremum::Smaller };
        (op, [draw.any_dims(); 2])
    }

    fn domains(&self) -> [Domain; 2] {
        // No two of a pair are near each other, and either is the larger one.
        [Domain::Within(-0.4, 0.4), Domain::AwayFromZero { gap: 0.5, bound: 2.0 }]
    }

    fn run<B: Backend>(&self, args: [Value<B>; 2]) -> Value<B> {
        self.on(args)
    }

    fn oracle(&self, [x, y]: [&Naive; 2]) -> Naive {
        match self {
            Extremum::Larger => x.zip(y, f64::max),
            Extremum::Smaller => x.zip(y, f64::min),
        }
    }
}

register!(Extremum);
