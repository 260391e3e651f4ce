//! Every operation is proved on cases that proptest draws and, when one fails, shrinks.

use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};
use tenon_autodiff::proof::{Failure, prove_case};
use tenon_tensor::ops::visit_proofs;
use tenon_tensor::proof::{Proof, ProofVisitor};

/// Cases per operation, so that all operations together take a few seconds. `cargo xtask
/// gradcheck` tries more.
const CASES: u32 = 10;

/// The seed of the drawn cases, so that a run can be repeated; the environment variable
/// `PROPTEST_RNG_SEED` sets another.
const SEED: u64 = 2;

/// Draws cases for every operation and collects the failures.
#[derive(Default)]
struct Drawn {
    failures: Vec<String>,
}

impl ProofVisitor for Drawn {
    fn visit<P: Proof<N>, const N: usize>(&mut self) {
        let defaults = Config::default();
        let rng_seed = match defaults.rng_seed {
            RngSeed::Random => RngSeed::Fixed(SEED),
            chosen => chosen,
        };
        let config = Config { cases: CASES, failure_persistence: None, rng_seed, ..defaults };
        let cases = (vec(any::<u8>(), 1..24), any::<u64>());
        let outcome = TestRunner::new(config).run(&cases, |(choices, seed)| {
            let failed = |failure: Failure| TestCaseError::fail(failure.to_string());
            prove_case::<P, N>(&choices, seed).map(drop).map_err(failed)
        });
        self.failures.extend(outcome.err().map(|error| error.to_string()));
    }
}

#[test]
fn operations_hold_on_drawn_cases() {
    let mut drawn = Drawn::default();
    visit_proofs(&mut drawn);
    assert!(drawn.failures.is_empty(), "{}", drawn.failures.join("\n\n"));
}

/// Proves every operation on one kind of axis sizes, with different choices for everything else.
struct AxisSizes {
    kind: u8,
}

impl ProofVisitor for AxisSizes {
    fn visit<P: Proof<N>, const N: usize>(&mut self) {
        // The second choice is the rank for most operations; the third, where it is 3, makes axes
        // equal that are otherwise mixed.
        for choices in [[self.kind, 1, 3, 3, 3], [self.kind, 4, 3, 2, 1], [self.kind, 3, 0, 1, 4]] {
            if let Err(failure) = prove_case::<P, N>(&choices, u64::from(self.kind)) {
                panic!("{failure}");
            }
        }
    }
}

#[test]
fn operations_hold_where_all_axes_are_one() {
    visit_proofs(&mut AxisSizes { kind: 0 });
}

#[test]
fn operations_hold_where_all_axes_are_two() {
    visit_proofs(&mut AxisSizes { kind: 1 });
}

#[test]
fn operations_hold_where_all_axes_are_the_same_prime() {
    visit_proofs(&mut AxisSizes { kind: 2 });
}

#[test]
fn operations_hold_where_axes_are_mixed() {
    visit_proofs(&mut AxisSizes { kind: 3 });
}

/// The names of the operations that are shown.
#[derive(Default)]
struct Names(Vec<&'static str>);

impl ProofVisitor for Names {
    fn visit<P: Proof<N>, const N: usize>(&mut self) {
        self.0.push(P::PROVES);
    }
}

#[test]
fn no_two_operations_have_one_name() {
    let mut names = Names::default();
    visit_proofs(&mut names);
    let shown = names.0.len();
    names.0.sort_unstable();
    names.0.dedup();
    assert_eq!(names.0.len(), shown);
    assert!(names.0.contains(&"matmul") && names.0.contains(&"conv2d"));
}
