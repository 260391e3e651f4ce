//! Which instructions the kernels run, and the one place where that is decided.
//!
//! A kernel body is written once, generic over the instruction set, and compiled once for each
//! [`Level`]; the private `dispatch` picks the copy for the machine at hand, one look-up per call.
//! The environment variable `TENON_SIMD` (`portable`, `avx2` or `avx512`) lowers the level of a
//! process; [`with_level`] that of a closure.

use std::cell::Cell;
use std::sync::OnceLock;

mod portable;
mod vector;
#[cfg(target_arch = "x86_64")]
mod x86;

use portable::Portable;
pub(crate) use vector::{Simd, Vector, copy_row, copy_rows};

/// The bytes of a cache line.
pub(crate) const CACHE_LINE: usize = 64;

/// A set of instructions that the kernels are compiled for, from the narrowest to the widest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What every machine of the target has: SSE2 on x86-64, NEON on AArch64.
    Portable,
    /// AVX2 and FMA: 8 × f32.
    Avx2,
    /// AVX-512 F, BW, DQ and VL: 16 × f32.
    Avx512,
}

impl Level {
    /// Every level that this machine can run, the narrowest first.
    pub fn available() -> &'static [Level] {
        const ALL: [Level; 3] = [Level::Portable, Level::Avx2, Level::Avx512];
        &ALL[..=detected() as usize]
    }
}

/// The level that kernels called from this thread run at.
#[inline]
pub fn level() -> Level {
    FORCED.get().unwrap_or_else(process_level)
}

/// Runs `f` with its kernels at `level`, or at the widest level of the machine where that is lower.
///
/// # Example
/// ```
/// use tenon_kernels::simd::{Level, level, with_level};
/// with_level(Level::Portable, || assert_eq!(level(), Level::Portable));
/// ```
pub fn with_level<R>(level: Level, f: impl FnOnce() -> R) -> R {
    struct Restore(Option<Level>);
    impl Drop for Restore {
        fn drop(&mut self) {
            FORCED.set(self.0);
        }
    }
    let _restore = Restore(FORCED.replace(Some(level.min(detected()))));
    f()
}

thread_local! {
    static FORCED: Cell<Option<Level>> = const { Cell::new(None) };
}

fn process_level() -> Level {
    static LEVEL: OnceLock<Level> = OnceLock::new();
    *LEVEL.get_or_init(|| {
        let wanted = match std::env::var("TENON_SIMD").as_deref() {
            Ok("portable") => Level::Portable,
            Ok("avx2") => Level::Avx2,
            _ => Level::Avx512,
        };
        wanted.min(detected())
    })
}

#[cfg(target_arch = "x86_64")]
fn detected() -> Level {
    static LEVEL: OnceLock<Level> = OnceLock::new();
    *LEVEL.get_or_init(|| {
        let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        let avx512 = avx2
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        match (avx2, avx512) {
            (_, true) => Level::Avx512,
            (true, _) => Level::Avx2,
            _ => Level::Portable,
        }
    })
}

#[cfg(not(target_arch = "x86_64"))]
fn detected() -> Level {
    Level::Portable
}

/// A computation that is compiled once for each instruction set.
///
/// `run` has to be `#[inline(always)]`: it is the body of a function that has the instructions
/// enabled, and only what is inlined there may use them.
pub(crate) trait Kernel {
    type Output;
    fn run<S: Simd>(self) -> Self::Output;
}

/// Runs `kernel` with the instructions of [`level`].
#[inline(always)]
pub(crate) fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    {
        match level() {
            // SAFETY: `level` never exceeds `detected`, so the machine has the instructions.
            Level::Avx512 => return unsafe { x86::run_avx512(kernel) },
            // SAFETY: as above.
            Level::Avx2 => return unsafe { x86::run_avx2(kernel) },
            Level::Portable => {}
        }
    }
    kernel.run::<Portable>()
}
