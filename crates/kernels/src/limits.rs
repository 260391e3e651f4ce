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
/// slices that no cache holds.
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
    let copies = best_rate(|| {
        parallel_chunks_mut(&mut to, CHUNK, |i, to| to.copy_from_slice(&from[i * CHUNK..][..to.len()]));
        std::hint::black_box(&to);
    });
    copies * (2 * size_of::<f32>() * LEN) as f64
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
