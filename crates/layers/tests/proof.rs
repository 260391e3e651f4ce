//! Every layer is proved as operations are: its output, and its derivatives with respect to its
//! input and to every parameter.

use tenon_autodiff::proof::{Prover, table};

const CASES: usize = 8;

#[test]
fn layers_hold_on_drawn_cases() {
    let mut prover = Prover::new(CASES);
    tenon_layers::visit_proofs(&mut prover);
    let results = prover.into_results();
    assert!(!results.is_empty());
    assert!(results.iter().all(Result::is_ok), "{}", table(&results));
}
