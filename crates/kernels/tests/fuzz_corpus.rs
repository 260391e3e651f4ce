//! The inputs of the fuzzer that are worth keeping, replayed without it.

use std::fs;
use std::path::Path;

#[test]
fn matrix_products() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/gemm");
    let mut n_inputs = 0;
    for entry in fs::read_dir(corpus).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        tenon_kernels::fuzz::check_gemm(&fs::read(path).unwrap());
        n_inputs += 1;
    }
    assert!(n_inputs > 10, "the corpus has {n_inputs} inputs");
}
