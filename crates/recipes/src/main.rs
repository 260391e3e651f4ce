//! The binary behind `cargo xtask train`, `predict`, `summary`, `generate` and `data`.
//!
//! Each verb has a file of its own; a recipe is a file in `recipes` and a line in `recipes.rs`.

#![forbid(unsafe_code)]

mod data;
mod error;
mod generate;
mod grey_images;
mod predict;
mod recipe;
mod recipes;
mod shakespeare;
mod summary;
mod train;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Experiments of the Tenon deep-learning library.
#[derive(Debug, Parser)]
#[command(name = "tenon-recipes", version)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Trains a recipe on real data and writes its run folder.
    Train(train::Arguments),
    /// Classifies pictures with a trained run.
    Predict(predict::Arguments),
    /// Prints what a model is made of and what it costs, layer by layer.
    Summary(summary::Arguments),
    /// Writes on from a prompt with a trained run.
    Generate(generate::Arguments),
    /// Lists datasets and pretrained weights, or fetches and verifies one of them.
    Data(data::Arguments),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().verb {
        Verb::Train(arguments) => train::run(arguments),
        Verb::Predict(arguments) => predict::run(&arguments),
        Verb::Summary(arguments) => summary::run(&arguments),
        Verb::Generate(arguments) => generate::run(&arguments),
        Verb::Data(arguments) => data::run(&arguments),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            error.exit_code()
        }
    }
}
