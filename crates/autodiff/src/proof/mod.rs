//! The harness that proves operations: one set of checks that every operation has to pass, on
//! drawn attributes, shapes and numbers.
//!
//! An operation submits itself by implementing [`Proof`]: how to draw it, how to run it, and an
//! oracle that computes its result one element at a time. The harness then holds
//! - the result, in `f64` and in `f32`, against the oracle;
//! - the same with NaN-filled output buffers, with views in place of contiguous arguments, in
//!   place and out of place, for one thread and for three;
//! - the gradients against central finite differences along random directions, and against
//!   `⟨Jv, w⟩ = ⟨v, Jᵀw⟩`;
//! - the kernels of a fused operation against its definition;
//! - the derivatives of the gradients against central finite differences of the gradients;
//! - every number computed on the way against NaN and infinity.
//!
//! Tolerances are derived, not tuned. A result may be off by `u (c + λ √n)` times the size of what
//! it is made of, with the unit roundoff `u`, `c` elementary roundings and `n` terms of a sum
//! (Higham and Mary 2019). A derivative may be off by 10⁻⁶, a second one by 10⁻⁴, which leaves
//! three to five digits above what a central difference in `f64` gets wrong.
//!
//! # Example
//! An operation of your own, proved:
//! ```
//! use tenon_autodiff::proof::prove;
//! use tenon_tensor::proof::{Domain, Draw, Naive, Proof};
//! use tenon_tensor::{Backend, Dims, Value};
//!
//! /// `y = x³`, made of two products.
//! #[derive(Clone, Debug)]
//! struct Cube;
//!
//! impl Proof<1> for Cube {
//!     const PROVES: &'static str = "cube";
//!     fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
//!         (Cube, [draw.any_dims()])
//!     }
//!     fn run<B: Backend>(&self, [x]: [Value<B>; 1]) -> Value<B> {
//!         x.clone() * x.clone() * x
//!     }
//!     fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
//!         x.map(|x| x.powi(3))
//!     }
//! }
//!
//! let report = prove::<Cube, 1>(4)?;
//! assert!(report.worst.first < 1e-6);
//! # Ok::<(), tenon_autodiff::proof::Failure>(())
//! ```

mod bound;
mod case;
mod compare;
mod derivatives;
mod failure;
mod report;
mod run;
mod subject;
mod values;
mod views;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tenon_tensor::Stream;
use tenon_tensor::proof::{Proof, ProofVisitor};

use case::Case;
use compare::Broken;
use subject::{DrawSubject, draw_subject};

pub use failure::{Check, Failure};
pub use report::{CaseReport, Report, table};

/// Proves an operation on one case, which `choices` draw and whose numbers `seed` gives.
///
/// The first choice says how axis sizes are drawn: 0 for all 1, 1 for all 2, 2 for all 7, else
/// mixed; the operation draws from the others.
///
/// # Errors
/// The first check that does not hold, and how to see it again.
pub fn prove_case<P: Proof<N>, const N: usize>(choices: &[u8], seed: u64) -> Result<CaseReport, Failure> {
    prove_drawn(P::PROVES, draw_subject::<P, N>, choices, seed)
}

fn prove_drawn(
    name: &'static str,
    draw: DrawSubject,
    choices: &[u8],
    seed: u64,
) -> Result<CaseReport, Failure> {
    let fail = |case: &str, Broken { check, what }| Failure {
        check,
        name,
        case: case.to_owned(),
        what,
        choices: choices.to_vec(),
        seed,
    };
    let drawn = catching(Check::Draw, || {
        let case = Case::draw(draw, choices, seed);
        let (rounded, long) = (case.rounded(), Case::draw_long(draw, choices, seed));
        Ok((case.oracle(), rounded.oracle(), case, rounded, long))
    });
    let (oracle, rounded_oracle, case, rounded, long) = drawn.map_err(|broken| fail("not drawn", broken))?;
    let check = || {
        let dims = oracle.dims;
        catching(Check::Dims, || values::dims(&case, &oracle))?;
        catching(Check::Poison, || values::poison::<f64>(&case, dims))?;
        catching(Check::Poison, || values::poison::<f32>(&case, dims))?;
        let forward = catching(Check::Forward, || values::forward::<f64>(Check::Forward, &case, &oracle))?;
        let forward_f32 = catching(Check::ForwardF32, || {
            values::forward::<f32>(Check::ForwardF32, &rounded, &rounded_oracle)
        })?;
        catching(Check::Views, || values::views(&case, &oracle))?;
        catching(Check::InPlace, || values::in_place::<f64>(&case, dims))?;
        catching(Check::InPlace, || values::in_place::<f32>(&case, dims))?;
        catching(Check::Threads, || values::threads(&long))?;
        catching(Check::Finite, || {
            values::finite(&case, dims);
            Ok(())
        })?;
        catching(Check::Partial, || values::partial(&case, dims))?;
        catching(Check::Fused, || values::fused(&case, &oracle))?;
        let first = catching(Check::First, || derivatives::first(&case, &oracle))?;
        catching(Check::Duality, || derivatives::duality(&case, &oracle))?;
        let second = catching(Check::Second, || derivatives::second(&case, &oracle))?;
        Ok(CaseReport { forward, forward_f32, first, second })
    };
    check().map_err(|broken| fail(&case.describe(), broken))
}

/// Runs a check; a panic in it breaks it.
fn catching<T>(check: Check, f: impl FnOnce() -> Result<T, Broken>) -> Result<T, Broken> {
    catch_unwind(AssertUnwindSafe(f))
        .unwrap_or_else(|panic| Err(Broken::new(check, format!("it panics: {}", message(&*panic)))))
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message")
}

/// Proves an operation on `cases` cases, which are the same whenever it is called.
///
/// # Errors
/// The first failure.
pub fn prove<P: Proof<N>, const N: usize>(cases: usize) -> Result<Report, Failure> {
    prove_cases(P::PROVES, draw_subject::<P, N>, cases)
}

fn prove_cases(name: &'static str, draw: DrawSubject, cases: usize) -> Result<Report, Failure> {
    const N_CHOICES: u64 = 24;
    let mut report = Report::new(name);
    for seed in 0..cases as u64 {
        let stream = Stream { seed, stream: 0 };
        let mut choices: Vec<u8> = (0..N_CHOICES).map(|i| stream.bits(i) as u8).collect();
        // Every kind of axis sizes in turn, so that even a few cases have seen them all.
        choices[0] = seed as u8;
        report.add(prove_drawn(name, draw, &choices, seed)?);
    }
    Ok(report)
}

/// Proves every operation it is shown.
///
/// # Example
/// ```
/// use tenon_autodiff::proof::Prover;
/// use tenon_tensor::ops;
/// use tenon_tensor::proof::ProofVisitor;
///
/// let mut prover = Prover::new(1);
/// prover.visit::<ops::exp::Exp, 1>();
/// prover.visit::<ops::matmul::MatMul, 2>();
/// assert!(prover.into_results().iter().all(Result::is_ok));
/// ```
#[derive(Debug)]
pub struct Prover {
    cases: usize,
    results: Vec<Result<Report, Failure>>,
}

impl Prover {
    /// Tries each operation on `cases` cases.
    pub fn new(cases: usize) -> Self {
        Prover { cases, results: Vec::new() }
    }

    /// One result per operation, in the order in which they were shown.
    pub fn into_results(self) -> Vec<Result<Report, Failure>> {
        self.results
    }
}

impl ProofVisitor for Prover {
    fn visit<P: Proof<N>, const N: usize>(&mut self) {
        self.results.push(prove::<P, N>(self.cases));
    }
}
