//! `cargo xtask new KIND NAME`: the skeleton of a file, and the line that makes it known.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use crate::workspace::{Failure, Outcome, root};

/// A kind of thing of which there are many, each in a file of its own.
struct Kind {
    name: &'static str,
    folder: &'static str,
    /// The skeleton, of a thing called `example_name` whose type is `ExampleName`.
    template: &'static str,
    /// The lines to add, each in a file whose similar lines are sorted.
    listings: &'static [Listing],
}

/// A line that makes a file known, among similar lines.
struct Listing {
    file: &'static str,
    line: &'static str,
}

const KINDS: &[Kind] = &[Kind {
    name: "op",
    folder: "crates/tensor/src/ops",
    template: include_str!("../templates/op.rs"),
    listings: &[Listing { file: "crates/tensor/src/ops/mod.rs", line: "example_name," }],
}];

/// Writes the files of one new thing, or none of them.
pub(crate) fn run(arguments: Vec<OsString>) -> Outcome {
    let words: Vec<String> = arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let [kind, name] = words.as_slice() else {
        return Err(Failure::Usage(format!("`new` takes a kind ({}) and a name", kind_names())));
    };
    let kind = KINDS
        .iter()
        .find(|known| known.name == kind)
        .ok_or_else(|| Failure::Usage(format!("cannot make a new `{kind}`")))?;
    check_name(name).map_err(Failure::Usage)?;

    for (path, text) in changes(kind, name, &root()).map_err(Failure::Task)? {
        fs::write(root().join(&path), text)
            .map_err(|error| Failure::Task(format!("cannot write {path}: {error}")))?;
        println!("wrote {path}");
    }
    println!("fill it in, then run: cargo xtask test");
    Ok(())
}

fn kind_names() -> String {
    KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>().join(", ")
}

/// The paths and new texts of all files that change.
fn changes(kind: &Kind, name: &str, root: &Path) -> Result<Vec<(String, String)>, String> {
    let path = format!("{}/{name}.rs", kind.folder);
    if root.join(&path).exists() {
        return Err(format!("{path} exists already"));
    }
    let mut changes = vec![(path, fill_in(kind.template, name))];
    for Listing { file, line } in kind.listings {
        let text =
            fs::read_to_string(root.join(file)).map_err(|error| format!("cannot read {file}: {error}"))?;
        let text = insert_sorted(&text, line, name)
            .ok_or_else(|| format!("{file} has no lines like `{line}` to add one to"))?;
        changes.push((file.to_string(), text));
    }
    Ok(changes)
}

fn check_name(name: &str) -> Result<(), String> {
    let is_word = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    if name.split('_').all(is_word) {
        Ok(())
    } else {
        Err(format!("`{name}` is not a file name: write words of small letters, `like_this`"))
    }
}

fn fill_in(template: &str, name: &str) -> String {
    template.replace("example_name", name).replace("ExampleName", &type_name(name))
}

/// `hard_sigmoid` as `HardSigmoid`.
fn type_name(name: &str) -> String {
    let capitalized = |part: &str| part[..1].to_uppercase() + &part[1..];
    name.split('_').map(capitalized).collect()
}

/// `text` with one more line like `line`, before the first of its kind that sorts after it.
fn insert_sorted(text: &str, line: &str, name: &str) -> Option<String> {
    let start = &line[..line.find("example_name")?];
    let end = line.chars().next_back()?;
    // What stands between `mod ` and `;`, or between `pub use ` and `;`.
    let is_name = |c: char| c.is_alphanumeric() || "_:".contains(c);
    let is_alike = |candidate: &str| {
        let rest = candidate.trim().strip_prefix(start);
        rest.and_then(|rest| rest.strip_suffix(end)).is_some_and(|middle| middle.chars().all(is_name))
    };
    let new_line = fill_in(line, name);

    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let last = lines.iter().rposition(|line| is_alike(line))?;
    let first_greater = lines.iter().position(|line| is_alike(line) && line.trim() > new_line.as_str());
    let indentation = lines[last].len() - lines[last].trim_start().len();
    let new_line = format!("{}{new_line}", &lines[last][..indentation]);
    lines.insert(first_greater.unwrap_or(last + 1), new_line);
    Some(lines.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_of_small_letters() {
        for name in ["gelu", "max_pool2d", "a"] {
            assert_eq!(check_name(name), Ok(()));
        }
        for name in ["", "Gelu", "max-pool", "2d", "max__pool", "_x", "../x", "é"] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn fills_in_both_spellings_of_the_name() {
        let filled = fill_in("mod example_name; struct ExampleName;", "max_pool2d");
        assert_eq!(filled, "mod max_pool2d; struct MaxPool2d;");
    }

    #[test]
    fn keeps_listings_sorted() {
        let text = "//! Ops.\n\nmod abs;\nmod exp;\n\nfn f() {}\n";
        let with = |name| insert_sorted(text, "mod example_name;", name).unwrap();
        assert_eq!(with("add"), "//! Ops.\n\nmod abs;\nmod add;\nmod exp;\n\nfn f() {}\n");
        assert_eq!(with("aaa"), "//! Ops.\n\nmod aaa;\nmod abs;\nmod exp;\n\nfn f() {}\n");
        assert_eq!(with("tanh"), "//! Ops.\n\nmod abs;\nmod exp;\nmod tanh;\n\nfn f() {}\n");
        assert_eq!(insert_sorted("fn f() {}\n", "mod example_name;", "x"), None);
    }

    #[test]
    fn keeps_the_indentation_of_a_listing() {
        let text = "ops! {\n    abs,\n    exp,\n}\n";
        let expected = "ops! {\n    abs,\n    cos,\n    exp,\n}\n";
        assert_eq!(insert_sorted(text, "example_name,", "cos").as_deref(), Some(expected));
    }

    #[test]
    fn sorts_exports() {
        let text = "mod b;\npub use a::{A, C};\npub use b::B;\n";
        let expected = "mod b;\npub use a::{A, C};\npub use aa::Aa;\npub use b::B;\n";
        let line = "pub use example_name::ExampleName;";
        assert_eq!(insert_sorted(text, line, "aa").as_deref(), Some(expected));
    }

    #[test]
    fn every_kind_has_a_place_in_this_repository() {
        for kind in KINDS {
            let changes = changes(kind, "zz_unused_name", &root()).unwrap();
            assert_eq!(changes.len(), 1 + kind.listings.len());
            for (path, text) in changes {
                assert!(text.contains("zz_unused_name"), "{path}");
            }
        }
    }
}
