//! The verb `data`.

use std::fs;
use std::process::ExitCode;

use tenon_datasets::{Dataset, Mnist, Sha256};

use crate::error::Error;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The dataset; all of them if none is named.
    name: Option<String>,
}

/// The datasets, by name.
const DATASETS: &[(&str, fn() -> Result<(), Error>)] = &[("mnist", mnist)];

/// Reads datasets to the last byte and says what they are.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let is_asked = |name: &str| arguments.name.as_deref().is_none_or(|asked| asked == name);
    let asked: Vec<_> = DATASETS.iter().filter(|(name, _)| is_asked(name)).collect();
    if asked.is_empty() {
        return Err(Error::UnknownDataset {
            expected: DATASETS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "),
            found: arguments.name.clone().unwrap_or_default(),
        });
    }
    asked.into_iter().try_for_each(|(_, describe)| describe())?;
    Ok(ExitCode::SUCCESS)
}

fn mnist() -> Result<(), Error> {
    let directory = Mnist::directory();
    let (train, test) = (Mnist::train(&directory)?, Mnist::test(&directory)?);
    println!("mnist: handwritten digits, {} for training and {} for testing", train.len(), test.len());
    println!("    folder   {}", directory.display());
    println!("    licence  CC BY-SA 3.0, as commonly stated; see ATTRIBUTION.md there");
    let read = |cause| tenon_datasets::Error::Read { path: directory.clone(), cause };
    let mut files: Vec<_> = fs::read_dir(&directory)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .map_err(read)?;
    files.sort();
    for path in files.iter().filter(|path| path.to_string_lossy().contains("-ubyte")) {
        let bytes =
            fs::read(path).map_err(|cause| tenon_datasets::Error::Read { path: path.clone(), cause })?;
        let name = path.file_name().unwrap_or_default().display();
        println!("    {name:27} {:>9} bytes  sha-256 {}", bytes.len(), Sha256::of(&bytes));
    }
    println!("    complete: every byte was read and every label and size is right");
    Ok(())
}
