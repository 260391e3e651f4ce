//! Numerical kernels: slices and sizes in, slices out.
//!
//! Nothing here knows what a typed shape, a derivative or a layer is. A kernel is generic over the
//! element ([`Float`]: `f32` or `f64`) and over nothing else, so a model of any shape reuses the
//! same machine code.
//!
//! Three promises hold for every kernel of this crate:
//! - **It overwrites its output.** Whatever an output slice held before the call is never read,
//!   unless the documentation of that argument says that it accumulates.
//! - **Its bits do not depend on the number of threads.** Each task writes what no other does, and
//!   every sum has a fixed order (see [`threads`]).
//! - **It runs the widest instructions the machine has**, chosen at run time (see [`simd`]), and
//!   the paths for all of them are tested against the scalar oracle in [`naive`].
//!
//! Wrong lengths are a caller's bug and panic with the lengths in the message.

pub mod attention;
pub mod batch_norm;
mod compiled;
pub mod conv2d;
pub mod elementwise;
pub mod float;
pub mod fuzz;
pub mod gemm;
pub mod index;
pub mod kept;
pub mod layout;
pub mod limits;
mod math;
pub mod naive;
pub mod optim;
pub mod pool2d;
pub mod power;
pub mod random;
pub mod recurrent;
pub mod reduce;
pub mod rotary;
pub mod row_norm;
pub mod running_sum;
mod scratch;
pub mod simd;
pub mod soft_step;
pub mod softmax;
pub mod threads;
pub mod top_k;
pub mod vector;

pub use float::Float;
pub use layout::View;
