//! What the tests share: data, the ways to run a kernel, and comparison within a bound.

use tenon_kernels::Float;
use tenon_kernels::random::{Stream, uniform};
use tenon_kernels::simd::{Level, with_level};
use tenon_kernels::threads::with_num_threads;

/// `n` numbers of [−1, 1).
pub(crate) fn numbers<E: Float>(seed: u64, n: usize) -> Vec<E> {
    let mut values = vec![E::ZERO; n];
    uniform(Stream { seed, stream: 7 }, 0, &mut values);
    values.iter().map(|&x| x + x - E::ONE).collect()
}

/// Calls `kernel` with an output of `n` NaN, at every level of instructions and for one, two and
/// three threads, demands the same bits for any number of threads, and returns an output for each
/// level.
pub(crate) fn at_every_level<E: Float>(n: usize, kernel: impl Fn(&mut [E])) -> Vec<Vec<E>> {
    let run = |threads| {
        let mut y = vec![E::NAN; n];
        with_num_threads(threads, || kernel(&mut y));
        y
    };
    Level::available()
        .iter()
        .map(|&level| {
            with_level(level, || {
                let one = run(1);
                for threads in [2, 3] {
                    let many = run(threads);
                    assert!(
                        one.iter().map(|x| x.bits()).eq(many.iter().map(|x| x.bits())),
                        "the bits of {threads} threads at {level:?}"
                    );
                }
                one
            })
        })
        .collect()
}

/// Demands that `kernel`, run in all ways, agrees with `want` to `bound` everywhere.
pub(crate) fn check<E: Float>(want: &[E], bound: f64, kernel: impl Fn(&mut [E])) {
    for (got, level) in at_every_level(want.len(), kernel).iter().zip(Level::available()) {
        for (i, (got, want)) in got.iter().zip(want).enumerate() {
            let error = (got.to_f64() - want.to_f64()).abs();
            assert!(
                error <= bound || got.to_f64() == want.to_f64() || (got.is_nan() && want.is_nan()),
                "{level:?}, element {i}: {got} instead of {want}, off by {error:e}, allowed {bound:e}"
            );
        }
    }
}

/// How far a sum of `n` products of numbers within [−1, 1] may be off in `E`: each product and
/// each addition rounds by half an ε of something that is at most `n`; a factor of 2 covers the
/// oracle's own rounding and a bias.
pub(crate) fn sum_bound<E: Float>(n: usize) -> f64 {
    let n = (n + 1) as f64;
    n * n * E::EPSILON.to_f64()
}
