//! What `cargo xtask gradcheck` runs: proves every operation and layer.
//!
//! An example, because it holds each operation under every backend there is and takes as long to
//! build as all else: it is built when it is asked for.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;
use tenon_autodiff::proof::{Failure, Prover, Report, table};

/// Proves every operation and layer, and prints the worst errors of each.
#[derive(Debug, Parser)]
#[command(name = "gradcheck", version)]
struct Arguments {
    /// Cases to try for each operation and layer.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
    cases: u16,
    /// Print a line of JSON for each.
    #[arg(long)]
    json: bool,
}

/// One line of `--json`.
#[derive(serde::Serialize)]
struct Row {
    name: &'static str,
    cases: usize,
    holds: bool,
    first_order: Option<f64>,
    second_order: Option<f64>,
    forward_f64: Option<f64>,
    forward_f32: Option<f64>,
    failure: Option<String>,
}

impl From<&Result<Report, Failure>> for Row {
    fn from(result: &Result<Report, Failure>) -> Self {
        let report = result.as_ref().ok();
        let worst = report.map(|report| report.worst);
        Row {
            name: result.as_ref().map_or_else(|failure| failure.name, |report| report.name),
            cases: report.map_or(0, |report| report.cases),
            holds: result.is_ok(),
            first_order: worst.map(|worst| worst.first),
            second_order: worst.map(|worst| worst.second),
            forward_f64: worst.map(|worst| worst.forward),
            forward_f32: worst.map(|worst| worst.forward_f32),
            failure: result.as_ref().err().map(Failure::to_string),
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut prover = Prover::new(arguments.cases.into());
    tenon_layers::tensor::ops::visit_proofs(&mut prover);
    tenon_layers::visit_proofs(&mut prover);
    let results = prover.into_results();
    if arguments.json {
        for result in &results {
            println!("{}", serde_json::to_string(&Row::from(result)).expect("a row is plain data"));
        }
    } else {
        print!("{}", table(&results));
    }
    if results.iter().all(Result::is_ok) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
