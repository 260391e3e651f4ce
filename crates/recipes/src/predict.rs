//! The verb `predict`.

use std::path::PathBuf;
use std::process::ExitCode;

use tenon_datasets::image::Picture;
use tenon_train::RunFolder;

use crate::error::Error;
use crate::mnist::likeliest;
use crate::recipes;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The folder of a trained run.
    run: PathBuf,
    /// PNG files to classify.
    #[arg(required = true)]
    images: Vec<PathBuf>,
    /// Print a line of JSON for each picture.
    #[arg(long)]
    json: bool,
}

/// One line of `--json`.
#[derive(serde::Serialize)]
struct Prediction<'a> {
    image: &'a PathBuf,
    class: usize,
    probabilities: &'a [f32],
}

/// Prints the class of each picture, once all have been read.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let (run, info) = RunFolder::open(&arguments.run)?;
    let recipe = recipes::find(&info.recipe).ok_or_else(|| Error::RecipeOfRun {
        path: arguments.run.join("run.json"),
        expected: recipes::names(),
        found: info.recipe.clone(),
    })?;
    let pictures =
        arguments.images.iter().map(|path| Picture::read_png(path)).collect::<Result<Vec<_>, _>>()?;
    let predictions = (recipe.predict)(&run, &pictures)?;
    for (image, probabilities) in arguments.images.iter().zip(&predictions) {
        let (class, probability) = likeliest(probabilities);
        if arguments.json {
            let prediction = Prediction { image, class, probabilities };
            println!("{}", serde_json::to_string(&prediction).expect("a prediction is plain data"));
        } else {
            println!("{}: {class} ({:.2} %)", image.display(), 100.0 * probability);
            let percent = |(class, p): (usize, &f32)| format!("{class}: {:.2} %", 100.0 * p);
            println!("    {}", probabilities.iter().enumerate().map(percent).collect::<Vec<_>>().join("  "));
        }
    }
    Ok(ExitCode::SUCCESS)
}
