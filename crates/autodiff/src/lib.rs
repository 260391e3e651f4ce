//! Reverse-mode differentiation of tensor programs, to any order.
//!
//! [`Autodiff<B>`] is a backend that runs every operation on `B` and records how to differentiate
//! it. [`Track::track`] makes a tensor a variable, [`Backward::backward`] gives the [`Gradients`]
//! of a scalar. Nesting, `Autodiff<Autodiff<B>>`, gives derivatives of derivatives; the functions
//! of [`transform`] do it for you, under JAX's names.
//!
//! [`proof`] holds the harness that checks every operation against finite differences.

#![forbid(unsafe_code)]

mod autodiff;
mod gradients;
mod graph;
pub mod proof;
pub mod transform;

pub use autodiff::{Autodiff, Backward, Track};
pub use gradients::{Gradients, LeafId};
pub use tenon_tensor as tensor;
pub use transform::{grad, hessian_vector_product, jacobian, jvp, value_and_grad, vjp};

/// What a program that differentiates needs in scope.
pub mod prelude {
    pub use crate::{Autodiff, Backward, Gradients, Track};
    pub use tenon_tensor::prelude::*;
}
