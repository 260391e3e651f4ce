//! What must hold for any bytes: the body of the fuzz target, which tests replay on known bytes.

use crate::prelude::*;
use crate::state_dict::{from_bytes, to_bytes};

/// Parameters, buffers and a counter, under two levels of names.
type Model = (Linear<U3, U2>, BatchNorm1d<U2>);

/// Any bytes are either refused, and change nothing, or read, and what was read is written as
/// something that is read alike.
///
/// # Panics
/// If that is not so.
pub fn check_state_dict(data: &[u8]) {
    let mut model: Model = Init::init(&mut SeededRng::new(1));
    let before = to_bytes(&model);
    let result = from_bytes(&mut model, data);
    let after = to_bytes(&model);
    if result.is_err() {
        assert_eq!(after, before, "what is refused changes nothing");
        return;
    }
    let mut again: Model = Init::init(&mut SeededRng::new(2));
    from_bytes(&mut again, &after).expect("what was written can be read");
    assert_eq!(to_bytes(&again), after, "numbers are read as they were written");
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn corpus_is_replayed() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/state_dict");
        let mut n_replayed = 0;
        for entry in fs::read_dir(corpus).unwrap() {
            let path = entry.unwrap().path();
            let data = fs::read(&path).unwrap();
            check_state_dict(&data);
            let name = path.file_name().unwrap().to_string_lossy();
            let is_read = from_bytes(&mut Model::init(&mut SeededRng::new(0)), &data).is_ok();
            // Bytes that the fuzzer found are named by their hash and may be either.
            if name.contains('_') {
                assert_eq!(is_read, name.starts_with("valid_"), "{name}");
            }
            n_replayed += 1;
        }
        assert!(n_replayed > 15, "{n_replayed}");
    }
}
