//! What the tests share: data, the ways to run a kernel, and comparison within a bound.

use std::path::Path;

use proptest::prelude::*;
use tenon_kernels::random::{Stream, uniform};
use tenon_kernels::simd::{Level, with_level};
use tenon_kernels::threads::with_num_threads;
use tenon_kernels::{Float, View};

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
                error <= bound || got == want || (got.is_nan() && want.is_nan()),
                "{level:?}, element {i}: {got} instead of {want}, off by {error:e}, allowed {bound:e}"
            );
        }
    }
}

/// As [`check`], to the last bit.
pub(crate) fn check_exact<E: Float>(want: &[E], kernel: impl Fn(&mut [E])) {
    check(want, 0.0, kernel);
}

/// How far `y` is from `want`, in units of the last place of a normal `want` towards zero.
pub(crate) fn ulps_off(y: f32, want: f64) -> f64 {
    let magnitude = (want as f32).abs();
    (f64::from(y) - want).abs() / (f64::from(magnitude) - f64::from(magnitude.next_down()))
}

/// How far a sum of `n` products of numbers within [−1, 1] may be off in `E`: each product and
/// each addition rounds by half an ε of something that is at most `n`; a factor of 2 covers the
/// oracle's own rounding and a bias.
pub(crate) fn sum_bound<E: Float>(n: usize) -> f64 {
    let n = (n + 1) as f64;
    n * n * E::EPSILON.to_f64()
}

/// Calls `check` with every file of a fuzzer's corpus.
pub(crate) fn replay_corpus(target: &str, check: impl Fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut n_files = 0;
    for entry in std::fs::read_dir(&corpus).expect("the corpus is part of the repository") {
        check(&std::fs::read(entry.expect("readable").path()).expect("readable"));
        n_files += 1;
    }
    assert!(n_files > 0, "seeds in {}", corpus.display());
}

/// A view of up to four axes with sizes and strides of any kind, over data of its own.
#[derive(Clone, Debug)]
pub(crate) struct AnyView {
    data_len: usize,
    offset: usize,
    dims: Vec<usize>,
    strides: Vec<isize>,
}

impl AnyView {
    /// Axes in any order in memory, some broadcast, some flipped, with gaps between.
    pub(crate) fn of(dims: Vec<usize>) -> impl Strategy<Value = AnyView> {
        let rank = dims.len();
        let order = Just((0..rank).collect::<Vec<_>>()).prop_shuffle();
        let kinds = prop::collection::vec((0u8..6, 0usize..3), rank);
        (Just(dims), order, kinds).prop_map(|(dims, order, kinds)| {
            let mut strides = vec![0; dims.len()];
            let (mut step, mut offset, mut reach) = (1, 0, 0);
            for axis in order {
                let (kind, gap) = kinds[axis];
                let span = step * dims[axis].saturating_sub(1);
                match kind {
                    0 => continue,
                    1 => {
                        strides[axis] = -(step as isize);
                        offset += span;
                    }
                    _ => strides[axis] = step as isize,
                }
                reach += span;
                step = step * dims[axis].max(1) + gap;
            }
            AnyView { data_len: reach + 1, offset, dims, strides }
        })
    }

    /// Numbers for the view to show.
    pub(crate) fn data<E: Float>(&self, seed: u64) -> Vec<E> {
        numbers(seed, self.data_len)
    }

    pub(crate) fn view<'a, E>(&self, data: &'a [E]) -> View<'a, E> {
        View::new(data, self.offset, &self.dims, &self.strides)
    }

    /// What the view shows, row by row, computed index by index.
    pub(crate) fn elements<E: Float>(&self, data: &[E]) -> Vec<E> {
        let n: usize = self.dims.iter().product();
        (0..n)
            .map(|i| {
                let (mut rest, mut place) = (i, self.offset as isize);
                for (dim, stride) in self.dims.iter().zip(&self.strides).rev() {
                    place += (rest % dim) as isize * stride;
                    rest /= dim;
                }
                data[place as usize]
            })
            .collect()
    }
}

/// Sizes that are likely to go wrong: 0, 1, 2, primes and more than a vector.
pub(crate) fn any_dims() -> impl Strategy<Value = Vec<usize>> {
    let dim = prop_oneof![Just(0usize), Just(1), Just(2), 3usize..8, Just(17), Just(40)];
    prop::collection::vec(dim, 0..=4)
}
