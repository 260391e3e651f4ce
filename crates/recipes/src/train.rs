//! The verb `train`.

use std::path::PathBuf;
use std::process::ExitCode;

use tenon_train::{Interrupt, RunInfo};

use crate::error::Error;
use crate::recipe::{Plan, Recipe};
use crate::recipes::{self, RECIPES};

/// The folder in which run folders are made unless the user names another.
const RUNS: &str = "runs";

/// What a shell reports for a process that was interrupted.
const INTERRUPTED: u8 = 130;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// What to train; see --list.
    #[arg(default_value = RECIPES[0].name)]
    recipe: String,
    /// Times to go through the training data [default: the recipe's].
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    epochs: Option<u64>,
    /// Seed of initial weights, order of examples and dropout.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Examples per step [default: the recipe's].
    #[arg(long, value_parser = at_least_one)]
    batch_size: Option<usize>,
    /// Highest learning rate [default: the recipe's].
    #[arg(long, value_parser = positive)]
    learning_rate: Option<f64>,
    /// Training examples to hold out; the weights that are best on them are kept.
    #[arg(long, default_value_t = 0)]
    validation: usize,
    /// End when validation has not improved for so many epochs.
    #[arg(long, requires = "validation", value_parser = clap::value_parser!(u64).range(1..))]
    patience: Option<u64>,
    /// Folder in which to make the run folder.
    #[arg(long, default_value = RUNS)]
    out: PathBuf,
    /// Folder of the dataset [default: the one that comes with the library].
    #[arg(long)]
    data: Option<PathBuf>,
    /// Threads to compute with [default: one per core]; they do not change the result.
    #[arg(long, value_parser = at_least_one)]
    threads: Option<usize>,
    /// End standard output with one line of JSON.
    #[arg(long)]
    json: bool,
    /// List the recipes and end.
    #[arg(long)]
    list: bool,
}

/// Trains, and says how it went.
pub(crate) fn run(arguments: Arguments) -> Result<ExitCode, Error> {
    if arguments.list {
        list();
        return Ok(ExitCode::SUCCESS);
    }
    let recipe = recipes::find(&arguments.recipe).ok_or_else(|| Error::UnknownRecipe {
        expected: recipes::names(),
        found: arguments.recipe.clone(),
    })?;
    if let Some(n) = arguments.threads {
        tenon_layers::tensor::threads::set_num_threads(n);
    }
    let json = arguments.json;
    let plan = plan(recipe, arguments)?;
    let summary = (recipe.train)(&plan)?;
    println!(
        "{}: {} after {:.0} s; see {}",
        if summary.interrupted { "interrupted" } else { "done" },
        summary.quality,
        summary.seconds,
        summary.run.join("report.html").display(),
    );
    if json {
        println!("{}", serde_json::to_string(&summary).expect("a summary is plain data"));
    }
    Ok(if summary.interrupted { ExitCode::from(INTERRUPTED) } else { ExitCode::SUCCESS })
}

fn plan(recipe: &Recipe, arguments: Arguments) -> Result<Plan, Error> {
    let defaults = recipe.defaults;
    Ok(Plan {
        info: RunInfo {
            recipe: recipe.name.to_owned(),
            seed: arguments.seed,
            epochs: arguments.epochs.unwrap_or(defaults.epochs),
            batch_size: arguments.batch_size.unwrap_or(defaults.batch_size),
            learning_rate: arguments.learning_rate.unwrap_or(defaults.learning_rate),
            validation: arguments.validation,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        about: recipe.about,
        patience: arguments.patience,
        out: arguments.out,
        data: arguments.data,
        interrupt: Interrupt::on_ctrl_c().map_err(Error::Interrupt)?,
    })
}

fn list() {
    for Recipe { name, about, defaults, .. } in RECIPES {
        println!("{name}\n    {about}");
        println!(
            "    {} epochs, batches of {}, learning rate {}",
            defaults.epochs, defaults.batch_size, defaults.learning_rate
        );
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("expected a whole number above 0".to_owned()),
        Ok(n) => Ok(n),
    }
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if number > 0.0 && f64::is_finite(number) => Ok(number),
        _ => Err("expected a number above 0".to_owned()),
    }
}
