//! `cargo xtask new KIND NAME`: the skeleton of a file, and the line that makes it known.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use crate::workspace::{Failure, Outcome, root};

/// A kind of thing of which there are many, each in a file of its own.
struct Kind {
    name: &'static str,
    folder: &'static str,
    /// The skeleton, of a thing called `example_name` or `example-name` whose type is `ExampleName`.
    template: &'static str,
    /// The file that makes the new one known.
    list: &'static str,
    /// The lines it takes, each among similar lines.
    lines: &'static [&'static str],
    order: Order,
}

/// Where among similar lines a new one goes.
#[derive(Clone, Copy)]
enum Order {
    ByName,
    /// After all others, where the first one means something.
    Last,
}

const KINDS: &[Kind] = &[
    Kind {
        name: "op",
        folder: "crates/tensor/src/ops",
        template: include_str!("../templates/op.rs"),
        list: "crates/tensor/src/ops/mod.rs",
        lines: &["example_name,"],
        order: Order::ByName,
    },
    Kind {
        name: "layer",
        folder: "crates/layers/src",
        template: include_str!("../templates/layer.rs"),
        list: "crates/layers/src/lib.rs",
        lines: &["example_name: ExampleName;"],
        order: Order::ByName,
    },
    Kind {
        name: "optimizer",
        folder: "crates/optim/src",
        template: include_str!("../templates/optimizer.rs"),
        list: "crates/optim/src/lib.rs",
        lines: &["example_name::ExampleName,"],
        order: Order::ByName,
    },
    Kind {
        name: "dataset",
        folder: "crates/datasets/src",
        template: include_str!("../templates/dataset.rs"),
        list: "crates/datasets/src/lib.rs",
        lines: &["mod example_name;", "pub use example_name::ExampleName;"],
        order: Order::ByName,
    },
    Kind {
        name: "recipe",
        folder: "crates/recipes/src/recipes",
        template: include_str!("../templates/recipe.rs"),
        list: "crates/recipes/src/recipes.rs",
        lines: &["example_name,"],
        order: Order::Last,
    },
];

/// Writes the file of one new thing and lists it.
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
fn changes(kind: &Kind, name: &str, root: &Path) -> Result<[(String, String); 2], String> {
    let path = format!("{}/{name}.rs", kind.folder);
    if root.join(&path).exists() {
        return Err(format!("{path} exists already"));
    }
    let mut list = fs::read_to_string(root.join(kind.list))
        .map_err(|error| format!("cannot read {}: {error}", kind.list))?;
    for line in kind.lines {
        list = insert(&list, line, name, kind.order)
            .ok_or_else(|| format!("{} has no lines like `{line}` to add one to", kind.list))?;
    }
    Ok([(path, fill_in(kind.template, name)), (kind.list.to_owned(), list)])
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
    template
        .replace("example_name", name)
        .replace("example-name", &name.replace('_', "-"))
        .replace("ExampleName", &type_name(name))
}

/// `hard_sigmoid` as `HardSigmoid`.
fn type_name(name: &str) -> String {
    let capitalized = |part: &str| part[..1].to_uppercase() + &part[1..];
    name.split('_').map(capitalized).collect()
}

/// `text` with one more line like `line`; `None` if there is no similar line.
fn insert(text: &str, line: &str, name: &str, order: Order) -> Option<String> {
    let (start, rest) = line.split_once("example_name")?;
    let separator = rest.split("ExampleName").next()?;
    let end = line.chars().next_back()?;
    let is_alike = |candidate: &str| {
        let name = candidate.trim().strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
        name.is_some_and(|name| {
            let n_letters = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
            n_letters > 0 && format!("{}{end}", &name[n_letters..]).starts_with(separator)
        })
    };
    let new_line = fill_in(line, name);

    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let last = lines.iter().rposition(|line| is_alike(line))?;
    let place = match order {
        Order::ByName => lines.iter().position(|line| is_alike(line) && line.trim() > new_line.as_str()),
        Order::Last => None,
    };
    let indentation = lines[last].len() - lines[last].trim_start().len();
    let new_line = format!("{}{new_line}", &lines[last][..indentation]);
    lines.insert(place.unwrap_or(last + 1), new_line);
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
        let with = |name| insert(text, "mod example_name;", name, Order::ByName).unwrap();
        assert_eq!(with("add"), "//! Ops.\n\nmod abs;\nmod add;\nmod exp;\n\nfn f() {}\n");
        assert_eq!(with("aaa"), "//! Ops.\n\nmod aaa;\nmod abs;\nmod exp;\n\nfn f() {}\n");
        let last = insert(text, "mod example_name;", "add", Order::Last).unwrap();
        assert_eq!(last, "//! Ops.\n\nmod abs;\nmod exp;\nmod add;\n\nfn f() {}\n");
        assert_eq!(with("tanh"), "//! Ops.\n\nmod abs;\nmod exp;\nmod tanh;\n\nfn f() {}\n");
        assert_eq!(insert("fn f() {}\n", "mod example_name;", "x", Order::ByName), None);
    }

    #[test]
    fn keeps_the_indentation_of_a_listing() {
        let text = "ops! {\n    abs,\n    exp,\n}\n";
        let expected = "ops! {\n    abs,\n    cos,\n    exp,\n}\n";
        assert_eq!(insert(text, "example_name,", "cos", Order::ByName).as_deref(), Some(expected));
    }

    #[test]
    fn sorts_exports() {
        let text = "mod b;\npub use a::{A, C};\npub use b::B;\npub use d as c;\n";
        let expected = "mod b;\npub use a::{A, C};\npub use aa::Aa;\npub use b::B;\npub use d as c;\n";
        let line = "pub use example_name::ExampleName;";
        assert_eq!(insert(text, line, "aa", Order::ByName).as_deref(), Some(expected));
    }

    #[test]
    fn tells_listings_from_other_lines() {
        let text = "f::g(a);\nmod z;\nlist! {\n    b: B, C;\n    d: D;\n}\n";
        let expected = "f::g(a);\nmod z;\nlist! {\n    a: A;\n    b: B, C;\n    d: D;\n}\n";
        let line = "example_name: ExampleName;";
        assert_eq!(insert(text, line, "a", Order::ByName).as_deref(), Some(expected));
    }

    #[test]
    fn every_kind_has_a_place_in_this_repository() {
        for kind in KINDS {
            let [(path, skeleton), (_, list)] = changes(kind, "zz_unused", &root()).unwrap();
            assert!(path.ends_with("/zz_unused.rs"));
            assert!(skeleton.contains("ZzUnused") || skeleton.contains("zz-unused"), "{path}");
            for placeholder in ["example_name", "example-name", "ExampleName"] {
                assert!(!skeleton.contains(placeholder), "{path}");
            }
            assert_eq!(list.matches("zz_unused").count(), kind.lines.len(), "{}", kind.list);
        }
    }

    #[test]
    fn never_overwrites() {
        let op = &KINDS[0];
        assert!(changes(op, "relu", &root()).unwrap_err().contains("exists already"));
    }
}
