//! The same seed gives the same bits.

use std::fs;

use crate::binary::Folder;

/// The weights after two short epochs with this many threads.
fn weights(folder: &Folder, recipe: &str, threads: &str, out: &str) -> Vec<u8> {
    let arguments = ["--data", "data", "--epochs", "2", "--threads", threads, "--out", out];
    folder.lines(&[&["train", recipe, "--seed", "7"][..], &arguments].concat());
    fs::read(folder.join(&format!("{out}/{recipe}-1/model.safetensors"))).unwrap()
}

#[test]
fn the_bits_of_every_weight_follow_from_the_seed() {
    let folder = Folder::new("reproducible").with_mnist(400, 50);
    for recipe in ["lenet5-mnist", "mlp-mnist"] {
        let one = weights(&folder, recipe, "1", "one");
        assert_eq!(one, weights(&folder, recipe, "1", "again"), "{recipe}, run twice");
        assert_eq!(one, weights(&folder, recipe, "2", "two"), "{recipe}, with two threads");
    }
}
