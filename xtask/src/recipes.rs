//! The verbs that another binary answers: built for speed, then given the words as they are.

use std::env::consts::EXE_SUFFIX;
use std::ffi::{OsStr, OsString};

use crate::workspace::{Outcome, cargo, hand_over, root, target_folder};

/// A verb of the recipes: `train`, `predict`, `data`.
pub(crate) fn run(verb: &str, arguments: Vec<OsString>) -> Outcome {
    hand_to("tenon-recipes", std::iter::once(OsString::from(verb)).chain(arguments))
}

/// The proof of every operation and layer.
pub(crate) fn gradcheck(arguments: Vec<OsString>) -> Outcome {
    hand_to("tenon-gradcheck", arguments)
}

/// `cargo run --release --bin BINARY -- ARGUMENTS`.
fn hand_to(binary: &str, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Outcome {
    let mut command = cargo(["run", "--release", "--package", "tenon-recipes", "--bin", binary]);
    command.arg("--manifest-path").arg(root().join("Cargo.toml"));
    // The first build takes a while and shows its progress; later ones leave the screen alone.
    if target_folder().join("release").join(format!("{binary}{EXE_SUFFIX}")).exists() {
        command.arg("--quiet");
    }
    command.arg("--").args(arguments);
    hand_over(&mut command)
}
