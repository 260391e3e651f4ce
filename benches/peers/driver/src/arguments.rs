//! The command line.

use std::path::PathBuf;

use clap::Parser;
use clap::builder::PossibleValuesParser;
use tenon_peers_protocol::WORKLOADS;

use crate::peer::PEERS;

/// How the list is written that names no peer.
const NONE: &str = "none";

/// Times Tenon and other libraries on the same workloads, in turns within one run.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench")]
pub(crate) struct Arguments {
    /// Which libraries Tenon is compared with: all without a list, `none` for Tenon alone
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        num_args = 0..,
        value_parser = PossibleValuesParser::new(PEERS.iter().map(|peer| peer.name).chain([NONE])),
    )]
    peers: Vec<String>,

    /// Which workloads; all without a list
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        value_parser = PossibleValuesParser::new(WORKLOADS),
    )]
    workloads: Vec<String>,

    /// With how many threads each; one, and as many as the machine has, without a list
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        value_parser = clap::value_parser!(u16).range(1..),
    )]
    threads: Vec<u16>,

    /// Print a JSON object for each measurement instead of tables
    #[arg(long)]
    pub(crate) json: bool,

    /// Also measure how Tenon's cost grows as batch, width, depth and sequence length double
    #[arg(long)]
    pub(crate) growth: bool,

    /// How many turns each library gets
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) rounds: u16,

    /// How long a turn takes, in seconds; at least one run fits into it
    #[arg(long, value_name = "S", default_value_t = 0.3)]
    pub(crate) seconds: f64,

    /// The repository
    #[arg(long, hide = true, default_value = ".")]
    pub(crate) root: PathBuf,
}

impl Arguments {
    /// The peers that were asked for, in the order of the list of all.
    pub(crate) fn peers(&self) -> impl Iterator<Item = &'static crate::peer::Peer> {
        PEERS.iter().filter(|peer| self.peers.is_empty() || self.peers.iter().any(|name| name == peer.name))
    }

    pub(crate) fn workloads(&self) -> impl Iterator<Item = &'static str> {
        let is_wanted =
            |name: &&str| self.workloads.is_empty() || self.workloads.iter().any(|other| other == name);
        WORKLOADS.into_iter().filter(is_wanted)
    }

    pub(crate) fn threads(&self) -> Vec<usize> {
        if !self.threads.is_empty() {
            return self.threads.iter().map(|&n| n.into()).collect();
        }
        match std::thread::available_parallelism() {
            Ok(all) if all.get() > 1 => vec![1, all.get()],
            _ => vec![1],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(["bench"].iter().chain(words))
    }

    fn peers(words: &[&str]) -> Vec<&'static str> {
        parse(words).unwrap().peers().map(|peer| peer.name).collect()
    }

    #[test]
    fn all_peers_unless_some_are_named() {
        assert_eq!(peers(&["--peers"]).len(), PEERS.len());
        assert_eq!(peers(&["--peers", "--json"]).len(), PEERS.len());
        assert_eq!(peers(&["--peers", "jax,torch"]), ["torch", "jax"]);
        assert!(peers(&["--peers", "none"]).is_empty());
    }

    #[test]
    fn what_does_not_exist_is_answered_with_what_does() {
        let message = parse(&["--peers", "tensorflow"]).unwrap_err().to_string();
        assert!(message.contains("torch-compile"), "{message}");
        let message = parse(&["--workloads", "gemm-1"]).unwrap_err().to_string();
        assert!(message.contains("gemm-256"), "{message}");
        assert!(parse(&["--threads", "0"]).is_err());
    }

    #[test]
    fn growth_is_measured_when_asked_for() {
        assert!(parse(&["--peers", "none", "--growth"]).unwrap().growth);
        assert!(!parse(&["--peers", "none"]).unwrap().growth);
    }
}
