//! The harness is tested by mutation: operations that are wrong in one respect must be rejected,
//! by the check that is meant to catch them, and their correct twins must pass.

#[macro_use]
mod define;
mod derivatives;
mod fused;
mod values;

use tenon_autodiff::proof::{Check, prove};
use tenon_tensor::proof::Proof;

const CASES: usize = 12;

/// The twin passes; the mutant is rejected by this check.
fn rejects<Right: Proof<N>, Wrong: Proof<N>, const N: usize>(check: Check) {
    if let Err(failure) = prove::<Right, N>(CASES) {
        panic!("the correct twin is rejected:\n{failure}");
    }
    match prove::<Wrong, N>(CASES) {
        Ok(report) => panic!("the mutant passes: {report:?}"),
        Err(failure) => assert_eq!(failure.check, check, "another check rejects it:\n{failure}"),
    }
}
