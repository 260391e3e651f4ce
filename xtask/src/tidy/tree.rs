//! The text files of the repository.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// The folders that hold what is made, not what is written.
const GENERATED: &[&str] = &["target", "runs", "artifacts", "corpus"];

const TEXT: &[&str] = &["rs", "toml", "md"];

/// Files by their path from the root, with `/` between folders.
#[derive(Default)]
pub(crate) struct Tree {
    files: BTreeMap<String, String>,
    /// Every path, of text files and others, of files and folders.
    paths: Vec<String>,
}

impl Tree {
    pub(crate) fn read(root: &Path) -> io::Result<Self> {
        let mut tree = Self::default();
        tree.read_folder(root, "")?;
        Ok(tree)
    }

    fn read_folder(&mut self, folder: &Path, prefix: &str) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{prefix}{name}");
            if entry.file_type()?.is_dir() {
                if name != ".git" && !GENERATED.contains(&name.as_str()) {
                    self.read_folder(&entry.path(), &format!("{path}/"))?;
                }
            } else if name.rsplit_once('.').is_some_and(|(_, end)| TEXT.contains(&end)) {
                self.files.insert(path.clone(), fs::read_to_string(entry.path())?);
            }
            self.paths.push(path);
        }
        Ok(())
    }

    /// The text files whose paths end in `end`.
    pub(crate) fn ending_in(&self, end: &str) -> impl Iterator<Item = (&str, &str)> {
        self.all().filter(move |(path, _)| path.ends_with(end))
    }

    /// The Rust files that are compiled as modules of this workspace: not the cases of mistakes
    /// shown to users, and not the skeletons of files to come.
    pub(crate) fn modules(&self) -> impl Iterator<Item = (&str, &str)> {
        self.ending_in(".rs").filter(|(path, _)| {
            !path.starts_with("crates/ui-tests/tests/ui/") && !path.starts_with("xtask/templates/")
        })
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Whether there is a file or folder at `path`, which may end in `/`.
    pub(crate) fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        path.is_empty() || self.paths.iter().any(|known| known == path)
    }

    /// The names of the folders in `crates`.
    pub(crate) fn crates(&self) -> Vec<&str> {
        self.ending_in("/Cargo.toml")
            .filter_map(|(path, _)| path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml"))
            .collect()
    }

    /// A tree of the given files, for the tests of rules.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let own = |(path, text): &(&str, &str)| (path.to_string(), text.to_string());
        let files: BTreeMap<_, _> = files.iter().map(own).collect();
        let mut paths: Vec<String> = files.keys().cloned().collect();
        for path in files.keys() {
            let folders = path.match_indices('/').map(|(end, _)| path[..end].to_owned());
            paths.extend(folders);
        }
        Self { files, paths }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_files_folders_and_crates() {
        let tree = Tree::of(&[("crates/shape/Cargo.toml", ""), ("README.md", "")]);
        assert!(tree.has("crates/shape/") && tree.has("crates") && tree.has("README.md"));
        assert!(!tree.has("crates/tensor"));
        assert_eq!(tree.crates(), ["shape"]);
    }

    #[test]
    fn leaves_cases_and_templates_out_of_the_modules() {
        let tree = Tree::of(&[
            ("crates/ui-tests/src/lib.rs", ""),
            ("crates/ui-tests/tests/ui/matmul/inner_dims/wrong.rs", ""),
            ("xtask/templates/op.rs", ""),
        ]);
        let modules: Vec<_> = tree.modules().map(|(path, _)| path).collect();
        assert_eq!(modules, ["crates/ui-tests/src/lib.rs"]);
    }
}
