//! The libraries, and how each is started.

use std::path::Path;
use std::process::Command;

/// A library that Tenon is compared with.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// The program of its worker and what it is started with, paths from the root of the repository.
    command: &'static [&'static str],
    /// What installs it, in the root of the repository.
    pub(crate) setup: &'static str,
}

const PYTHON: &str = "target/peers/python/bin/python";
const SETUP_PYTHON: &str = "python3 -m venv target/peers/python && \
                            target/peers/python/bin/pip install -r benches/peers/python/requirements.txt";

pub(crate) const PEERS: &[Peer] = &[
    Peer { name: "torch", command: &[PYTHON, "benches/peers/python/torch_worker.py"], setup: SETUP_PYTHON },
    Peer {
        name: "torch-compile",
        command: &[PYTHON, "benches/peers/python/torch_worker.py", "compile"],
        setup: SETUP_PYTHON,
    },
    Peer { name: "jax", command: &[PYTHON, "benches/peers/python/jax_worker.py"], setup: SETUP_PYTHON },
    Peer {
        name: "candle",
        command: &["target/peers/candle/release/tenon-peers-candle"],
        setup: "cd benches/peers/candle && cargo build --release",
    },
    Peer {
        name: "burn",
        command: &["target/peers/burn/release/tenon-peers-burn"],
        setup: "cd benches/peers/burn && cargo build --release",
    },
];

impl Peer {
    /// The command of its worker on the files of a folder, or nothing if it is not installed.
    pub(crate) fn worker(&self, root: &Path, folder: &Path) -> Option<Command> {
        let [program, arguments @ ..] = self.command else { return None };
        let program = root.join(program);
        if !program.exists() {
            return None;
        }
        let mut command = Command::new(program);
        // The script of an interpreter comes first, then the folder, then what else it is told.
        let (script, rest) = arguments.split_at(arguments.len().min(1));
        command.args(script.iter().map(|path| root.join(path))).arg(folder).args(rest);
        Some(command)
    }
}

/// The worker of Tenon, which is built with this program and lies beside it.
pub(crate) fn tenon() -> Command {
    let worker = format!("tenon-peers-worker{}", std::env::consts::EXE_SUFFIX);
    let beside = std::env::current_exe().map(|path| path.with_file_name(&worker));
    Command::new(beside.unwrap_or_else(|_| worker.into()))
}

/// Gives a worker so many threads, in the words of each library.
pub(crate) fn with_threads(mut command: Command, n: usize) -> Command {
    let number = n.to_string();
    for variable in [
        "TENON_NUM_THREADS",
        "OMP_NUM_THREADS",
        "MKL_NUM_THREADS",
        "RAYON_NUM_THREADS",
        // JAX's pool has as many threads as it takes the machine to have processors.
        "NPROC",
        "PJRT_NPROC",
    ] {
        command.env(variable, &number);
    }
    command
}
