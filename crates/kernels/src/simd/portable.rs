//! Vectors as arrays, for the compiler to map to whatever the target always has.

use super::{Simd, Vector};
use crate::Float;
use crate::float::sealed::Element;

#[derive(Clone, Copy)]
pub(crate) struct Portable;

impl Simd for Portable {
    const FMA: bool = cfg!(target_arch = "aarch64");
    const REGISTERS: usize = if cfg!(target_arch = "aarch64") { 32 } else { 16 };
    type F32 = Lanes<f32, 4>;
    type F64 = Lanes<f64, 2>;

    #[inline(always)]
    fn prefetch<E>(_: *const E) {}

    #[inline(always)]
    fn prefetch_far<E>(_: *const E) {}
}

#[derive(Clone, Copy)]
pub(crate) struct Lanes<E, const N: usize>([E; N]);

impl<E: Float, const N: usize> Vector<E> for Lanes<E, N> {
    const LANES: usize = N;
    const SQUARE: usize = N;

    #[inline(always)]
    unsafe fn splat(value: E) -> Self {
        Lanes([value; N])
    }

    #[inline(always)]
    unsafe fn load(from: *const E) -> Self {
        // SAFETY: the caller lets `N` numbers be read; an array needs no more alignment than they.
        Lanes(unsafe { from.cast::<[E; N]>().read() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut E) {
        // SAFETY: the caller lets `N` numbers be written.
        unsafe { to.cast::<[E; N]>().write(self.0) }
    }

    #[inline(always)]
    unsafe fn load_first(from: *const E, n: usize) -> Self {
        let mut lanes = [E::ZERO; N];
        for (i, lane) in lanes.iter_mut().enumerate().take(n) {
            // SAFETY: the caller lets `n` numbers be read.
            *lane = unsafe { from.add(i).read() };
        }
        Lanes(lanes)
    }

    #[inline(always)]
    unsafe fn load_second(from: *const E, n: usize) -> Self {
        let mut lanes = [E::ZERO; N];
        for (i, lane) in lanes.iter_mut().enumerate().take(n) {
            // SAFETY: the caller lets `2 n − 1` numbers be read.
            *lane = unsafe { from.add(2 * i).read() };
        }
        Lanes(lanes)
    }

    #[inline(always)]
    unsafe fn load_pairs(from: *const E, n: usize) -> (Self, Self) {
        let (mut firsts, mut seconds) = ([E::ZERO; N], [E::ZERO; N]);
        for i in 0..n {
            // SAFETY: the caller lets `2 n` numbers be read.
            (firsts[i], seconds[i]) = unsafe { (from.add(2 * i).read(), from.add(2 * i + 1).read()) };
        }
        (Lanes(firsts), Lanes(seconds))
    }

    #[inline(always)]
    unsafe fn store_first(self, to: *mut E, n: usize) {
        for (i, lane) in self.0.iter().enumerate().take(n) {
            // SAFETY: the caller lets `n` numbers be written.
            unsafe { to.add(i).write(*lane) };
        }
    }

    #[inline(always)]
    unsafe fn keep_first(self, n: usize) -> Self {
        Lanes(std::array::from_fn(|i| if i < n { self.0[i] } else { E::ZERO }))
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        Lanes(std::array::from_fn(|i| self.0[i] + other.0[i]))
    }

    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        Lanes(std::array::from_fn(|i| self.0[i] - other.0[i]))
    }

    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        Lanes(std::array::from_fn(|i| self.0[i] * other.0[i]))
    }

    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, term: Self) -> Self {
        Lanes(std::array::from_fn(|i| Element::fused::<Portable>(self.0[i], factor.0[i], term.0[i])))
    }

    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        Lanes(std::array::from_fn(|i| if self.0[i] > other.0[i] { self.0[i] } else { other.0[i] }))
    }

    #[inline(always)]
    unsafe fn larger(mut self, mut place: Self, other: Self, other_place: Self) -> (Self, Self) {
        for i in 0..N {
            // Without a branch, so that the compiler makes vectors of it.
            let takes = (other.0[i] > self.0[i]) | other.0[i].is_nan();
            self.0[i] = if takes { other.0[i] } else { self.0[i] };
            place.0[i] = if takes { other_place.0[i] } else { place.0[i] };
        }
        (self, place)
    }

    #[inline(always)]
    unsafe fn store_indices(self, offset: u32, to: *mut u32, n: usize) {
        for (i, lane) in self.0.iter().enumerate().take(n) {
            // SAFETY: the caller lets `n` integers be written.
            unsafe { to.add(i).write(offset.wrapping_add(lane.to_f64() as i32 as u32)) };
        }
    }

    #[inline(always)]
    unsafe fn sum(self) -> E {
        let mut lanes = self.0;
        let mut width = N / 2;
        while width > 0 {
            for i in 0..width {
                lanes[i] += lanes[i + width];
            }
            width /= 2;
        }
        lanes[0]
    }

    #[inline(always)]
    unsafe fn interleave(self, other: Self) -> (Self, Self) {
        let place = |i: usize| if i.is_multiple_of(2) { self.0[i / 2] } else { other.0[i / 2] };
        (Lanes(std::array::from_fn(place)), Lanes(std::array::from_fn(|i| place(N + i))))
    }

    #[inline(always)]
    unsafe fn transpose(
        from: *const E,
        from_stride: isize,
        n: usize,
        to: *mut E,
        to_stride: usize,
        _whole: bool,
    ) {
        for j in 0..N {
            for i in 0..n {
                // SAFETY: the caller lets these places be read and written.
                unsafe {
                    let from = from.offset(i as isize * from_stride + j as isize);
                    to.add(j * to_stride + i).write(from.read());
                }
            }
        }
    }
}
