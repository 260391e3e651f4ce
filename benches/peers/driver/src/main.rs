//! `cargo xtask bench --peers …`: Tenon and other libraries on the same workloads, beside each other.

#![forbid(unsafe_code)]

mod agreement;
mod arguments;
mod comparison;
mod growth;
mod limits;
mod measurement;
mod peer;
mod process;
mod table;

use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;

fn main() -> ExitCode {
    match comparison::run(&Arguments::parse()) {
        // Whoever compares wants to know, also in a script, that something could not be compared.
        Ok(problems) if problems.is_empty() => ExitCode::SUCCESS,
        Ok(problems) => {
            for problem in problems {
                eprintln!("error: {problem}");
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
