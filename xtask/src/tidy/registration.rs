//! Rules about the files of which there are many, such as operations.

use super::Finding;
use super::code::code_only;
use super::tree::Tree;

const OPS: &str = "crates/tensor/src/ops/";

/// Every operation hands its samples and its oracle to the proof harness.
///
/// The compiler sees to it that each file registers something; this rule, that nothing is left
/// out.
pub(crate) fn ops_are_registered(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in files_in(tree, OPS) {
        let code = code_only(text);
        let registered = between(&code, "register!(", ")").unwrap_or_default();
        let registered: Vec<&str> = registered.split(',').map(str::trim).collect();
        for name in operations(&code) {
            if !registered.contains(&name) {
                let message = format!("name `{name}` in `register!`, so that it is proved");
                findings.push(Finding::in_file(path, message));
            }
        }
    }
    findings
}

/// An operation tells its shapes, its derivative and an example.
pub(crate) fn ops_are_documented(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in files_in(tree, OPS) {
        let has_derivative = !operations(&code_only(text)).is_empty();
        let gradient = has_derivative.then_some("# Gradient");
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
        path.strip_prefix(folder).is_some_and(|name| !name.contains('/') && name != "mod.rs")
    })
}

/// The types for which `code` implements `Op` or `Fused`, the traits that have a derivative.
fn operations(code: &str) -> Vec<&str> {
    let name = |line| {
        let (implemented, rest) = str::split_once(line, " for ")?;
        let (_, of_trait) = implemented.strip_prefix("impl")?.rsplit_once(' ')?;
        let has_derivative = of_trait.starts_with("Op<") || of_trait.starts_with("Fused<");
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        has_derivative.then_some(&rest[..end])
    };
    code.lines().filter_map(name).collect()
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split_once(end).map(|(inside, _)| inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUM: &str = "/// # Shapes\n/// # Gradient\n/// # Example\n\
                       impl<const N: usize> Op<N> for Sum {}\n\
                       impl Fused<1> for Mean<f32> {}\n\
                       impl Query<1> for Largest {}\n\
                       register!(Sum, Mean);\n";

    fn tree(text: &str) -> Tree {
        Tree::of(&[("crates/tensor/src/ops/sum.rs", text)])
    }

    #[test]
    fn accepts_a_file_that_registers_and_documents_its_operations() {
        assert_eq!(operations(SUM), ["Sum", "Mean"]);
        assert_eq!(ops_are_registered(&tree(SUM)), []);
        assert_eq!(ops_are_documented(&tree(SUM)), []);
    }

    #[test]
    fn finds_operations_that_are_not_registered() {
        assert_eq!(ops_are_registered(&tree(&SUM.replace(", Mean", ""))).len(), 1);
        assert_eq!(ops_are_registered(&tree(&SUM.replace("register", "// register"))).len(), 2);
    }

    #[test]
    fn finds_headings_that_are_missing() {
        for heading in ["# Shapes", "# Gradient", "# Example"] {
            let text = SUM.replace(heading, "");
            assert_eq!(ops_are_documented(&tree(&text)).len(), 1, "{heading}");
        }
        let query = "/// # Shapes\n/// # Example\nimpl Query<1> for Largest {}\n";
        assert_eq!(ops_are_documented(&tree(query)), []);
    }
}
