//! The verb `predict`.

use std::path::PathBuf;
use std::process::ExitCode;

use tenon_datasets::image::Picture;

use crate::error::Error;
use crate::grey_images::likeliest;
use crate::recipe::{Predictions, Skill};
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
    name: &'a str,
    probabilities: &'a [f32],
}

/// Prints the class of each picture, once all have been read.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let (run, recipe) = recipes::of_run(&arguments.run)?;
    let Skill::Classify(classify) = recipe.skill else {
        return Err(Error::Skill { recipe: recipe.name, expected: "predict", found: recipe.skill.verb() });
    };
    let pictures =
        arguments.images.iter().map(|path| Picture::read_png(path)).collect::<Result<Vec<_>, _>>()?;
    let Predictions { class_names, probabilities } = classify(&run, &pictures)?;
    for (image, probabilities) in arguments.images.iter().zip(&probabilities) {
        let (class, probability) = likeliest(probabilities);
        let name = class_names[class];
        if arguments.json {
            let prediction = Prediction { image, class, name, probabilities };
            println!("{}", serde_json::to_string(&prediction).expect("a prediction is plain data"));
        } else {
            println!("{}: {name} ({:.2} %)", image.display(), 100.0 * probability);
            let percent = |(name, p): (&&str, &f32)| format!("{name}: {:.2} %", 100.0 * p);
            println!(
                "    {}",
                class_names.iter().zip(probabilities).map(percent).collect::<Vec<_>>().join("  ")
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}
