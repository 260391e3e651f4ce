//! Where the repository is, and how commands are run in it.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

/// Why a verb did not do what it was asked to.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line is wrong.
    Usage(String),
    /// Something could not be done, for the reason given.
    Task(String),
    /// A command failed, has said why, and gave this exit code.
    Reported(u8),
}

pub(crate) type Outcome = Result<(), Failure>;

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let manifest = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let folder = Path::new(&manifest).parent();
    folder.expect("this crate has a folder of its own").to_owned()
}

/// The folder that cargo builds into, which holds `debug/xtask`.
pub(crate) fn target_folder() -> PathBuf {
    let executable = env::current_exe().ok();
    let folder = executable.as_deref().and_then(|path| path.ancestors().nth(2));
    folder.map_or_else(|| root().join("target"), Path::to_owned)
}

/// The cargo that started this program, run where the user stands.
pub(crate) fn cargo<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// Replaces this process by `command`, so that its exit code, its terminal and the signals sent
/// to it are exactly those of a command typed by hand.
#[cfg(unix)]
pub(crate) fn hand_over(command: &mut Command) -> Outcome {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(cannot_run(command, &error))
}

/// Runs `command` and passes its exit code on.
#[cfg(not(unix))]
pub(crate) fn hand_over(command: &mut Command) -> Outcome {
    match status(command)? {
        status if status.success() => Ok(()),
        status => Err(Failure::Reported(exit_code(status))),
    }
}

/// Runs `command` to its end.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus, Failure> {
    command.status().map_err(|error| cannot_run(command, &error))
}

/// The exit code to pass on for a command that has ended; a command stopped by a signal has none.
pub(crate) fn exit_code(status: ExitStatus) -> u8 {
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

pub(crate) fn cannot_run(command: &Command, error: &std::io::Error) -> Failure {
    Failure::Task(format!("cannot run {}: {error}", command.get_program().display()))
}
