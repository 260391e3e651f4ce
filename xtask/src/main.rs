//! `cargo xtask VERB`: everything one does with this repository, each by one name.
//!
//! This crate depends on nothing, so that the first command in a fresh clone starts in seconds.

mod bench;
mod check;
mod decode;
mod fuzz;
mod json;
mod new;
mod recipes;
mod test;
mod tidy;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use workspace::{Failure, Outcome};

/// One word after `cargo xtask`.
struct Verb {
    name: &'static str,
    arguments: &'static str,
    help: &'static str,
    run: fn(Vec<OsString>) -> Outcome,
}

const VERBS: &[Verb] = &[
    Verb {
        name: "test",
        arguments: "[STEP…]",
        help: "everything that must pass, or only some of: format, lints, tests, docs, tidy",
        run: test::run,
    },
    Verb {
        name: "train",
        arguments: "[RECIPE] [OPTIONS]",
        help: "trains a recipe on real data and writes its run folder; `train --list` tells which",
        run: |arguments| recipes::run("train", arguments),
    },
    Verb {
        name: "predict",
        arguments: "RUN IMAGE.png…",
        help: "classifies pictures with a trained run",
        run: |arguments| recipes::run("predict", arguments),
    },
    Verb {
        name: "generate",
        arguments: "RUN --prompt TEXT",
        help: "writes on from a text with a trained run",
        run: |arguments| recipes::run("generate", arguments),
    },
    Verb {
        name: "embed",
        arguments: "TEXT… [--json] [--model FOLDER]",
        help: "how similar texts are in meaning, by all-MiniLM-L6-v2",
        run: recipes::embed,
    },
    Verb {
        name: "gradcheck",
        arguments: "[--json]",
        help: "the worst gradient error of every op, first and second order",
        run: recipes::gradcheck,
    },
    Verb {
        name: "summary",
        arguments: "[MODEL] [--batch N] [--json]",
        help: "per layer of a model: its output, parameters, arithmetic, and memory kept for training",
        run: |arguments| recipes::run("summary", arguments),
    },
    Verb {
        name: "bench",
        arguments: "[FILTER] | --peers [LIST]",
        help: "criterion benches of kernels, ops and training steps, or a comparison with other libraries",
        run: bench::run,
    },
    Verb {
        name: "fuzz",
        arguments: "[TARGET] [--seconds N]",
        help: "fuzzes one target or all, each for N seconds (60)",
        run: fuzz::run,
    },
    Verb {
        name: "check",
        arguments: "[CARGO ARGS]",
        help: "`cargo check` with the sizes in its errors in decimal",
        run: check::run,
    },
    Verb {
        name: "data",
        arguments: "[NAME]",
        help: "lists datasets and pretrained weights, or fetches and verifies one of them",
        run: |arguments| recipes::run("data", arguments),
    },
    Verb {
        name: "new",
        arguments: "op|layer|optimizer|dataset|recipe NAME",
        help: "writes a skeleton, which fails the tests until it is filled in",
        run: new::run,
    },
];

fn main() -> ExitCode {
    if let Some(status) = check::run_as_compiler_wrapper() {
        return status;
    }
    match dispatch(std::env::args_os().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(message)) => {
            eprintln!("error: {message}\n\n{}", overview());
            ExitCode::from(2)
        }
        Err(Failure::Task(message)) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
        Err(Failure::Reported(code)) => ExitCode::from(code),
    }
}

fn dispatch(mut arguments: Vec<OsString>) -> Outcome {
    if arguments.is_empty() {
        println!("{}", overview());
        return Ok(());
    }
    let name = arguments.remove(0);
    if name == "help" || name == "--help" || name == "-h" {
        println!("{}", overview());
        return Ok(());
    }
    match VERBS.iter().find(|verb| name == verb.name) {
        Some(verb) => (verb.run)(arguments),
        None => Err(Failure::Usage(format!("unknown verb `{}`", name.display()))),
    }
}

/// Whether `cargo xtask name` means something.
fn is_verb(name: &str) -> bool {
    VERBS.iter().any(|verb| name == verb.name)
}

/// The list of verbs.
fn overview() -> String {
    let synopsis = |verb: &Verb| format!("{} {}", verb.name, verb.arguments);
    let width = VERBS.iter().map(|verb| synopsis(verb).chars().count()).max();
    let width = width.unwrap_or_default();
    let mut text = String::from("usage: cargo xtask VERB\n");
    for verb in VERBS {
        text += &format!("\n  {:width$}  {}", synopsis(verb), verb.help);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage_error(arguments: &[&str]) -> String {
        match dispatch(arguments.iter().map(OsString::from).collect()) {
            Err(Failure::Usage(message)) => message,
            other => panic!("expected a usage error, got {other:?}"),
        }
    }

    #[test]
    fn rejects_an_unknown_verb() {
        assert_eq!(usage_error(&["tset"]), "unknown verb `tset`");
    }

    #[test]
    fn rejects_unknown_arguments_of_its_own_verbs() {
        assert_eq!(usage_error(&["test", "--quick"]), "unknown step `--quick`");
        assert_eq!(usage_error(&["new", "kernel", "gemv"]), "cannot make a new `kernel`");
        assert_eq!(usage_error(&["fuzz", "--seconds"]), "`--seconds` needs a number");
    }

    #[test]
    fn the_overview_names_every_verb() {
        let text = overview();
        for verb in VERBS {
            assert!(text.contains(&format!("\n  {} ", verb.name)), "{}", verb.name);
        }
    }
}
