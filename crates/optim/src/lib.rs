//! How parameters move: update rules and learning-rate schedules.
//!
//! A [`Rule`] is the arithmetic of one step on slices, a file each. An [`Optimizer`] keeps what a
//! rule remembers of each parameter and applies it in place; it knows neither layers nor graphs,
//! only arrays and their gradients. A [`Schedule`](schedule::Schedule) says how long the steps are.
//!
//! ```
//! use tenon_autodiff::prelude::*;
//! use tenon_optim::{Optimizer, Sgd};
//!
//! // The minimum of (x − 3)².
//! let mut x: Tensor<(U1,)> = Tensor::zeros();
//! let mut optimizer = Optimizer::new(Sgd { momentum: 0.5, ..Sgd::default() });
//! for _ in 0..50 {
//!     let variable = x.track();
//!     let gradients = (&variable - 3.0).square().sum_all().backward();
//!     let gradient = gradients.get(&variable).unwrap();
//!     drop(variable); // So that `x` is the only handle to its numbers.
//!     optimizer.step(0.1).update("x", x.array_mut(), Some(gradient.array()));
//! }
//! assert!((x.to_vec()[0] - 3.0).abs() < 1e-4);
//! ```

#![forbid(unsafe_code)]

mod clip;
#[cfg(test)]
mod contract;
mod group;
mod optimizer;
mod rule;
pub mod schedule;

pub use clip::ClipNorm;
pub use group::is_vector;
pub use optimizer::{Optimizer, OptimizerState, ParameterState, StateError, Step};
pub use rule::{Rule, Update};
pub use tenon_kernels::optim::{Decay, Direction};

/// Declares the files of rules and has each prove that it keeps the contract of all rules.
macro_rules! rules {
    ($($file:ident::$Rule:ident,)+) => {
        $(
            mod $file;
            pub use $file::$Rule;
        )+

        #[cfg(test)]
        mod contracts {
            $(mod $file {
                crate::contract::tests!(crate::$Rule);
            })+
        }
    };
}
rules! {
    adam::Adam,
    adam_w::AdamW,
    sgd::Sgd,
}
