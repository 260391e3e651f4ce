//! What must hold for any bytes: the bodies of the fuzz targets, which tests replay on known bytes.

use crate::idx::Idx;

/// Any bytes are either refused or read, and what was read is written as the bytes it was read
/// from.
///
/// # Panics
/// If that is not so.
pub fn check_idx(data: &[u8]) {
    let Ok(idx) = Idx::parse(data) else { return };
    let written = idx.to_bytes();
    // Compressed files, which do not begin with the zero of the format, are written uncompressed.
    if data[0] == 0 {
        assert_eq!(written, data, "an array is written as it was read");
    }
    let again = Idx::parse(&written).expect("what was written can be read");
    assert_eq!(again, idx, "an array is read as it was written");
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn corpus_is_replayed() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/idx");
        let (mut n_read, mut n_refused) = (0, 0);
        for entry in fs::read_dir(corpus).unwrap() {
            let path = entry.unwrap().path();
            let data = fs::read(&path).unwrap();
            check_idx(&data);
            let is_read = Idx::parse(&data).is_ok();
            let name = path.file_name().unwrap().to_string_lossy();
            // Bytes that the fuzzer found are named by their hash and may be either.
            if name.starts_with("valid") {
                assert!(is_read, "{name}");
            }
            n_read += usize::from(is_read);
            n_refused += usize::from(!is_read);
        }
        assert!(n_read > 10 && n_refused > 10, "{n_read} read, {n_refused} refused");
    }
}
