//! `+ - * /` between tensors of equal shapes, and with numbers.

use std::ops::{Add, Div, Mul, Neg, Sub};

use tenon_shape::{SameShape, Shape};

use crate::backend::Backend;
use crate::op::Op;
use crate::ops::{add, div, mul, neg, scale, shift, sub};
use crate::tensor::Tensor;

/// Operators on owned tensors may reuse their buffers; on references they do not.
macro_rules! operator {
    ($Operator:ident, $method:ident, $op:expr) => {
        impl<S: Shape, R: Shape, B: Backend> $Operator<Tensor<R, B>> for Tensor<S, B>
        where
            S: SameShape<R>,
        {
            type Output = Tensor<S, B>;
            fn $method(self, other: Tensor<R, B>) -> Tensor<S, B> {
                self.shape.check_same(&other.shape, stringify!($method));
                Tensor { shape: self.shape, value: $op.on([self.value, other.value]) }
            }
        }

        impl<S: Shape, R: Shape, B: Backend> $Operator<&Tensor<R, B>> for Tensor<S, B>
        where
            S: SameShape<R>,
        {
            type Output = Tensor<S, B>;
            fn $method(self, other: &Tensor<R, B>) -> Tensor<S, B> {
                $Operator::$method(self, other.clone())
            }
        }

        impl<S: Shape, R: Shape, B: Backend> $Operator<Tensor<R, B>> for &Tensor<S, B>
        where
            S: SameShape<R>,
        {
            type Output = Tensor<S, B>;
            fn $method(self, other: Tensor<R, B>) -> Tensor<S, B> {
                $Operator::$method(self.clone(), other)
            }
        }

        impl<S: Shape, R: Shape, B: Backend> $Operator<&Tensor<R, B>> for &Tensor<S, B>
        where
            S: SameShape<R>,
        {
            type Output = Tensor<S, B>;
            fn $method(self, other: &Tensor<R, B>) -> Tensor<S, B> {
                $Operator::$method(self.clone(), other.clone())
            }
        }
    };
}
operator!(Add, add, add::Add);
operator!(Sub, sub, sub::Sub);
operator!(Mul, mul, mul::Mul);
operator!(Div, div, div::Div);

macro_rules! operator_with_number {
    ($Operator:ident, $method:ident, |$number:ident| $op:expr) => {
        impl<S: Shape, B: Backend> $Operator<f64> for Tensor<S, B> {
            type Output = Tensor<S, B>;
            fn $method(self, $number: f64) -> Tensor<S, B> {
                Tensor { shape: self.shape, value: $op.on([self.value]) }
            }
        }

        impl<S: Shape, B: Backend> $Operator<f64> for &Tensor<S, B> {
            type Output = Tensor<S, B>;
            fn $method(self, number: f64) -> Tensor<S, B> {
                $Operator::$method(self.clone(), number)
            }
        }
    };
}
operator_with_number!(Add, add, |number| shift::Shift { offset: number });
operator_with_number!(Sub, sub, |number| shift::Shift { offset: -number });
operator_with_number!(Mul, mul, |number| scale::Scale { factor: number });
operator_with_number!(Div, div, |number| scale::Scale { factor: 1.0 / number });

impl<S: Shape, B: Backend> Neg for Tensor<S, B> {
    type Output = Tensor<S, B>;
    fn neg(self) -> Tensor<S, B> {
        Tensor { shape: self.shape, value: neg::Neg.on([self.value]) }
    }
}

impl<S: Shape, B: Backend> Neg for &Tensor<S, B> {
    type Output = Tensor<S, B>;
    fn neg(self) -> Tensor<S, B> {
        Neg::neg(self.clone())
    }
}
