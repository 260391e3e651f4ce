//! `cargo xtask bench [FILTER]`: the criterion benches whose names contain the filter.

use std::ffi::OsString;

use crate::workspace::{Outcome, cargo, hand_over, root};

/// Builds and runs the benches; every argument goes to criterion as it is.
pub(crate) fn run(arguments: Vec<OsString>) -> Outcome {
    // Only the bench targets understand criterion's arguments, so the library is left out.
    let mut command = cargo(["bench", "--package", "tenon-benches", "--bench", "*"]);
    command.arg("--manifest-path").arg(root().join("Cargo.toml"));
    // People who separate criterion's arguments with `--` mean the same.
    command.arg("--").args(arguments.into_iter().filter(|argument| argument != "--"));
    hand_over(&mut command)
}
