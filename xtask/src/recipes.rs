//! The verbs that the recipes binary answers: built for speed, then given the words as they are.

use std::env::consts::EXE_SUFFIX;
use std::ffi::OsString;

use crate::workspace::{Outcome, cargo, hand_over, root, target_folder};

const PACKAGE: &str = "tenon-recipes";

/// `cargo run --release -p tenon-recipes -- VERB ARGUMENTS`.
pub(crate) fn run(verb: &str, arguments: Vec<OsString>) -> Outcome {
    let mut command = cargo(["run", "--release", "--package", PACKAGE]);
    command.arg("--manifest-path").arg(root().join("Cargo.toml"));
    // The first build takes a while and shows its progress; later ones leave the screen alone.
    let binary = format!("{PACKAGE}{EXE_SUFFIX}");
    if target_folder().join("release").join(binary).exists() {
        command.arg("--quiet");
    }
    command.args(["--", verb]).args(arguments);
    hand_over(&mut command)
}
