//! Rules about the files of which there are many: ops, layers, update rules, recipes.

use super::Finding;
use super::code::code_only;
use super::tree::Tree;

const OPS: &str = "crates/tensor/src/ops/";

/// Every op hands its samples and its oracle to the proof harness.
pub(crate) fn items_prove_themselves(tree: &Tree) -> Vec<Finding> {
    files_in(tree, OPS)
        .filter(|(_, text)| {
            let code = code_only(text);
            !code.contains("register!(") && !code.contains("fn proofs(")
        })
        .map(|(path, _)| {
            let message = "implement `Proof` for the op and name it in `register!`";
            Finding::in_file(path, message)
        })
        .collect()
}

/// An op tells its shapes, its derivative and an example.
pub(crate) fn ops_are_documented(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in files_in(tree, OPS) {
        let is_differentiable = text.contains("impl Op<") || text.contains("impl Fused<");
        let gradient = is_differentiable.then_some("# Gradient");
        for heading in ["# Shapes", "# Example"].into_iter().chain(gradient) {
            if !text.contains(&format!("/// {heading}\n")) {
                findings.push(Finding::in_file(path, format!("document its `{heading}`")));
            }
        }
    }
    findings
}

/// The modules directly in `folder`.
fn files_in<'a>(tree: &'a Tree, folder: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    tree.modules().filter(move |(path, _)| {
        path.strip_prefix(folder)
            .is_some_and(|name| !name.contains('/') && name != "mod.rs")
    })
}
