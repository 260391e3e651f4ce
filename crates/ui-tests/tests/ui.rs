//! What a user is told: every mistake has its message, and a twin without the mistake, which
//! `twins.rs` compiles.

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn mistakes_have_their_messages() {
    trybuild::TestCases::new().compile_fail("tests/ui/*/*/wrong.rs");
}

#[test]
fn twins_are_compiled() {
    let twins = include_str!("twins.rs");
    for case in cases() {
        let twin = case.join("right.rs");
        let twin = twin.strip_prefix(concat!(env!("CARGO_MANIFEST_DIR"), "/tests")).expect("a case");
        let declared = format!("#[path = \"{}\"]", twin.display());
        assert!(twins.contains(&declared), "declare it in twins.rs: {declared}");
    }
}

#[test]
fn a_mistake_is_one_line() {
    let cases = cases();
    assert!(cases.len() >= 15, "only {} cases were found", cases.len());
    for case in cases {
        let [wrong, right] = ["wrong.rs", "right.rs"].map(|name| code(&case.join(name)));
        assert_eq!(wrong.len(), right.len(), "{}: the twins differ in length", case.display());
        let n_differing = wrong.iter().zip(&right).filter(|(wrong, right)| wrong != right).count();
        assert_eq!(n_differing, 1, "{}: the twins differ in {n_differing} lines", case.display());
    }
}

/// Every message is ours: the compiler's own words for a trait that does not hold do not occur in
/// the first line.
#[test]
fn first_lines_are_in_words() {
    for case in cases() {
        let message = read(&case.join("wrong.stderr"));
        let first = message.lines().next().unwrap_or_default();
        assert!(first.starts_with("error[E0277]: "), "{}: {first}", case.display());
        assert!(!first.contains("trait bound"), "{}: {first}", case.display());
    }
}

/// The folders `tests/ui/<concept>/<mistake>`.
fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    folders(&root).iter().flat_map(|concept| folders(concept)).collect()
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()).collect()
}

/// The lines of a program without its comments, which may tell the twins apart in words.
fn code(path: &Path) -> Vec<String> {
    read(path).lines().filter(|line| !line.trim_start().starts_with("//")).map(str::to_owned).collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
