//! The verbs that another binary answers: built for speed, then given the words as they are.

use std::env::consts::EXE_EXTENSION;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::workspace::{Outcome, cargo, hand_over, root, target_folder};

/// A verb of the recipes: `train`, `predict`, `data`.
pub(crate) fn run(verb: &str, arguments: Vec<OsString>) -> Outcome {
    let arguments = std::iter::once(OsString::from(verb)).chain(arguments);
    hand_to(&["--package", "tenon-recipes"], "tenon-recipes".into(), arguments)
}

/// The comparison of texts.
pub(crate) fn embed(arguments: Vec<OsString>) -> Outcome {
    let which = ["--package", "tenon-recipes", "--bin", "tenon-embed", "--features", "embed"];
    hand_to(&which, "tenon-embed".into(), arguments)
}

/// The proof of every operation and layer.
pub(crate) fn gradcheck(arguments: Vec<OsString>) -> Outcome {
    let built = ["examples", "gradcheck"].iter().collect();
    hand_to(&["--package", "tenon-layers", "--example", "gradcheck"], built, arguments)
}

/// `cargo run --release WHICH -- ARGUMENTS`; `built` is where the program is in the folder of
/// release builds.
fn hand_to(which: &[&str], built: PathBuf, arguments: impl IntoIterator<Item = OsString>) -> Outcome {
    let mut command = cargo(["run", "--release"]);
    command.args(which).arg("--manifest-path").arg(root().join("Cargo.toml"));
    // The first build takes a while and shows its progress; later ones leave the screen alone.
    if target_folder().join("release").join(built).with_extension(EXE_EXTENSION).exists() {
        command.arg("--quiet");
    }
    command.arg("--").args(arguments);
    hand_over(&mut command)
}
