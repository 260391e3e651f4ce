//! The binaries as their users meet them: what they write, what they say, what they refuse.

mod bad_input;
mod binary;
#[cfg(unix)]
mod data;
#[cfg(feature = "embed")]
mod embed;
mod predict;
mod reproducible;
mod text;
mod train;
