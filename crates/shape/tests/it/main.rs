//! What shapes give, seen from outside.

mod literals;
mod relations;
