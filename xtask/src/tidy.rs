//! The rules of this repository that no compiler checks, each a function over its files.

mod code;
mod documents;
mod manifests;
mod registration;
mod sources;
mod tree;

use std::fmt;

use crate::workspace::{Failure, root};
use tree::Tree;

/// One breach of a rule, worded so that it says what to do.
#[derive(Debug, PartialEq)]
struct Finding {
    path: String,
    line: Option<usize>,
    message: String,
}

impl Finding {
    fn in_file(path: &str, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line: None, message: message.into() }
    }

    /// A breach in the line with the index `line_idx`.
    fn in_line(path: &str, line_idx: usize, message: impl Into<String>) -> Self {
        Self { line: Some(line_idx + 1), ..Self::in_file(path, message) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.path, self.message),
            None => write!(f, "{}: {}", self.path, self.message),
        }
    }
}

type Rule = fn(&Tree) -> Vec<Finding>;

const RULES: &[Rule] = &[
    sources::start_with_a_summary,
    sources::are_short,
    sources::have_telling_names,
    sources::are_finished,
    sources::keep_unsafe_in_the_kernels,
    sources::have_no_compile_fail_doctests,
    manifests::inherit_versions,
    manifests::inherit_lints,
    registration::ops_are_registered,
    registration::ops_are_documented,
    documents::code_map_lists_every_crate,
    documents::arrows_point_down,
    documents::links_lead_somewhere,
    documents::verbs_exist,
];

/// Checks every rule, prints what breaks one, and says whether nothing does.
pub(crate) fn passes() -> Result<bool, Failure> {
    let tree =
        Tree::read(&root()).map_err(|error| Failure::Task(format!("cannot read the repository: {error}")))?;
    let findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(&tree)).collect();
    for finding in &findings {
        println!("{finding}");
    }
    Ok(findings.is_empty())
}
