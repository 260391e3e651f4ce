//! Rules about the cases of `crates/ui-tests`: a mistake, its message, and its correction.

use super::Finding;
use super::tree::Tree;

/// A case proves something only if the corrected program compiles and the mistake is the one
/// line in which the two differ.
pub(crate) fn have_twins(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, wrong) in tree.ending_in("/wrong.rs") {
        let folder = path.trim_end_matches("wrong.rs");
        if tree.text(&format!("{folder}wrong.stderr")).is_none() {
            let message = "pin the message: TRYBUILD=overwrite cargo test -p tenon-ui-tests";
            findings.push(Finding::in_file(path, message));
        }
        match tree.text(&format!("{folder}right.rs")) {
            None => findings.push(Finding::in_file(path, "write its corrected twin, right.rs")),
            Some(right) => {
                let n_differing = differing_lines(wrong, right);
                if n_differing != 1 {
                    let message = format!("differs from right.rs in {n_differing} lines: let it be one");
                    findings.push(Finding::in_file(path, message));
                }
            }
        }
    }
    for (path, _) in tree.ending_in("/right.rs") {
        let wrong = path.replace("/right.rs", "/wrong.rs");
        if tree.text(&wrong).is_none() {
            findings.push(Finding::in_file(path, "write the mistake it corrects, wrong.rs"));
        }
    }
    findings
}

/// How many lines differ, not counting comments, which may tell the two programs apart in words.
fn differing_lines(left: &str, right: &str) -> usize {
    let code = |text: &str| -> Vec<String> {
        let is_code = |line: &&str| !line.trim_start().starts_with("//");
        text.lines().filter(is_code).map(str::to_owned).collect()
    };
    let (left, right) = (code(left), code(right));
    let n_changed = left.iter().zip(&right).filter(|(a, b)| a != b).count();
    n_changed + left.len().abs_diff(right.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRONG: (&str, &str) = ("ui/m/wrong.rs", "//! Wrong.\nfn main() {\n  f(1);\n}\n");
    const RIGHT: (&str, &str) = ("ui/m/right.rs", "//! Right.\nfn main() {\n  f(2);\n}\n");
    const MESSAGE: (&str, &str) = ("ui/m/wrong.stderr", "error: 1 is not 2");

    #[test]
    fn accepts_a_whole_case() {
        assert_eq!(have_twins(&Tree::of(&[WRONG, RIGHT, MESSAGE])), []);
    }

    #[test]
    fn misses_each_absent_part() {
        for part in [[WRONG, RIGHT], [WRONG, MESSAGE], [RIGHT, MESSAGE]] {
            assert_eq!(have_twins(&Tree::of(&part)).len(), 1, "{part:?}");
        }
    }

    #[test]
    fn asks_for_one_difference() {
        for other in [WRONG.1, "fn main() {\n  g();\n  f(1);\n}\n", "fn g() {\n  f(2);\n}"] {
            let tree = Tree::of(&[WRONG, ("ui/m/right.rs", other), MESSAGE]);
            assert_eq!(have_twins(&tree).len(), 1, "{other}");
        }
    }
}
