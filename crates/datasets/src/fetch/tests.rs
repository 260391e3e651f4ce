use super::*;
use crate::package::{Client, File as Known};

const FILES: &[Known] = &[
    Known::new("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    Known::new("empty", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
];

const ORIGIN: Origin =
    Origin { client: Client::Wheel, package: "letters", version: "1.0", folder: "inside", files: FILES };

/// A cached folder and an unpacked package, removed at the end of a test.
struct Folders {
    cached: PathBuf,
    unpacked: PathBuf,
}

impl Folders {
    fn new(test: &str) -> Self {
        let root = std::env::temp_dir().join(format!("tenon-fetch-{test}-{}", std::process::id()));
        let folders = Folders { cached: root.join("cached"), unpacked: root.join("unpacked") };
        fs::create_dir_all(&folders.cached).unwrap();
        fs::create_dir_all(folders.unpacked.join("inside")).unwrap();
        folders
    }

    fn unpack(&self, name: &str, bytes: &[u8]) {
        fs::write(self.unpacked.join("inside").join(name), bytes).unwrap();
    }

    fn accept(&self, file: &Known) -> Result<(), FetchError> {
        accept(&ORIGIN, file, &self.unpacked, &self.cached)
    }
}

impl Drop for Folders {
    fn drop(&mut self) {
        fs::remove_dir_all(self.cached.parent().unwrap()).unwrap();
    }
}

#[test]
fn only_what_is_missing_or_changed_is_wanted() {
    let folders = Folders::new("missing");
    assert_eq!(missing(&ORIGIN, &folders.cached).len(), 2);
    fs::write(folders.cached.join("abc"), "abc").unwrap();
    fs::write(folders.cached.join("empty"), "not so").unwrap();
    let names: Vec<_> = missing(&ORIGIN, &folders.cached).iter().map(|file| file.name).collect();
    assert_eq!(names, ["empty"]);
}

#[test]
fn a_right_file_takes_its_place() {
    let folders = Folders::new("right");
    folders.unpack("abc", b"abc");
    fs::write(folders.cached.join("abc"), "damaged").unwrap();
    folders.accept(&FILES[0]).unwrap();
    assert_eq!(fs::read(folders.cached.join("abc")).unwrap(), b"abc");
}

#[test]
fn a_wrong_file_is_refused_with_both_checksums() {
    let folders = Folders::new("wrong");
    folders.unpack("abc", b"");
    let error = folders.accept(&FILES[0]).unwrap_err().to_string();
    let (expected, found) = (FILES[0].sha256, FILES[1].sha256);
    assert_eq!(error, format!("letters 1.0 by pip: inside/abc: sha-256: expected {expected}, found {found}"));
    assert!(!folders.cached.join("abc").exists());
}

#[test]
fn a_file_that_the_package_lacks_is_named() {
    let error = Folders::new("lacks").accept(&FILES[0]).unwrap_err().to_string();
    assert_eq!(error, "letters 1.0 by pip: expected the file inside/abc, found none");
}
