//! Random numbers that are a function of where they stand.
//!
//! Element `i` of a stream is computed from `(seed, stream, i)` by the Philox 4×32-10 generator,
//! so it does not matter which thread fills which part, or in how many calls.
//!
//! Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011).

use crate::Float;
use crate::simd::{Kernel, Simd};
use crate::threads::parallel_chunks_mut;

/// How many elements a task has.
const BLOCK: usize = 16 * 1024;

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
    #[inline(always)]
    pub fn block(self, counter: u64) -> [u32; 4] {
        const MULTIPLIERS: [u64; 2] = [0xd251_1f53, 0xcd9e_8d57];
        // The golden ratio and √3 − 1, in 32 bits.
        const WEYL: [u32; 2] = [0x9e37_79b9, 0xbb67_ae85];
        const ROUNDS: usize = 10;
        const LOW: u64 = u32::MAX as u64;
        let mut key = [self.seed as u32, (self.seed >> 32) as u32];
        // Each word stands in the low half of a lane of 64 bits, whatever is in the high half:
        // the vectors multiply low halves, and nothing has to be moved between lanes.
        let [mut c0, mut c1, mut c2, mut c3] = [counter, counter >> 32, self.stream, self.stream >> 32];
        for _ in 0..ROUNDS {
            let p0 = MULTIPLIERS[0] * (c0 & LOW);
            let p1 = MULTIPLIERS[1] * (c2 & LOW);
            (c0, c1, c2, c3) =
                ((p1 >> 32) ^ c1 ^ u64::from(key[0]), p1, (p0 >> 32) ^ c3 ^ u64::from(key[1]), p0);
            key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
        }
        [c0 as u32, c1 as u32, c2 as u32, c3 as u32]
    }

    /// The 64 bits at place `i`.
    #[inline]
    pub fn bits(self, i: u64) -> u64 {
        self.pair(i / 2)[(i % 2) as usize]
    }

    /// The bits at places `2 counter` and `2 counter + 1`.
    #[inline(always)]
    fn pair(self, counter: u64) -> [u64; 2] {
        let [a, b, c, d] = self.block(counter).map(u64::from);
        [a | b << 32, c | d << 32]
    }
}

/// `y[i]` = the uniform number of [0, 1) at place `offset + i` of the stream.
pub fn uniform<E: Float>(stream: Stream, offset: u64, y: &mut [E]) {
    draw(stream, offset, None, y);
}

/// `y[i]` = 0 where the [`uniform`] number at place `offset + i` is below `p`, else `kept`: the
/// mask of a dropout.
pub fn mask<E: Float>(stream: Stream, offset: u64, p: f64, kept: f64, y: &mut [E]) {
    draw(stream, offset, Some(Threshold { p: E::from_f64(p), kept: E::from_f64(kept) }), y);
}

fn draw<E: Float>(stream: Stream, offset: u64, threshold: Option<Threshold<E>>, y: &mut [E]) {
    parallel_chunks_mut(y, BLOCK, |block, y| {
        E::draw(Draw { stream, first: offset + (block * BLOCK) as u64, threshold, y });
    });
}

/// What becomes of a uniform number: 0 if it is below `p`, else `kept`.
#[derive(Clone, Copy)]
struct Threshold<E> {
    p: E,
    kept: E,
}

/// The numbers of a stream from place `first` on.
pub(crate) struct Draw<'y, E> {
    stream: Stream,
    first: u64,
    threshold: Option<Threshold<E>>,
    y: &'y mut [E],
}

impl<E: Float> Kernel for Draw<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Draw { stream, first, threshold, y } = self;
        // A block of the generator gives the numbers of an even and of the next odd place.
        let (odd, pairs) = y.split_at_mut(((first % 2) as usize).min(y.len()));
        if let [y] = odd {
            *y = E::from_random_bits(stream.pair(first / 2)[1]);
        }
        let counter = first.div_ceil(2);
        let (pairs, last) = pairs.as_chunks_mut::<2>();
        for (i, y) in pairs.iter_mut().enumerate() {
            let [even, odd] = stream.pair(counter.wrapping_add(i as u64));
            *y = [E::from_random_bits(even), E::from_random_bits(odd)];
        }
        if let [y] = last {
            *y = E::from_random_bits(stream.pair(counter.wrapping_add(pairs.len() as u64))[0]);
        }
        if let Some(Threshold { p, kept }) = threshold {
            for y in y {
                *y = if *y < p { E::ZERO } else { kept };
            }
        }
    }
}
