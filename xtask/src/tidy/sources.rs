//! Rules about each source file by itself.

use super::Finding;
use super::code::code_only;
use super::tree::Tree;

/// A file that is longer holds more than one thing.
const MAX_LINES: usize = 400;

/// Names that say where a thing was left, not what it is.
const EMPTY_NAMES: &[&str] = &["utils", "util", "helpers", "misc", "common", "base", "types"];

/// Each word is in two parts, so that this file does not contain it.
const UNFINISHED: &[(&str, &str)] = &[
    ("TO", "DO"),
    ("FIX", "ME"),
    ("todo", "!("),
    ("unimplemented", "!("),
    ("dbg", "!("),
    ("#[ign", "ore"),
    // Left by `cargo xtask new` where something is to be written.
    ("FILL", " IN"),
];

pub(crate) fn start_with_a_summary(tree: &Tree) -> Vec<Finding> {
    tree.modules()
        // The name of such a file says it.
        .filter(|(path, _)| !path.ends_with("/tests.rs"))
        .filter(|(_, text)| !text.starts_with("//! ") && !text.starts_with("#!["))
        .map(|(path, _)| Finding::in_file(path, "say in a first line `//! …` what this file is"))
        .collect()
}

pub(crate) fn are_short(tree: &Tree) -> Vec<Finding> {
    tree.ending_in(".rs")
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, n_lines)| *n_lines > MAX_LINES)
        .map(|(path, n_lines)| {
            let message = format!("{n_lines} lines: split it into files of at most {MAX_LINES}");
            Finding::in_file(path, message)
        })
        .collect()
}

pub(crate) fn have_telling_names(tree: &Tree) -> Vec<Finding> {
    let is_empty_name = |part: &str| EMPTY_NAMES.contains(&part.trim_end_matches(".rs"));
    tree.ending_in(".rs")
        .filter(|(path, _)| path.split('/').any(is_empty_name))
        .map(|(path, _)| Finding::in_file(path, "name it after the thing it holds"))
        .collect()
}

pub(crate) fn are_finished(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let written = tree.all().filter(|(path, _)| !path.starts_with("xtask/templates/"));
    for (path, text) in written {
        for (line_idx, line) in text.lines().enumerate() {
            for (start, end) in UNFINISHED {
                let word = format!("{start}{end}");
                if line.contains(&word) {
                    let message = format!("finish what `{word}` was left for");
                    findings.push(Finding::in_line(path, line_idx, message));
                }
            }
        }
    }
    findings
}

/// The compiler denies `unsafe` by default; this rule keeps anyone from allowing it.
pub(crate) fn keep_unsafe_in_the_kernels(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.modules() {
        if path.starts_with("crates/kernels/") {
            continue;
        }
        for (line_idx, line) in code_only(text).lines().enumerate() {
            if line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "unsafe") {
                let message = "`unsafe` belongs into crates/kernels, behind a safe function";
                findings.push(Finding::in_line(path, line_idx, message));
            }
        }
    }
    findings
}

/// Such a test passes on any error, including a misspelt name.
pub(crate) fn have_no_compile_fail_doctests(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.all() {
        for (line_idx, line) in text.lines().enumerate() {
            let fence = line.trim_start().trim_start_matches("//").trim_start_matches(['/', '!']);
            let attributes = fence.trim_start().strip_prefix("```");
            if attributes.is_some_and(|list| list.contains("compile_fail")) {
                let message = "show the mistake as a case of crates/ui-tests, with its message";
                findings.push(Finding::in_line(path, line_idx, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `rule` says about one file, and that it is silent about another.
    fn assert_finds(rule: super::super::Rule, wrong: (&str, &str), right: (&str, &str)) {
        assert_eq!(rule(&Tree::of(&[wrong])).len(), 1, "{wrong:?}");
        assert_eq!(rule(&Tree::of(&[right])), [], "{right:?}");
    }

    #[test]
    fn every_module_starts_with_a_summary() {
        assert_finds(start_with_a_summary, ("a.rs", "use b;"), ("a.rs", "//! What it is.\n"));
    }

    #[test]
    fn files_are_short() {
        let long = "\n".repeat(MAX_LINES + 1);
        assert_finds(are_short, ("a.rs", &long), ("a.rs", &long[1..]));
    }

    #[test]
    fn names_say_what_a_file_holds() {
        let wrong = ("crates/a/src/utils.rs", "");
        assert_finds(have_telling_names, wrong, ("crates/a/src/path.rs", ""));
        assert_finds(have_telling_names, ("a/common/b.rs", ""), ("a/commonly/b.rs", ""));
    }

    #[test]
    fn nothing_is_left_to_do() {
        let wrong = UNFINISHED.iter().map(|(start, end)| format!("fn f() {{}}\n{start}{end}"));
        for text in wrong {
            assert_finds(are_finished, ("a.rs", &text), ("a.rs", "fn f() {}"));
        }
    }

    #[test]
    fn unsafe_code_lives_in_the_kernels() {
        let code = "fn f() { unsafe { g() } }";
        let rule = keep_unsafe_in_the_kernels;
        assert_finds(rule, ("crates/tensor/src/a.rs", code), ("crates/kernels/src/a.rs", code));
        assert_finds(rule, ("a.rs", code), ("a.rs", "// unsafe\n#![forbid(unsafe_code)]"));
    }

    #[test]
    fn mistakes_are_shown_as_ui_cases() {
        let fence = "```";
        let wrong = format!("/// {fence}compile_fail,E0308");
        let right = format!("/// {fence}\n/// no compile_fail here");
        assert_finds(have_no_compile_fail_doctests, ("a.rs", &wrong), ("a.rs", &right));
    }
}
