//! Rules about prose: what it says about the repository is true.

use std::collections::BTreeSet;

use super::Finding;
use super::manifests::lines;
use super::tree::Tree;

const ARCHITECTURE: &str = "ARCHITECTURE.md";

/// A row of the code map: the table in ARCHITECTURE.md whose header is
/// `| crate | … | depends on |`, with names in backticks.
struct Row<'a> {
    line_idx: usize,
    name: &'a str,
    dependencies: BTreeSet<&'a str>,
}

fn code_map(tree: &Tree) -> Vec<Row<'_>> {
    let text = tree.text(ARCHITECTURE).unwrap_or_default();
    let is_header = |line: &str| {
        let cells = cells(line);
        cells.first() == Some(&"crate") && cells.last() == Some(&"depends on")
    };
    text.lines()
        .enumerate()
        .skip_while(|(_, line)| !is_header(line))
        // The header and the rule under it.
        .skip(2)
        .take_while(|(_, line)| line.starts_with('|'))
        .map(|(line_idx, line)| {
            let cells = cells(line);
            Row {
                line_idx,
                name: cells.first().map_or("", |cell| cell.trim_matches('`')),
                dependencies: cells.last().map(|cell| code_spans(cell)).unwrap_or_default(),
            }
        })
        .collect()
}

fn cells(row: &str) -> Vec<&str> {
    row.trim_matches('|').split('|').map(str::trim).collect()
}

/// The words between backticks.
fn code_spans(text: &str) -> BTreeSet<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

pub(crate) fn code_map_lists_every_crate(tree: &Tree) -> Vec<Finding> {
    let crates = BTreeSet::from_iter(tree.crates());
    let listed: BTreeSet<&str> = code_map(tree).iter().map(|row| row.name).collect();
    let missing = crates
        .difference(&listed)
        .map(|name| format!("the code map (`| crate | … | depends on |`) has no row for `{name}`"));
    let gone = listed
        .difference(&crates)
        .map(|name| format!("the code map has a row for `{name}`, but there is no such folder in crates"));
    missing.chain(gone).map(|message| Finding::in_file(ARCHITECTURE, message)).collect()
}

pub(crate) fn arrows_point_down(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut above = BTreeSet::new();
    for Row { line_idx, name, dependencies } in code_map(tree) {
        let manifest = tree.text(&format!("crates/{name}/Cargo.toml")).unwrap_or_default();
        let actual = workspace_dependencies(manifest);
        let mut find = |message| findings.push(Finding::in_line(ARCHITECTURE, line_idx, message));
        for dependency in actual.difference(&dependencies) {
            find(format!("`{name}` depends on `{dependency}`, which this row does not allow"));
        }
        for dependency in dependencies.difference(&actual) {
            find(format!("`{name}` does not depend on `{dependency}`"));
        }
        for dependency in dependencies.difference(&above) {
            find(format!("`{dependency}` must stand above `{name}`, which depends on it"));
        }
        above.insert(name);
    }
    findings
}

/// The crates of this workspace that a manifest depends on, not counting those for tests.
fn workspace_dependencies(manifest: &str) -> BTreeSet<&str> {
    lines(manifest)
        .iter()
        .filter(|line| line.section == "dependencies")
        .filter_map(|line| line.key.strip_prefix("tenon-"))
        .map(|key| key.trim_end_matches(".workspace"))
        .collect()
}

pub(crate) fn links_lead_somewhere(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.ending_in(".md") {
        let folder = path.rfind('/').map_or("", |end| &path[..=end]);
        for (line_idx, line) in text.lines().enumerate() {
            let links = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            for link in links {
                let file = link.split('#').next().unwrap_or_default();
                if !link.contains("://") && !tree.has(&resolve(folder, file)) {
                    let message = format!("the link to `{link}` leads nowhere");
                    findings.push(Finding::in_line(path, line_idx, message));
                }
            }
        }
    }
    findings
}

/// `link` as seen from `folder`, without its steps up.
fn resolve(folder: &str, link: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(link.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

pub(crate) fn verbs_exist(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.ending_in(".md") {
        for (line_idx, line) in text.lines().enumerate() {
            for rest in line.split("cargo xtask ").skip(1) {
                let end = rest.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(rest.len());
                let verb = &rest[..end];
                if !verb.is_empty() && !crate::is_verb(verb) {
                    let message = format!("there is no verb `{verb}`: see `cargo xtask`");
                    findings.push(Finding::in_line(path, line_idx, message));
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "| crate | holds | depends on |\n| --- | --- | --- |\n";

    fn tree(rows: &str, tensor_manifest: &str) -> Tree {
        Tree::of(&[
            ("ARCHITECTURE.md", &format!("# Map\n\n{HEADER}{rows}\nAfter.\n")),
            ("crates/shape/Cargo.toml", ""),
            ("crates/tensor/Cargo.toml", tensor_manifest),
        ])
    }

    const ROWS: &str = "| `shape` | sizes | |\n| `tensor` | numbers | `shape` |\n";
    const MANIFEST: &str = "[dependencies]\ntenon-shape.workspace = true\nrand.workspace = true\n\
                            [dev-dependencies]\ntenon-testkit.workspace = true\n";

    #[test]
    fn accepts_a_true_map() {
        assert_eq!(code_map_lists_every_crate(&tree(ROWS, MANIFEST)), []);
        assert_eq!(arrows_point_down(&tree(ROWS, MANIFEST)), []);
    }

    #[test]
    fn finds_crates_that_are_missing_or_gone() {
        assert_eq!(code_map_lists_every_crate(&tree("| `shape` | | |\n", "")).len(), 1);
        let rows = format!("{ROWS}| `optim` | rules | |\n");
        assert_eq!(code_map_lists_every_crate(&tree(&rows, "")).len(), 1);
        assert_eq!(code_map_lists_every_crate(&Tree::of(&[("crates/a/Cargo.toml", "")])).len(), 1);
    }

    #[test]
    fn finds_arrows_that_differ_from_the_manifests() {
        let rows = "| `shape` | | |\n| `tensor` | | |\n";
        assert_eq!(arrows_point_down(&tree(rows, MANIFEST)).len(), 1);
        assert_eq!(arrows_point_down(&tree(ROWS, "")).len(), 1);
    }

    #[test]
    fn finds_arrows_that_point_up() {
        let rows = "| `tensor` | | `shape` |\n| `shape` | | |\n";
        assert_eq!(arrows_point_down(&tree(rows, MANIFEST)).len(), 1);
    }

    #[test]
    fn follows_links_between_files() {
        let text = "[a](docs/a.md#part), [web](https://example.org), [gone](docs/b.md)";
        let tree = Tree::of(&[("README.md", text), ("docs/a.md", "[up](../README.md)")]);
        let findings = links_lead_somewhere(&tree);
        assert_eq!(findings.len(), 1, "{findings:?}");
    }

    #[test]
    fn knows_the_verbs() {
        let text = "Run `cargo xtask train`, `cargo xtask VERB` or `cargo xtask trian`.";
        assert_eq!(verbs_exist(&Tree::of(&[("README.md", text)])).len(), 1);
    }
}
