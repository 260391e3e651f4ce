//! The binary as its users meet it: what it writes, what it says, what it refuses.

mod bad_input;
mod binary;
#[cfg(unix)]
mod data;
mod embed;
mod predict;
mod reproducible;
mod text;
mod train;
