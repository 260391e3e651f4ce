//! Any sizes and numbers as a convolution and its derivatives.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tenon_kernels::fuzz::check_conv2d(data));
