//! Any sizes, strides and numbers as a matrix product.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tenon_kernels::fuzz::check_gemm(data));
