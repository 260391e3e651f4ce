//! Typed tensors: what can be computed, and under which interpretation.
//!
//! A [`Tensor<S, B>`](Tensor) has a shape type `S` and a [`Backend`] `B`. Its methods are written
//! once, one file per operation in [`ops`]: they compute the shape of the result, then apply an
//! [`Op`] under the backend. [`Cpu`] runs it; [`Checked`] stops at the first NaN; `Autodiff`, in
//! the crate of that name, records how to differentiate it.
//!
//! Start with [`Tensor`], then [`Op`], then any file in [`ops`].

#![forbid(unsafe_code)]

mod array;
mod backend;
mod buffer;
mod checked;
mod construct;
mod cpu;
mod dims;
mod error;
mod ids;
mod indices;
mod mask;
mod op;
mod operators;
pub mod ops;
pub mod proof;
mod recurrent;
mod tensor;
mod value;

pub use array::Array;
pub use backend::{Backend, Untracked};
pub use buffer::{Element, with_poisoned_buffers};
pub use checked::Checked;
pub use cpu::Cpu;
pub use dims::{Dims, MAX_RANK, Strides};
pub use error::{IdsError, ShapeError};
pub use ids::Ids;
pub use indices::Indices;
pub use mask::Mask;
pub use op::{Fused, Kept, Op, Query, Reads, Vjp};
pub use ops::attention::Attention;
pub use ops::conv2d::Window;
pub use ops::cross_entropy::LabelWeights;
pub use tenon_kernels::Float;
pub use tenon_kernels::random::Stream;
pub use tenon_kernels::threads;
pub use tenon_shape as shape;
pub use tensor::Tensor;
pub use value::Value;

/// What a program with tensors needs in scope.
pub mod prelude {
    pub use crate::{Attention, Backend, Cpu, Ids, LabelWeights, Mask, Tensor, Window};
    pub use tenon_shape::typenum::consts::*;
    pub use tenon_shape::{Dim, Dyn, Order2, Order3, Order4, Shape, StaticDim, StaticShape, d, dim, shape};
}
