//! What the machine can do at most, measured: the floor that the time of any kernel stands on.
//!
//! Both limits are those of as many threads as [`num_threads`] says, at the level of
//! [`crate::simd::level`], and the best of several repetitions, since whatever disturbs a
//! measurement makes it slower.

use std::time::{Duration, Instant};

use crate::simd::{Kernel, Simd, Vector, dispatch};
use crate::threads::{num_threads, parallel_chunks_mut, parallel_for};

/// How long a limit is looked for.
const DURATION: Duration = Duration::from_millis(500);

/// How many tasks each thread gets, so that one that starts late does less.
const TASKS_PER_THREAD: usize = 8;

/// How many `f32` operations a second fused multiply-adds in registers make, each of a lane counted
/// as two.
///
/// # Example
/// ```no_run
/// println!("{:.0} GFLOP/s", tenon_kernels::limits::flops_per_second() / 1e9);
/// ```
pub fn flops_per_second() -> f64 {
    const ROUNDS: usize = 20_000;
    let tasks = TASKS_PER_THREAD * num_threads();
    let flops = best_rate(|| {
        parallel_for(tasks, |_| {
            std::hint::black_box(multiply_add(ROUNDS));
        });
    });
    flops * (tasks * 2 * lanes() * CHAINS * ROUNDS) as f64
}

/// How many bytes a second a copy of memory moves, those read and those written counted, between
/// slices that no cache holds: by the system's own function or vector by vector, whichever is faster.
///
/// # Example
/// ```no_run
/// println!("{:.1} GB/s", tenon_kernels::limits::bytes_per_second() / 1e9);
/// ```
pub fn bytes_per_second() -> f64 {
    /// In elements: 256 MB each, larger than the caches of current machines.
    const LEN: usize = 64 << 20;
    /// In elements: a task's share.
    const CHUNK: usize = 1 << 20;
    let from = vec![1.0_f32; LEN];
    let mut to = vec![0.0_f32; LEN];
    let mut copies = |copy: fn(&[f32], &mut [f32])| {
        best_rate(|| {
            parallel_chunks_mut(&mut to, CHUNK, |i, to| copy(&from[i * CHUNK..][..to.len()], to));
            std::hint::black_box(&to);
        })
    };
    let rate = f64::max(copies(|from, to| to.copy_from_slice(from)), copies(copy_vectors));
    rate * (2 * size_of::<f32>() * LEN) as f64
}

/// How often a second `work` can be done.
fn best_rate(mut work: impl FnMut()) -> f64 {
    let start = Instant::now();
    let mut best = f64::INFINITY;
    while start.elapsed() < DURATION {
        let start = Instant::now();
        work();
        best = best.min(start.elapsed().as_secs_f64());
    }
    1.0 / best
}

/// How many sums grow beside each other: an instruction takes about four cycles and two start in
/// each, so eight would do if all ran evenly, and twelve and their factors fit into sixteen registers.
const CHAINS: usize = 12;

/// Sums that grow by fused multiply-adds.
struct MultiplyAdd {
    rounds: usize,
}

impl Kernel for MultiplyAdd {
    type Output = f32;

    #[inline(always)]
    fn run<S: Simd>(self) -> f32 {
        // SAFETY: `dispatch` runs this body where the machine has the instructions.
        unsafe {
            let factor = S::F32::splat(0.999);
            let term = S::F32::splat(1e-3);
            let mut sums = [term; CHAINS];
            for _ in 0..self.rounds {
                for sum in &mut sums {
                    *sum = sum.mul_add(factor, term);
                }
            }
            sums.into_iter().map(|sum| sum.sum()).sum()
        }
    }
}

#[inline(never)]
fn multiply_add(rounds: usize) -> f32 {
    dispatch(MultiplyAdd { rounds })
}

/// `to = from`, a vector at a time.
struct CopyVectors<'a, 'y> {
    from: &'a [f32],
    to: &'y mut [f32],
}

impl Kernel for CopyVectors<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let CopyVectors { from, to } = self;
        let lanes = <S::F32 as Vector<f32>>::LANES;
        for (from, to) in from.chunks(lanes).zip(to.chunks_mut(lanes)) {
            // SAFETY: `dispatch` runs this body where the machine has the instructions; both chunks have
            // so many numbers.
            unsafe { S::F32::load_first(from.as_ptr(), from.len()).store_first(to.as_mut_ptr(), to.len()) };
        }
    }
}

#[inline(never)]
fn copy_vectors(from: &[f32], to: &mut [f32]) {
    dispatch(CopyVectors { from, to });
}

/// Asks how many numbers a register holds.
struct AskLanes;

impl Kernel for AskLanes {
    type Output = usize;

    #[inline(always)]
    fn run<S: Simd>(self) -> usize {
        <S::F32 as Vector<f32>>::LANES
    }
}

fn lanes() -> usize {
    dispatch(AskLanes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{Level, with_level};

    #[test]
    fn every_level_computes_the_same_sums() {
        // The fixed point of s ← 0.999 s + 0.001 is 1, in every chain and lane.
        for &level in Level::available() {
            let (sum, lanes) = with_level(level, || (multiply_add(20_000), lanes()));
            let expected = (CHAINS * lanes) as f32;
            assert!((sum - expected).abs() < 1e-2 * expected, "{level:?}: {sum} for {expected}");
        }
    }
}
