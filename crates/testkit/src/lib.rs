//! Tolerances, seeded data and slice comparisons for tests.
//!
//! A numerical test has three parts: data that is the same on every run ([`data`]), a bound on the
//! error that follows from the arithmetic ([`Tolerance`]), and a comparison that says where it
//! failed ([`assert_close`]).
//! This crate offers the three over plain slices, so that every other crate may use it for its
//! tests without depending on itself.
//!
//! ```
//! use tenon_testkit::{Tolerance, assert_close, data};
//!
//! let terms: Vec<f32> = data::normal(7, 1000, 0.0, 1.0);
//! let sum: f32 = terms.iter().sum();
//! let reference: f64 = terms.iter().map(|&term| f64::from(term)).sum();
//! let magnitude: f64 = terms.iter().map(|&term| f64::from(term).abs()).sum();
//! assert_close(&[sum], &[reference], Tolerance::sum::<f32>(terms.len(), magnitude));
//! ```

#![forbid(unsafe_code)]

mod close;
pub mod data;
mod real;
mod tolerance;

pub use close::{Mismatch, assert_close, worst_mismatch};
pub use real::Real;
pub use tolerance::Tolerance;
