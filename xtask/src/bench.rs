//! `cargo xtask bench [FILTER]`: the criterion benches whose names contain the filter; with `--peers`,
//! the comparison with other libraries.

use std::ffi::{OsStr, OsString};
use std::process::Command;

use crate::workspace::{Failure, Outcome, cargo, exit_code, hand_over, root, status, target_folder};

/// Builds and runs the benches, or the comparison, which takes every argument as it is.
pub(crate) fn run(arguments: Vec<OsString>) -> Outcome {
    if arguments.iter().any(|argument| names_peers(argument)) { compare(arguments) } else { time(arguments) }
}

fn names_peers(argument: &OsStr) -> bool {
    argument == "--peers" || argument.to_string_lossy().starts_with("--peers=")
}

/// Hands every argument to criterion.
fn time(arguments: Vec<OsString>) -> Outcome {
    // Only the bench targets understand criterion's arguments, so the library is left out.
    let mut command = cargo(["bench", "--package", "tenon-benches", "--bench", "*"]);
    command.arg("--manifest-path").arg(root().join("Cargo.toml"));
    // People who separate criterion's arguments with `--` mean the same.
    command.arg("--").args(arguments.into_iter().filter(|argument| argument != "--"));
    hand_over(&mut command)
}

/// Builds the driver and, beside it, Tenon's worker; both are of the release profile.
fn compare(arguments: Vec<OsString>) -> Outcome {
    let mut build =
        cargo(["build", "--release", "--package", "tenon-peers", "--package", "tenon-peers-worker"]);
    let built = status(build.arg("--manifest-path").arg(root().join("Cargo.toml")))?;
    if !built.success() {
        return Err(Failure::Reported(exit_code(built)));
    }
    let driver =
        target_folder().join("release").join("tenon-peers").with_extension(std::env::consts::EXE_EXTENSION);
    hand_over(Command::new(driver).arg("--root").arg(root()).args(arguments))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_asked_for_in_either_form() {
        assert!(names_peers(OsStr::new("--peers")) && names_peers(OsStr::new("--peers=torch,jax")));
        assert!(!names_peers(OsStr::new("gemm")));
    }
}
