//! What shapes give, seen from outside.

mod architectures;
mod literals;
mod properties;
mod relations;
