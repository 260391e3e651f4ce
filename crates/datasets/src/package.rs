//! What is known of a dataset or of weights before they are read: files, checksums, where they lie.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::checksum::Sha256;
use crate::error::Error;

/// The environment variable that names the folder of what was fetched, each package in a folder of
/// its own.
const DATA_VARIABLE: &str = "TENON_DATA";

/// A dataset, or the weights of a model, as a fixed set of files.
#[derive(Debug)]
pub struct Package {
    /// What it is called here, and the name of its folder.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// Under which licence.
    pub licence: &'static str,
    /// The files that come with the library.
    pub vendored: Vendored,
    /// Where all of it can be had, if not all of it comes with the library.
    pub origin: Option<Origin>,
}

/// How much of a package comes with the library.
#[derive(Debug)]
pub enum Vendored {
    /// Everything.
    Whole(&'static [File]),
    /// Enough for tests.
    Slice(&'static [File]),
    /// Nothing.
    Nothing,
}

/// A package of a public registry.
#[derive(Debug)]
pub struct Origin {
    /// The registry's own client.
    pub client: Client,
    /// What the package is called there.
    pub package: &'static str,
    /// The one version whose files are known.
    pub version: &'static str,
    /// The folder of the files inside the package.
    pub folder: &'static str,
    /// The files.
    pub files: &'static [File],
}

/// The client of a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// `apt-get`, for Debian packages.
    Apt,
    /// `pip`, for wheels of the Python package index.
    Wheel,
    /// `pip`, for source distributions of the Python package index; nothing of them is run.
    SourceDistribution,
}

/// A file whose every byte is known beforehand.
#[derive(Debug)]
pub struct File {
    /// Its name, without folders.
    pub name: &'static str,
    /// Its length.
    pub bytes: u64,
    /// Its checksum.
    pub sha256: Sha256,
}

impl File {
    /// A file, its checksum in hexadecimal digits.
    pub const fn new(name: &'static str, bytes: u64, sha256: &str) -> Self {
        Self { name, bytes, sha256: Sha256::from_hex(sha256) }
    }

    /// Compares bytes that were read from `path` with the checksum.
    ///
    /// # Errors
    /// [`Error::Checksum`] if they are other bytes.
    pub fn verify(&self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        let found = Sha256::of(bytes);
        if found == self.sha256 {
            return Ok(());
        }
        Err(Error::Checksum { path: path.to_owned(), expected: self.sha256, found })
    }
}

impl Package {
    /// The folder to read from unless the user names another: the [cached](Self::cached) one, but
    /// the [vendored](Self::vendored_folder) one where all of the package comes with the library
    /// and the other does not exist.
    pub fn folder(&self) -> PathBuf {
        let cached = self.cached();
        match self.vendored {
            Vendored::Whole(_) if !cached.is_dir() => self.vendored_folder(),
            _ => cached,
        }
    }

    /// The folder of what comes with the library.
    pub fn vendored_folder(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(self.name)
    }

    /// The folder that the package is fetched into: named as it is, in `$TENON_DATA`, or else in
    /// the folder `tenon` of the user's cache.
    pub fn cached(&self) -> PathBuf {
        cache().join(self.name)
    }

    /// All files of the package.
    pub fn files(&self) -> &'static [File] {
        match (&self.origin, &self.vendored) {
            (Some(origin), _) => origin.files,
            (None, Vendored::Whole(files) | Vendored::Slice(files)) => files,
            (None, Vendored::Nothing) => &[],
        }
    }

    /// The files that belong into a folder of this package; `None` if the folder is a user's own.
    pub fn listing(&self, folder: &Path) -> Option<&'static [File]> {
        if folder == self.vendored_folder() {
            return match self.vendored {
                Vendored::Whole(files) | Vendored::Slice(files) => Some(files),
                Vendored::Nothing => None,
            };
        }
        self.origin.as_ref().filter(|_| folder == self.cached()).map(|origin| origin.files)
    }

    /// The path and the bytes of the file `name`, or else `name.gz`, of a folder. They are held
    /// against the checksum if the file is one of the package's own.
    ///
    /// # Errors
    /// [`Error::Missing`], or [`Error::NotFetched`] where fetching the package would help;
    /// [`Error::Read`]; [`Error::Checksum`].
    pub fn read(&self, folder: &Path, name: &str) -> Result<(PathBuf, Vec<u8>), Error> {
        let plain = folder.join(name);
        let compressed = folder.join(format!("{name}.gz"));
        let (path, bytes) = if let Some(bytes) = read_if_there(&compressed)? {
            (compressed, bytes)
        } else if let Some(bytes) = read_if_there(&plain)? {
            (plain, bytes)
        } else if self.origin.is_some() && folder == self.cached() {
            return Err(Error::NotFetched { path: plain, package: self.name });
        } else {
            return Err(Error::Missing { path: plain });
        };
        let own = self.listing(folder).into_iter().flatten();
        if let Some(file) = own.into_iter().find(|file| path.ends_with(file.name)) {
            file.verify(&path, &bytes)?;
        }
        Ok((path, bytes))
    }
}

fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(Error::Read { path: path.to_owned(), cause }),
    }
}

/// The folder of all that was fetched.
fn cache() -> PathBuf {
    let folder = |variable| env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = |below: &str| folder("HOME").map(|home| home.join(below));
    let users = if cfg!(windows) {
        folder("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        home("Library/Caches")
    } else {
        folder("XDG_CACHE_HOME").or_else(|| home(".cache"))
    };
    match env::var_os(DATA_VARIABLE) {
        Some(data) if !data.is_empty() => PathBuf::from(data),
        _ => users.unwrap_or_else(env::temp_dir).join("tenon"),
    }
}
