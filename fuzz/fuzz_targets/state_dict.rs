//! Any bytes as the weights of a model.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tenon_layers::fuzz::check_state_dict(data));
