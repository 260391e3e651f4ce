//! Untyped handles: what derivative rules are written with.

use std::fmt;
use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::array::Array;
use crate::backend::Backend;
use crate::dims::Dims;
use crate::op::Op;
use crate::ops::{add, div, expand, mul, neg, permute, reshape, scale, sub, sum_to};

/// An array under an interpretation, with its shape known at run time only.
///
/// A [`Tensor`](crate::Tensor) is a value with a shape type around it. Derivative rules are
/// written with values: operators take equal dims and work in place where they hold the only
/// handle.
pub struct Value<B: Backend>(pub(crate) B::Array);

impl<B: Backend> Value<B> {
    /// A value that nothing is asked of.
    pub fn constant(array: Array<B::Elem>) -> Self {
        Value(B::constant(array))
    }

    /// Wraps a backend's own handle; for implementing backends.
    pub fn from_handle(handle: B::Array) -> Self {
        Value(handle)
    }

    /// The backend's own handle; for implementing backends.
    pub fn handle(&self) -> &B::Array {
        &self.0
    }

    /// The backend's own handle; for implementing backends.
    pub fn into_handle(self) -> B::Array {
        self.0
    }

    /// The numbers, with everything else forgotten.
    pub fn array(&self) -> &Array<B::Elem> {
        B::array(&self.0)
    }

    /// The sizes of the axes.
    pub fn dims(&self) -> Dims {
        B::dims(&self.0)
    }

    /// Every element times `factor`.
    pub fn scaled(self, factor: f64) -> Self {
        scale::Scale { factor }.on([self])
    }

    /// The same elements under other dims.
    pub fn reshaped(self, dims: Dims) -> Self {
        if self.dims() == dims {
            return self;
        }
        reshape::Reshape { dims }.on([self])
    }

    /// Repeated to `dims` by numpy's rules.
    pub fn expanded(self, dims: Dims) -> Self {
        if self.dims() == dims {
            return self;
        }
        expand::Expand { dims }.on([self])
    }

    /// Summed over the axes that [`expanded`](Value::expanded) would repeat.
    pub fn summed_to(self, dims: Dims) -> Self {
        if self.dims() == dims {
            return self;
        }
        sum_to::SumTo { dims }.on([self])
    }

    /// The last two axes exchanged.
    pub fn transposed(self) -> Self {
        let rank = self.dims().len();
        self.swapped(rank - 2, rank - 1)
    }

    /// Axes `i` and `j` exchanged.
    pub fn swapped(self, i: usize, j: usize) -> Self {
        permute::Permute::swap(self.dims().len(), i, j).on([self])
    }

    /// A constant of the same dims, filled with `number`.
    pub fn full_like(&self, number: f64) -> Self {
        let number = tenon_kernels::Float::from_f64(number);
        Value::constant(Array::full(self.dims(), number))
    }
}

impl<B: Backend> Clone for Value<B> {
    fn clone(&self) -> Self {
        Value(self.0.clone())
    }
}

impl<B: Backend> fmt::Debug for Value<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! operator {
    ($Operator:ident, $method:ident, $op:expr) => {
        impl<B: Backend> $Operator for Value<B> {
            type Output = Value<B>;
            fn $method(self, other: Value<B>) -> Value<B> {
                $op.on([self, other])
            }
        }
    };
}
operator!(Add, add, add::Add);
operator!(Sub, sub, sub::Sub);
operator!(Mul, mul, mul::Mul);
operator!(Div, div, div::Div);

impl<B: Backend> Neg for Value<B> {
    type Output = Value<B>;
    fn neg(self) -> Value<B> {
        neg::Neg.on([self])
    }
}
