//! Random numbers that are a function of where they stand.
//!
//! Element `i` of a stream is computed from `(seed, stream, i)` by the Philox 4×32-10 generator,
//! so it does not matter which thread fills which part, or in how many calls.
//!
//! Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011).

use crate::Float;
use crate::float::sealed::Element;
use crate::threads::parallel_chunks_mut;

/// How many elements a task has.
const BLOCK: usize = 4 * 1024;

/// An endless sequence of random bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    /// The seed of the experiment.
    pub seed: u64,
    /// The number of the sequence within it.
    pub stream: u64,
}

impl Stream {
    /// The four words of block `counter`.
    ///
    /// # Example
    /// ```
    /// use tenon_kernels::random::Stream;
    /// // The generator's published test vector for a key and a counter of zeros.
    /// let zero = Stream { seed: 0, stream: 0 };
    /// assert_eq!(zero.block(0), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
    /// ```
    #[inline]
    pub fn block(self, counter: u64) -> [u32; 4] {
        const MULTIPLIERS: [u32; 2] = [0xd251_1f53, 0xcd9e_8d57];
        // The golden ratio and √3 − 1, in 32 bits.
        const WEYL: [u32; 2] = [0x9e37_79b9, 0xbb67_ae85];
        const ROUNDS: usize = 10;
        let mut key = [self.seed as u32, (self.seed >> 32) as u32];
        let [mut c0, mut c1, mut c2, mut c3] =
            [counter as u32, (counter >> 32) as u32, self.stream as u32, (self.stream >> 32) as u32];
        for _ in 0..ROUNDS {
            let p0 = u64::from(MULTIPLIERS[0]) * u64::from(c0);
            let p1 = u64::from(MULTIPLIERS[1]) * u64::from(c2);
            (c0, c1, c2, c3) =
                ((p1 >> 32) as u32 ^ c1 ^ key[0], p1 as u32, (p0 >> 32) as u32 ^ c3 ^ key[1], p0 as u32);
            key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
        }
        [c0, c1, c2, c3]
    }

    /// The 64 bits at place `i`.
    #[inline]
    pub fn bits(self, i: u64) -> u64 {
        let block = self.block(i / 2);
        let half = (i % 2) as usize * 2;
        u64::from(block[half]) | u64::from(block[half + 1]) << 32
    }
}

/// `y[i]` = the uniform number of [0, 1) at place `offset + i` of the stream.
pub fn uniform<E: Float>(stream: Stream, offset: u64, y: &mut [E]) {
    fill(stream, offset, y, E::from_random_bits);
}

/// `y[i]` = `on` with probability `p`, else 0, from place `offset + i` of the stream.
pub fn bernoulli<E: Float>(stream: Stream, offset: u64, p: f64, on: E, y: &mut [E]) {
    fill(stream, offset, y, |bits| if f64::from_random_bits(bits) < p { on } else { E::ZERO });
}

fn fill<E: Float>(stream: Stream, offset: u64, y: &mut [E], from_bits: impl Fn(u64) -> E + Sync) {
    parallel_chunks_mut(y, BLOCK, |block, y| {
        let first = offset + (block * BLOCK) as u64;
        for (i, y) in y.iter_mut().enumerate() {
            *y = from_bits(stream.bits(first + i as u64));
        }
    });
}
