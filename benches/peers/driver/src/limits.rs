//! What Tenon's worker measures and computes outside of a comparison.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::peer::{tenon, with_threads};

/// Arithmetic and traffic of memory: what a run needs at least, or what the machine does in a second.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Amounts {
    pub(crate) flops: f64,
    pub(crate) bytes: f64,
}

impl Amounts {
    /// The seconds that a machine of these limits needs at least for `work`.
    pub(crate) fn floor_of(self, work: Amounts) -> f64 {
        f64::max(work.flops / self.flops, work.bytes / self.bytes)
    }
}

/// Measures what the machine does in a second with so many threads.
pub(crate) fn of_machine(threads: usize) -> Result<Amounts, String> {
    let mut command = with_threads(tenon(), threads);
    command.arg("limits");
    answer(command)
}

/// Writes the files of a workload into `folder`, and says what a run needs.
pub(crate) fn prepare(folder: &Path, workload: &str) -> Result<Amounts, String> {
    let mut command = tenon();
    command.arg("prepare").arg(folder).arg(workload);
    answer(command)
}

fn answer<T: DeserializeOwned>(mut command: Command) -> Result<T, String> {
    let program = command.get_program().display().to_string();
    let output = command.output().map_err(|error| format!("cannot run {program}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{program} failed: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("{program}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_is_what_takes_longer() {
        let machine = Amounts { flops: 100.0, bytes: 10.0 };
        assert_eq!(machine.floor_of(Amounts { flops: 50.0, bytes: 1.0 }), 0.5);
        assert_eq!(machine.floor_of(Amounts { flops: 50.0, bytes: 20.0 }), 2.0);
    }
}
