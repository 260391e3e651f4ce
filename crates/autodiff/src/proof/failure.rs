//! What did not hold, and how to see it again.

use std::error::Error;
use std::fmt;

/// The checks of the harness, in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Check {
    /// The operation draws a case, and the oracle answers it.
    Draw,
    /// The result and the gradients have the dims they should have.
    Dims,
    /// NaN-filled output buffers change nothing: every element is overwritten.
    Poison,
    /// The result in `f64` is the oracle's.
    Forward,
    /// The result in `f32` is the oracle's.
    ForwardF32,
    /// Arguments that are transposed or sliced views give the same numbers.
    Views,
    /// The only handle to a buffer gives the same bits as a shared one, which is left unchanged.
    InPlace,
    /// Any number of threads gives the same bits.
    Threads,
    /// Everything computed on the way is finite.
    Finite,
    /// A gradient does not depend on whether others are asked for.
    Partial,
    /// Fused kernels compute their definition.
    Fused,
    /// The gradients are the slopes of the result.
    First,
    /// `⟨Jv, w⟩ = ⟨v, Jᵀw⟩`.
    Duality,
    /// The derivatives of the gradients are the slopes of the gradients.
    Second,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Check::Draw => "draw",
            Check::Dims => "dims",
            Check::Poison => "poisoned buffers",
            Check::Forward => "forward",
            Check::ForwardF32 => "forward in f32",
            Check::Views => "views",
            Check::InPlace => "in place",
            Check::Threads => "threads",
            Check::Finite => "finite",
            Check::Partial => "partial gradients",
            Check::First => "first order",
            Check::Duality => "duality",
            Check::Fused => "fused kernels",
            Check::Second => "second order",
        })
    }
}

/// A case that an operation fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The check that failed.
    pub check: Check,
    /// The name of the operation in the table of proofs.
    pub name: &'static str,
    /// The operation with its attributes, and the dims of its arguments.
    pub case: String,
    /// What was expected and what was found.
    pub what: String,
    /// The choices that draw the case again.
    pub choices: Vec<u8>,
    /// The seed of its numbers.
    pub seed: u64,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { check, name, case, what, choices, seed } = self;
        write!(
            f,
            "{name}: the check `{check}` fails\n  \
             case: {case}\n  \
             {what}\n  \
             again: prove_case::<P, _>(&{choices:?}, {seed})"
        )
    }
}

impl Error for Failure {}
