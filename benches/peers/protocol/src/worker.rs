//! The worker's side, for libraries that are called from Rust.

use std::error::Error;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;

use crate::memory::peak_rss;
use crate::{CHECKED_RUNS, Finished, Hello, Ready, Reply, Request, Times};

/// A value, or anything that can be said about why there is none.
pub type Fallible<T> = Result<T, Box<dyn Error>>;

/// A workload that is ready to run.
pub trait Run {
    /// Runs once, to the end; this is what is timed.
    fn run(&mut self) -> Fallible<()>;

    /// What the last run computed: the loss of a step of training, or else the [`digest`] of the
    /// result.
    fn outcome(&self) -> Fallible<Vec<f64>>;

    /// By how much the time of a run is divided: how many tokens it decodes, say.
    fn units(&self) -> usize {
        1
    }
}

/// A workload, or why the library cannot do it.
pub type Supported = Result<Box<dyn Run>, Unsupported>;

/// Why a library cannot do a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported(pub &'static str);

impl Unsupported {
    /// Of a name that the worker does not know.
    pub const UNKNOWN: Unsupported = Unsupported("it has no such workload");
}

/// Answers the driver until it has had enough.
///
/// `load` makes a workload from its name and the folder of its files.
///
/// # Errors
/// When the driver's words are not understood, or anything fails on the way.
pub fn serve(version: &str, load: impl Fn(&str, &Path) -> Fallible<Supported>) -> Fallible<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).ok_or("expected the folder of the files")?;
    say(&Hello::Version(version.to_owned()))?;
    let mut loaded: Option<Box<dyn Run>> = None;
    for line in io::stdin().lock().lines() {
        match serde_json::from_str(&line?)? {
            Request::Load(workload) => match load(&workload, &folder)? {
                Ok(workload) => say(&Reply::Answer(first_runs(loaded.insert(workload).as_mut())?))?,
                Err(Unsupported(why)) => say(&Reply::<Ready>::Refusal { unsupported: why.to_owned() })?,
            },
            Request::Time(n) => {
                let workload = loaded.as_mut().ok_or("asked to time before a workload was loaded")?;
                let seconds = (0..n).map(|_| timed(workload.as_mut())).collect::<Fallible<_>>()?;
                say(&Reply::Answer(Times { seconds }))?;
            }
            Request::Finish => {
                say(&Reply::Answer(Finished { rss: peak_rss() }))?;
                break;
            }
        }
    }
    Ok(())
}

fn say(message: &impl Serialize) -> Fallible<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{}", serde_json::to_string(message)?)?;
    Ok(output.flush()?)
}

fn first_runs(workload: &mut dyn Run) -> Fallible<Ready> {
    let first = timed(workload)?;
    let mut losses = workload.outcome()?;
    for _ in 1..CHECKED_RUNS {
        workload.run()?;
        losses.extend(workload.outcome()?);
    }
    Ok(Ready { losses, first })
}

fn timed(workload: &mut dyn Run) -> Fallible<f64> {
    let start = Instant::now();
    workload.run()?;
    Ok(start.elapsed().as_secs_f64() / workload.units() as f64)
}

/// Three numbers that tell results apart: the root of the mean square, the first and the last.
pub fn digest(result: &[f32]) -> Vec<f64> {
    let squares: f64 = result.iter().map(|&x| f64::from(x).powi(2)).sum();
    let ends = [result.first(), result.last()].map(|x| x.map_or(0.0, |&x| f64::from(x)));
    vec![(squares / result.len() as f64).sqrt(), ends[0], ends[1]]
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_digest_is_a_size_and_both_ends() {
        assert_eq!(super::digest(&[3.0, -5.0, 5.0, 1.0]), [15.0_f64.sqrt(), 3.0, 1.0]);
    }
}
