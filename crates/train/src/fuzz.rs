//! What must hold for any bytes: the body of the fuzz target, which tests replay on known bytes.

use std::path::Path;
use std::{env, fs, process, thread};

use tenon_layers::prelude::*;
use tenon_layers::state_dict::to_bytes;

use crate::run_folder::RunFolder;

/// Any two files are refused or read as those of a run, `run.json` and `model.safetensors`; the
/// files stay as they are, and a model that they do not fit does too. A zero byte parts them.
///
/// # Panics
/// If that is not so, or a temporary folder cannot be written to.
pub fn check_run_folder(data: &[u8]) {
    let name = format!("tenon-fuzz-{}-{:?}", process::id(), thread::current().id());
    let folder = env::temp_dir().join(name);
    fs::create_dir_all(&folder).expect("a temporary folder can be made");
    check(&folder, data);
    fs::remove_dir_all(&folder).expect("what was made can be removed");
}

fn check(folder: &Path, data: &[u8]) {
    let end = data.iter().position(|&byte| byte == 0).unwrap_or(data.len());
    let files = [("run.json", &data[..end]), ("model.safetensors", data.get(end + 1..).unwrap_or_default())];
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).expect("a temporary file can be written");
    }
    if let Ok((run, _)) = RunFolder::open(folder) {
        let mut model: Linear<U3, U2> = Init::init(&mut SeededRng::new(1));
        let before = to_bytes(&model);
        if run.load_model(&mut model).is_err() {
            assert_eq!(to_bytes(&model), before, "what is refused changes nothing");
        }
    }
    for (name, bytes) in files {
        assert_eq!(fs::read(folder.join(name)).expect("the file is there"), bytes, "{name} was changed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corpus_is_replayed() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/run_folder");
        let mut n_replayed = 0;
        for entry in fs::read_dir(corpus).unwrap() {
            check_run_folder(&fs::read(entry.unwrap().path()).unwrap());
            n_replayed += 1;
        }
        assert!(n_replayed > 6, "{n_replayed}");
    }
}
