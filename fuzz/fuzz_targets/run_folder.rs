//! Any bytes as the files of a run.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tenon_train::fuzz::check_run_folder(data));
