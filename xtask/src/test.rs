//! `cargo xtask test [STEP…]`: everything that must pass.

use std::ffi::OsString;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::tidy;
use crate::workspace::{Failure, Outcome, cargo, root, status};

/// One thing that must pass.
struct Step {
    name: &'static str,
    run: fn() -> Result<bool, Failure>,
    /// The command that repairs what the step finds, or shows it alone.
    repair: &'static str,
}

/// In the order that reports the cheapest mistakes first and compiles least twice: linting checks
/// the dependencies that documentation needs too.
const STEPS: &[Step] = &[
    Step {
        name: "format",
        run: || passes(&mut cargo(["fmt", "--all", "--check"])),
        repair: "cargo fmt --all",
    },
    Step { name: "tidy", run: tidy::passes, repair: "cargo xtask test tidy" },
    Step {
        name: "lints",
        run: || {
            passes(&mut cargo([
                "clippy",
                "--workspace",
                "--all-targets",
                "--all-features",
                "--",
                "-Dwarnings",
            ]))
        },
        repair: "cargo clippy --workspace --all-targets --all-features --fix --allow-dirty",
    },
    Step {
        name: "tests",
        run: || passes(&mut cargo(["test", "--workspace", "--all-features", "--no-fail-fast"])),
        repair: "cargo test --package NAME; for compile errors that were meant to change: \
                 TRYBUILD=overwrite cargo test --package tenon-ui-tests",
    },
    Step {
        name: "docs",
        run: || {
            let mut command = cargo(["doc", "--workspace", "--all-features", "--no-deps"]);
            passes(command.env("RUSTDOCFLAGS", "-Dwarnings"))
        },
        repair: "cargo doc --workspace --no-deps",
    },
];

/// What came of one step.
struct Report {
    step: &'static Step,
    passed: bool,
    elapsed: Duration,
}

/// Runs the named steps, or all, to the end, whatever fails on the way.
pub(crate) fn run(names: Vec<OsString>) -> Outcome {
    let mut reports = Vec::new();
    for step in select(&names)? {
        println!("\n== {}", step.name);
        let start = Instant::now();
        let passed = (step.run)()?;
        reports.push(Report { step, passed, elapsed: start.elapsed() });
    }

    println!();
    for Report { step, passed, elapsed } in &reports {
        let verdict = if *passed { "passed" } else { "FAILED" };
        println!("{:8} {verdict} {:7.1} s", step.name, elapsed.as_secs_f64());
        if !passed {
            println!("         repair with: {}", step.repair);
        }
    }
    let failed = reports.iter().filter(|report| !report.passed).count();
    println!("{} passed, {failed} failed", reports.len() - failed);
    if failed == 0 { Ok(()) } else { Err(Failure::Reported(1)) }
}

fn select(names: &[OsString]) -> Result<Vec<&'static Step>, Failure> {
    for name in names {
        if !STEPS.iter().any(|step| name == step.name) {
            return Err(Failure::Usage(format!("unknown step `{}`", name.display())));
        }
    }
    let is_chosen = |step: &&Step| names.is_empty() || names.iter().any(|name| name == step.name);
    Ok(STEPS.iter().filter(is_chosen).collect())
}

fn passes(command: &mut Command) -> Result<bool, Failure> {
    Ok(status(command.current_dir(root()))?.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(words: &[&str]) -> Vec<&'static str> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        select(&words).unwrap().iter().map(|step| step.name).collect()
    }

    #[test]
    fn runs_all_steps_unless_told_otherwise() {
        assert_eq!(names(&[]), ["format", "tidy", "lints", "tests", "docs"]);
        assert_eq!(names(&["docs", "format"]), ["format", "docs"]);
    }
}
