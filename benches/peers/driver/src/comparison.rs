//! The run: every workload with every number of threads, by all libraries in turns.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use tenon_peers_protocol::Ready;

use crate::agreement;
use crate::arguments::Arguments;
use crate::growth;
use crate::limits;
use crate::measurement::{Measurement, min_and_median};
use crate::peer::{Peer, tenon, with_threads};
use crate::process::{Worker, WorkerError};
use crate::table::Table;

/// The name of Tenon among its peers.
pub(crate) const TENON: &str = "tenon";

/// Threads of the library whose turn it was may spin a while before they sleep.
const REST: Duration = Duration::from_millis(30);

/// The most runs of a turn, so that short ones do not fill the pipe.
const MOST_RUNS: f64 = 2000.0;

/// A library that has loaded the workload and computed the same as Tenon.
struct Contestant {
    name: &'static str,
    version: String,
    worker: Worker,
    ready: Ready,
    n_runs: usize,
    seconds: Vec<f64>,
}

/// Makes every comparison that was asked for, and returns what could not be made.
///
/// # Errors
/// When Tenon itself cannot be measured.
pub(crate) fn run(arguments: &Arguments) -> Result<Vec<String>, String> {
    let folder = Folder::new()?;
    let mut problems = Vec::new();
    let peers: Vec<&Peer> = arguments.peers().filter(|peer| is_installed(peer, arguments)).collect();
    let mut tables: Vec<Table> = Vec::new();
    for threads in arguments.threads() {
        let machine = limits::of_machine(threads)?;
        let place = |workload| Place { arguments, folder: &folder.0, workload, threads };
        let mut table = Table::new(threads, machine);
        if !arguments.json {
            table.print_header();
        }
        for workload in arguments.workloads() {
            let work = limits::prepare(&folder.0, workload)?;
            let place = place(workload);
            let mut rows = Vec::new();
            for contestant in place.compete(&peers, &mut problems)? {
                match place.finish(contestant, machine.floor_of(work)) {
                    Ok(row) => rows.push(row),
                    Err(problem) => problems.push(problem),
                }
            }
            if arguments.json {
                for row in &rows {
                    println!("{row}");
                }
            } else {
                table.print(&rows);
            }
            table.add(rows);
        }
        if !arguments.json {
            table.print_summary();
            if let Some(fewer) = tables.first() {
                table.print_speedup_over(fewer);
            }
        }
        tables.push(table);
        if arguments.growth {
            growth::measure(&place, machine, arguments.json)?;
        }
    }
    Ok(problems)
}

/// Says so, where a peer is not installed.
fn is_installed(peer: &Peer, arguments: &Arguments) -> bool {
    let reason = match peer.worker(&arguments.root, Path::new(".")) {
        None => "there is no worker".to_owned(),
        Some(command) => match Worker::start(with_threads(command, 1)) {
            Err(WorkerError::Missing(reason)) => reason,
            _ => return true,
        },
    };
    eprintln!("{} is skipped: {reason}; set it up by\n  {}", peer.name, peer.setup);
    false
}

/// One comparison: a workload with a number of threads.
pub(crate) struct Place<'a> {
    arguments: &'a Arguments,
    /// Where the files of the workload are.
    pub(crate) folder: &'a Path,
    pub(crate) workload: &'static str,
    threads: usize,
}

impl Place<'_> {
    fn compete(&self, peers: &[&Peer], problems: &mut Vec<String>) -> Result<Vec<Contestant>, String> {
        let mut own = tenon();
        own.arg(self.folder);
        let (worker, version, ready) = self.load(own).map_err(|error| self.problem(TENON, &error))?;
        let mut contestants =
            vec![Contestant { name: TENON, version, worker, ready, n_runs: 1, seconds: Vec::new() }];
        for peer in peers {
            let Some(command) = peer.worker(&self.arguments.root, self.folder) else { continue };
            match self.load(command) {
                Ok((worker, version, ready)) => {
                    let expected = &contestants[0].ready.losses;
                    if let Err(difference) = agreement::check(self.workload, expected, &ready.losses) {
                        problems.push(self.problem(peer.name, &format!("not comparable: {difference}")));
                        continue;
                    }
                    let (name, seconds) = (peer.name, Vec::new());
                    contestants.push(Contestant { name, version, worker, ready, n_runs: 1, seconds });
                }
                Err(error @ WorkerError::Unsupported(_)) => eprintln!("{}", self.problem(peer.name, &error)),
                Err(error) => problems.push(self.problem(peer.name, &error)),
            }
        }
        self.take_turns(contestants, problems)
    }

    /// Tenon without anybody beside it.
    pub(crate) fn alone(&self, floor: f64) -> Result<Measurement, String> {
        let mut problems = Vec::new();
        match self.compete(&[], &mut problems)?.pop() {
            Some(contestant) => self.finish(contestant, floor),
            None => Err(problems.join("; ")),
        }
    }

    fn load(&self, command: Command) -> Result<(Worker, String, Ready), WorkerError> {
        let (mut worker, version) = Worker::start(with_threads(command, self.threads))?;
        let ready = worker.load(self.workload)?;
        Ok((worker, version, ready))
    }

    /// Times all in turns, so that whatever else the machine does disturbs all alike.
    fn take_turns(
        &self,
        mut contestants: Vec<Contestant>,
        problems: &mut Vec<String>,
    ) -> Result<Vec<Contestant>, String> {
        for round in 0..=self.arguments.rounds {
            contestants.retain_mut(|contestant| {
                sleep(REST);
                match contestant.worker.time(contestant.n_runs) {
                    // The first turn is warm-up, and finds out how many runs a turn has.
                    Ok(times) if round == 0 => {
                        let run = times.seconds.iter().sum::<f64>() / times.seconds.len() as f64;
                        contestant.n_runs = (self.arguments.seconds / run).clamp(1.0, MOST_RUNS) as usize;
                        true
                    }
                    Ok(times) => {
                        contestant.seconds.extend(times.seconds);
                        true
                    }
                    Err(error) => {
                        problems.push(self.problem(contestant.name, &error));
                        false
                    }
                }
            });
        }
        Ok(contestants)
    }

    fn finish(&self, contestant: Contestant, floor: f64) -> Result<Measurement, String> {
        let Contestant { name, version, worker, ready, seconds, .. } = contestant;
        let finished = worker.finish().map_err(|error| self.problem(name, &error))?;
        let n = seconds.len();
        let (min, median) = min_and_median(seconds);
        Ok(Measurement {
            peer: name.to_owned(),
            version,
            threads: self.threads,
            workload: self.workload,
            min,
            median,
            n,
            first: ready.first,
            rss: finished.rss,
            limit_share: floor / min,
        })
    }

    fn problem(&self, peer: &str, what: &dyn std::fmt::Display) -> String {
        format!("{peer}, {} with {} threads: {what}", self.workload, self.threads)
    }
}

/// A temporary folder for the files of the workloads, gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, String> {
        let path = std::env::temp_dir().join(format!("tenon-peers-{}", std::process::id()));
        fs::create_dir_all(&path).map_err(|error| format!("cannot create {}: {error}", path.display()))?;
        Ok(Folder(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that cannot be removed hurts nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}
