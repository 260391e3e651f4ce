//! Some lanes of a vector, and sums of all.

use std::arch::x86_64::*;

/// For lane i of 8: all ones where i < n.
///
/// # Safety
/// The machine has AVX2.
#[inline(always)]
pub(super) unsafe fn mask_epi32(n: usize) -> __m256i {
    // SAFETY: the caller has the instructions.
    unsafe {
        let lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        _mm256_cmpgt_epi32(_mm256_set1_epi32(n as i32), lane)
    }
}

/// For lane i of 4: all ones where i < n.
///
/// # Safety
/// The machine has AVX2.
#[inline(always)]
pub(super) unsafe fn mask_epi64(n: usize) -> __m256i {
    // SAFETY: the caller has the instructions.
    unsafe {
        let lane = _mm256_setr_epi64x(0, 1, 2, 3);
        _mm256_cmpgt_epi64(_mm256_set1_epi64x(n as i64), lane)
    }
}

/// Writes the first `n ≤ 8` numbers. The instruction that does it by a mask is a program of dozens of
/// steps on AMD's processors.
///
/// # Safety
/// The machine has AVX2, and the numbers can be written.
#[inline(always)]
pub(super) unsafe fn store_first_ps(value: __m256, mut to: *mut f32, n: usize) {
    // SAFETY: by the caller's promise.
    unsafe {
        if n >= 8 {
            return _mm256_storeu_ps(to, value);
        }
        let mut rest = _mm256_castps256_ps128(value);
        if n & 4 != 0 {
            _mm_storeu_ps(to, rest);
            rest = _mm256_extractf128_ps::<1>(value);
            to = to.wrapping_add(4);
        }
        if n & 2 != 0 {
            _mm_store_sd(to.cast(), _mm_castps_pd(rest));
            rest = _mm_movehl_ps(rest, rest);
            to = to.wrapping_add(2);
        }
        if n & 1 != 0 {
            _mm_store_ss(to, rest);
        }
    }
}

/// As [`store_first_ps`], of `n ≤ 4` numbers.
///
/// # Safety
/// As [`store_first_ps`].
#[inline(always)]
pub(super) unsafe fn store_first_pd(value: __m256d, to: *mut f64, n: usize) {
    // SAFETY: by the caller's promise; each is as long as two of single precision.
    unsafe { store_first_ps(_mm256_castpd_ps(value), to.cast(), 2 * n) };
}

/// # Safety
/// The machine has AVX2.
#[inline(always)]
pub(super) unsafe fn sum_ps(x: __m256) -> f32 {
    // SAFETY: the caller has the instructions.
    unsafe {
        let x = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps::<1>(x));
        let x = _mm_add_ps(x, _mm_movehl_ps(x, x));
        _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)))
    }
}

/// # Safety
/// The machine has AVX2.
#[inline(always)]
pub(super) unsafe fn sum_pd(x: __m256d) -> f64 {
    // SAFETY: the caller has the instructions.
    unsafe {
        let x = _mm_add_pd(_mm256_castpd256_pd128(x), _mm256_extractf128_pd::<1>(x));
        _mm_cvtsd_f64(_mm_add_sd(x, _mm_unpackhi_pd(x, x)))
    }
}

/// # Safety
/// The machine has AVX-512 F and DQ.
#[inline(always)]
pub(super) unsafe fn sum_wide_ps(x: __m512) -> f32 {
    // SAFETY: the caller has the instructions.
    unsafe { sum_ps(_mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps::<1>(x))) }
}

/// # Safety
/// The machine has AVX-512 F.
#[inline(always)]
pub(super) unsafe fn sum_wide_pd(x: __m512d) -> f64 {
    // SAFETY: the caller has the instructions.
    unsafe { sum_pd(_mm256_add_pd(_mm512_castpd512_pd256(x), _mm512_extractf64x4_pd::<1>(x))) }
}
