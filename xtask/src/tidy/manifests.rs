//! Rules about manifests: what is said once in the root is not said again.

use super::Finding;
use super::tree::Tree;

const INHERITED: &[&str] = &["version", "edition", "rust-version", "license", "repository"];

/// A line of a manifest with the section it stands in.
pub(crate) struct Line<'a> {
    pub(crate) index: usize,
    pub(crate) section: &'a str,
    pub(crate) key: &'a str,
    pub(crate) value: &'a str,
}

/// The `key = value` lines of a manifest.
pub(crate) fn lines(manifest: &str) -> Vec<Line<'_>> {
    let mut section = "";
    let mut lines = Vec::new();
    for (index, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_matches(['[', ']']);
        } else if let Some((key, value)) = line.split_once('=')
            && !line.starts_with('#')
        {
            lines.push(Line { index, section, key: key.trim(), value: value.trim() });
        }
    }
    lines
}

/// The manifests of the members of the workspace, without packages that are workspaces of their own.
fn members(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    let is_workspace = |manifest: &str| manifest.lines().any(|line| line.trim() == "[workspace]");
    tree.ending_in("/Cargo.toml").filter(move |(_, manifest)| !is_workspace(manifest))
}

pub(crate) fn inherit_versions(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, manifest) in members(tree) {
        for Line { index, section, key, value } in lines(manifest) {
            if section == "package" && INHERITED.contains(&key) {
                let message = format!("write `{key}.workspace = true`");
                findings.push(Finding::in_line(path, index, message));
            }
            let is_inherited = key.ends_with(".workspace") || value.contains("workspace = true");
            if section.ends_with("dependencies") && !is_inherited {
                let message = format!(
                    "give `{key}` a version in the root's [workspace.dependencies] and write \
                     `{key}.workspace = true` here"
                );
                findings.push(Finding::in_line(path, index, message));
            }
        }
    }
    findings
}

pub(crate) fn inherit_lints(tree: &Tree) -> Vec<Finding> {
    members(tree)
        // The kernels alone may write `unsafe`, so they state their lints themselves.
        .filter(|(path, _)| *path != "crates/kernels/Cargo.toml")
        .filter(|(_, manifest)| {
            let inherits =
                |line: &Line<'_>| (line.section, line.key, line.value) == ("lints", "workspace", "true");
            !lines(manifest).iter().any(inherits)
        })
        .map(|(path, _)| Finding::in_file(path, "inherit the lints: `[lints] workspace = true`"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[package]\nname = \"a\"\nversion.workspace = true\n\
                        [lints]\nworkspace = true\n\
                        [dependencies]\nb.workspace = true\nc = { workspace = true }\n";

    fn findings(rule: super::super::Rule, manifest: &str) -> usize {
        rule(&Tree::of(&[("crates/a/Cargo.toml", manifest)])).len()
    }

    #[test]
    fn accepts_a_manifest_that_inherits() {
        assert_eq!(findings(inherit_versions, GOOD), 0);
        assert_eq!(findings(inherit_lints, GOOD), 0);
    }

    #[test]
    fn finds_versions_outside_the_root() {
        assert_eq!(findings(inherit_versions, "[package]\nversion = \"0.1.0\""), 1);
        assert_eq!(findings(inherit_versions, "[dev-dependencies]\nb = \"1\""), 1);
        let detailed = "[target.'cfg(unix)'.dependencies]\nb = { version = \"1\" }";
        assert_eq!(findings(inherit_versions, detailed), 1);
    }

    #[test]
    fn leaves_workspaces_of_their_own_alone() {
        let apart = "[workspace]\n[package]\nversion = \"0.1.0\"";
        assert_eq!(findings(inherit_versions, apart), 0);
        assert_eq!(findings(inherit_lints, apart), 0);
    }

    #[test]
    fn finds_lints_of_its_own() {
        assert_eq!(findings(inherit_lints, "[lints.rust]\nmissing_docs = \"allow\""), 1);
    }
}
