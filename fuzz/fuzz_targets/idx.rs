//! Any bytes as an IDX file.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tenon_datasets::fuzz::check_idx(data));
