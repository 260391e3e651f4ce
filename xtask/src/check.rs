//! `cargo xtask check [CARGO ARGS]`: `cargo check` whose errors show sizes in decimal.
//!
//! The compiler abbreviates long types (`UInt<UInt<…>, …>`) before anyone can read a number off
//! them, unless it is told `--verbose`. Telling it by `RUSTFLAGS` would rebuild every dependency,
//! so this program lets cargo call itself in place of the compiler for the crates being worked
//! on, and adds the word there.

use std::collections::HashSet;
use std::env;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::process::{Command, ExitCode, Stdio};

use crate::decode::decode;
use crate::json::string_field;
use crate::workspace::{Failure, Outcome, cannot_run, cargo, exit_code, target_folder};

/// Set for the processes that are to act as the compiler.
const WRAPPER_MARK: &str = "TENON_XTASK_IS_COMPILER";

/// Runs `cargo check` where the user stands, with their arguments, and rewrites its messages.
pub(crate) fn run(arguments: Vec<OsString>) -> Outcome {
    if arguments.iter().any(|argument| argument.to_string_lossy().starts_with("--message-format")) {
        let message = "`check` reads the compiler's messages itself: drop `--message-format`";
        return Err(Failure::Usage(message.to_owned()));
    }
    let this_program =
        env::current_exe().map_err(|error| Failure::Task(format!("cannot find this program: {error}")))?;

    let mut command = cargo(["check", "--message-format=json"]);
    command
        .args(arguments)
        .env("RUSTC_WORKSPACE_WRAPPER", this_program)
        .env(WRAPPER_MARK, "1")
        // A folder of its own, so that the builds of other commands are not thrown away.
        .env("CARGO_TARGET_DIR", target_folder().join("check"))
        .stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|error| cannot_run(&command, &error))?;

    let messages = child.stdout.take().expect("the output is piped");
    let mut seen = HashSet::new();
    for line in BufReader::new(messages).lines().map_while(Result::ok) {
        // A file that belongs to several targets is reported once per target.
        if let Some(text) = message(&line)
            && seen.insert(text.clone())
        {
            eprintln!("{text}");
        }
    }
    match child.wait() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::Reported(exit_code(status))),
        Err(error) => Err(cannot_run(&command, &error)),
    }
}

/// What to show for one line of cargo's output.
fn message(line: &str) -> Option<String> {
    match string_field(line, "reason")?.as_str() {
        "compiler-message" => Some(decode(&string_field(line, "rendered")?).trim_end().to_owned() + "\n"),
        _ => None,
    }
}

/// Acts as the compiler if cargo started this program in its place.
pub(crate) fn run_as_compiler_wrapper() -> Option<ExitCode> {
    env::var_os(WRAPPER_MARK)?;
    let mut arguments = env::args_os().skip(1);
    let mut compiler = Command::new(arguments.next()?);
    let arguments: Vec<OsString> = arguments.collect();
    let is_verbose = compiles_a_crate(&arguments);
    compiler.args(arguments).args(is_verbose.then_some("--verbose"));
    Some(match compiler.status() {
        Ok(status) => ExitCode::from(exit_code(status)),
        Err(error) => {
            eprintln!("error: cannot run {}: {error}", compiler.get_program().display());
            ExitCode::FAILURE
        }
    })
}

/// Whether the compiler is asked to compile, rather than about itself: cargo's questions use the
/// crate name `___` or none.
fn compiles_a_crate(arguments: &[OsString]) -> bool {
    let name = arguments.windows(2).find(|pair| pair[0] == "--crate-name").map(|pair| &pair[1]);
    name.is_some_and(|name| name != "___")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn asks_for_full_types_only_when_compiling() {
        assert!(compiles_a_crate(&words("--crate-name net src/lib.rs")));
        assert!(!compiles_a_crate(&words("-vV")));
        assert!(!compiles_a_crate(&words("- --crate-name ___ --print=file-names")));
    }

    #[test]
    fn shows_compiler_messages_only() {
        let error = r#"{"reason":"compiler-message","message":{"rendered":"error: no\n\n"}}"#;
        assert_eq!(message(error).as_deref(), Some("error: no\n"));
        assert_eq!(message(r#"{"reason":"compiler-artifact","target":{}}"#), None);
        assert_eq!(message("printed by a build script"), None);
    }
}
