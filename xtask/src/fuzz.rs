//! `cargo xtask fuzz [TARGET] [--seconds N]`: looks for inputs that break a parser or a kernel.
//!
//! The corpus that was found before is replayed by the ordinary tests; this verb searches on.

use std::ffi::OsString;
use std::fs::create_dir_all;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::workspace::{Failure, Outcome, exit_code, root, status};

const DEFAULT_SECONDS: u64 = 60;

/// What to fuzz, and for how long.
#[derive(Debug, PartialEq)]
struct Arguments {
    target: Option<String>,
    seconds: u64,
}

/// Fuzzes one target or, without a name, each in turn.
pub(crate) fn run(arguments: Vec<OsString>) -> Outcome {
    let Arguments { target, seconds } = parse(arguments)?;
    let folder = root().join("fuzz");
    let known = targets(&folder)?;
    let chosen = match target {
        None => known,
        Some(target) if known.contains(&target) => vec![target],
        Some(target) => {
            let message = format!("unknown fuzz target `{target}`: there are {}", known.join(", "));
            return Err(Failure::Task(message));
        }
    };
    require_cargo_fuzz()?;
    for target in chosen {
        println!("fuzzing {target} for {seconds} s");
        // What is found goes to a folder that is not kept, and starts from the one that is.
        let found = folder.join("target/found").join(&target);
        let kept = folder.join("corpus").join(&target);
        for corpus in [&found, &kept] {
            create_dir_all(corpus)
                .map_err(|error| Failure::Task(format!("cannot create {}: {error}", corpus.display())))?;
        }
        // Sanitizers are a feature of the nightly compiler; nothing else here needs one.
        let mut command = Command::new("cargo");
        command.args(["+nightly", "fuzz", "run", "--fuzz-dir"]).arg(&folder).arg(&target);
        command.args([&found, &kept]).args(["--", &format!("-max_total_time={seconds}")]);
        let status = status(command.current_dir(&folder))?;
        if !status.success() {
            return Err(Failure::Reported(exit_code(status)));
        }
    }
    Ok(())
}

fn parse(arguments: Vec<OsString>) -> Result<Arguments, Failure> {
    let mut parsed = Arguments { target: None, seconds: DEFAULT_SECONDS };
    let mut words = arguments.into_iter().map(|word| word.to_string_lossy().into_owned());
    while let Some(word) = words.next() {
        if word == "--seconds" {
            let number = words.next().and_then(|number| number.parse().ok());
            parsed.seconds = number.ok_or_else(|| Failure::Usage("`--seconds` needs a number".to_owned()))?;
        } else if word.starts_with('-') {
            return Err(Failure::Usage(format!("unknown option `{word}` of `fuzz`")));
        } else if parsed.target.replace(word).is_some() {
            return Err(Failure::Usage("`fuzz` takes one target".to_owned()));
        }
    }
    Ok(parsed)
}

/// The names of the programs in `fuzz/fuzz_targets`.
fn targets(folder: &Path) -> Result<Vec<String>, Failure> {
    let folder = folder.join("fuzz_targets");
    let entries = std::fs::read_dir(&folder)
        .map_err(|error| Failure::Task(format!("cannot list {}: {error}", folder.display())))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".rs").map(str::to_owned))
        .collect();
    names.sort();
    Ok(names)
}

fn require_cargo_fuzz() -> Outcome {
    let mut command = Command::new("cargo");
    command.args(["+nightly", "fuzz", "--version"]);
    let answer = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    match answer {
        Ok(status) if status.success() => Ok(()),
        _ => Err(Failure::Task(
            "fuzzing needs a nightly toolchain and cargo-fuzz; install them with\n  \
             rustup toolchain install nightly\n  cargo install cargo-fuzz"
                .to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(words: &[&str]) -> Result<Arguments, Failure> {
        parse(words.iter().map(OsString::from).collect())
    }

    #[test]
    fn reads_a_target_and_a_duration_in_any_order() {
        for words in [["idx", "--seconds", "5"], ["--seconds", "5", "idx"]] {
            let expected = Arguments { target: Some("idx".to_owned()), seconds: 5 };
            assert_eq!(parse_words(&words).unwrap(), expected);
        }
        assert_eq!(parse_words(&[]).unwrap().seconds, DEFAULT_SECONDS);
    }

    #[test]
    fn rejects_what_it_does_not_know() {
        for words in [&["--second", "5"][..], &["--seconds", "soon"], &["idx", "matmul"]] {
            assert!(matches!(parse_words(words), Err(Failure::Usage(_))), "{words:?}");
        }
    }
}
