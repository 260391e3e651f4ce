//! A worker under way.

use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;

use serde::de::DeserializeOwned;
use tenon_peers_protocol::{Finished, Hello, Ready, Reply, Request, Times};

/// How many of its last words are shown when a worker dies.
const LAST_LINES: usize = 8;

#[derive(Debug)]
pub(crate) struct Worker {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// Collects what the worker says to people; without a reader it would stall once a pipe is full.
    complaints: Option<JoinHandle<String>>,
}

/// Why a worker gave no answer.
#[derive(Debug)]
pub(crate) enum WorkerError {
    /// What it measures is not there, for this reason.
    Missing(String),
    /// The library cannot do what was asked, for this reason.
    Unsupported(String),
    /// It ended or said something else, and these were the last lines of its standard error.
    Died(String),
}

impl fmt::Display for WorkerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WorkerError::Missing(reason) => write!(f, "it is not installed: {reason}"),
            WorkerError::Unsupported(reason) => write!(f, "not supported: {reason}"),
            WorkerError::Died(last_words) => write!(f, "its worker died\n{last_words}"),
        }
    }
}

impl Worker {
    /// Starts a worker, and says which version of its library it measures.
    pub(crate) fn start(mut command: Command) -> Result<(Self, String), WorkerError> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| {
            WorkerError::Died(format!("cannot run {}: {error}", command.get_program().display()))
        })?;
        let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(input), Some(output), Some(errors)) = (input, output, errors) else {
            unreachable!("all three were piped");
        };
        let complaints = Some(std::thread::spawn(move || last_lines(errors)));
        let mut worker = Worker { child, input, output: BufReader::new(output), complaints };
        match worker.hear()? {
            Hello::Version(version) => Ok((worker, version)),
            Hello::Missing(reason) => Err(WorkerError::Missing(reason)),
        }
    }

    pub(crate) fn load(&mut self, workload: &str) -> Result<Ready, WorkerError> {
        self.ask(&Request::Load(workload.to_owned()))
    }

    pub(crate) fn time(&mut self, n: usize) -> Result<Times, WorkerError> {
        self.ask(&Request::Time(n))
    }

    pub(crate) fn finish(mut self) -> Result<Finished, WorkerError> {
        self.ask(&Request::Finish)
    }

    fn ask<T: DeserializeOwned>(&mut self, request: &Request) -> Result<T, WorkerError> {
        let line = serde_json::to_string(request).expect("requests are plain data");
        if writeln!(self.input, "{line}").and_then(|()| self.input.flush()).is_err() {
            return Err(self.last_words("it ended before it was asked"));
        }
        match self.hear()? {
            Reply::Answer(answer) => Ok(answer),
            Reply::Refusal { unsupported } => Err(WorkerError::Unsupported(unsupported)),
        }
    }

    fn hear<T: DeserializeOwned>(&mut self) -> Result<T, WorkerError> {
        let mut line = String::new();
        if !matches!(self.output.read_line(&mut line), Ok(1..)) {
            return Err(self.last_words(""));
        }
        serde_json::from_str(&line).map_err(|_| self.last_words(line.trim()))
    }

    fn last_words(&mut self, said: &str) -> WorkerError {
        // It is of no use any more; its standard error ends with it.
        let _ = self.child.kill();
        let complaints = self.complaints.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        WorkerError::Died([said, &complaints].join("\n").trim().to_owned())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Nothing is left running behind, whether it finished or not.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn last_lines(mut errors: impl Read) -> String {
    let mut bytes = Vec::new();
    // What was read until an error is still worth showing.
    let _ = errors.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Result<(Worker, String), WorkerError> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Worker::start(command)
    }

    #[test]
    fn a_worker_answers_line_by_line() {
        let script = r#"echo '{"version":"1.2"}'; read l; echo '{"losses":[1],"first":0.5}'; read l; \
                        echo '{"seconds":[0.1,0.2]}'; read l; echo '{"rss":7}'"#;
        let (mut worker, version) = shell(script).unwrap();
        assert_eq!(version, "1.2");
        assert_eq!(worker.load("gemm-256").unwrap().losses, [1.0]);
        assert_eq!(worker.time(2).unwrap().seconds, [0.1, 0.2]);
        assert_eq!(worker.finish().unwrap().rss, 7);
    }

    #[test]
    fn the_last_words_of_a_dead_worker_are_heard() {
        let script = r#"echo '{"version":"1"}'; for i in 1 2 3 4 5 6 7 8 9; do echo line $i >&2; done"#;
        let error = shell(script).unwrap().0.load("gemm-256").unwrap_err().to_string();
        assert!(error.starts_with("its worker died") && error.ends_with("line 9"), "{error}");
        assert!(!error.contains("line 1"), "{error}");
    }

    #[test]
    fn what_is_missing_or_unsupported_is_not_a_death() {
        let missing = shell(r#"echo '{"missing":"no torch"}'"#).unwrap_err();
        assert_eq!(missing.to_string(), "it is not installed: no torch");
        let script = r#"echo '{"version":"1"}'; read l; echo '{"unsupported":"no such layer"}'"#;
        let unsupported = shell(script).unwrap().0.load("x").unwrap_err();
        assert_eq!(unsupported.to_string(), "not supported: no such layer");
    }
}
