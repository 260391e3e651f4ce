//! Tensors from literals.

use tenon_shape::StaticShape;
use tenon_shape::typenum::{Const, ToUInt, U};

use crate::cpu::Cpu;
use crate::tensor::Tensor;

macro_rules! from_literal {
    ($($N:ident)+, $Literal:ty, |$numbers:ident| $flat:expr) => {
        /// Nested literals give their shape to the tensor.
        impl<$(const $N: usize),+> From<$Literal> for Tensor<($(U<$N>,)+), Cpu<f32>>
        where
            $(Const<$N>: ToUInt,)+
            ($(U<$N>,)+): StaticShape,
        {
            fn from($numbers: $Literal) -> Self {
                Tensor::from_vec(Default::default(), $flat.to_vec())
            }
        }
    };
}
from_literal!(A, [f32; A], |x| x);
from_literal!(A B, [[f32; B]; A], |x| x.as_flattened());
from_literal!(A B C, [[[f32; C]; B]; A], |x| x.as_flattened().as_flattened());
from_literal!(A B C D, [[[[f32; D]; C]; B]; A], |x| x.as_flattened().as_flattened().as_flattened());
