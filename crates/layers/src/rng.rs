//! The random generator that initializers draw from.

use std::convert::Infallible;

use rand::rand_core::TryRng;
use tenon_tensor::Stream;

/// A generator whose numbers depend on the seed alone: the same on every machine and in every
/// release, which `rand::rngs::StdRng` does not promise.
///
/// It reads one counter-based stream (Philox 4×32-10) from its start.
///
/// # Example
/// ```
/// use rand::Rng;
/// use tenon_layers::SeededRng;
/// assert_eq!(SeededRng::new(1).next_u64(), SeededRng::new(1).next_u64());
/// assert_ne!(SeededRng::new(1).next_u64(), SeededRng::new(2).next_u64());
/// ```
#[derive(Clone, Debug)]
pub struct SeededRng {
    stream: Stream,
    next: u64,
}

impl SeededRng {
    /// The stream that initializers read; training draws from the streams below it.
    const STREAM: u64 = u64::MAX;

    /// The generator of a seed.
    pub fn new(seed: u64) -> Self {
        SeededRng { stream: Stream { seed, stream: Self::STREAM }, next: 0 }
    }
}

impl TryRng for SeededRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|bits| (bits >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let bits = self.stream.bits(self.next);
        self.next += 1;
        Ok(bits)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            let bits = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&bits[..chunk.len()]);
        }
        Ok(())
    }
}
