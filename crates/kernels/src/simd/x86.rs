//! The vectors of x86-64: 256 bits with AVX2, 512 with AVX-512.

use std::arch::x86_64::*;

use super::{Kernel, Simd, Vector};

/// # Safety
/// The machine has AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn run_avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Avx2>()
}

/// # Safety
/// The machine has AVX-512 F, BW, DQ and VL, AVX2 and FMA.
#[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")]
pub(super) unsafe fn run_avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Avx512>()
}

#[derive(Clone, Copy)]
pub struct Avx2;

impl Simd for Avx2 {
    const FMA: bool = true;
    const REGISTERS: usize = 16;
    type F32 = F32x8;
    type F64 = F64x4;
}

#[derive(Clone, Copy)]
pub struct Avx512;

impl Simd for Avx512 {
    const FMA: bool = true;
    const REGISTERS: usize = 32;
    type F32 = F32x16;
    type F64 = F64x8;
}

macro_rules! vector {
    (
        $vector:ident($register:ty) = $lanes:literal x $float:ty,
        $splat:ident, $load:ident, $store:ident, $add:ident, $mul:ident, $fma:ident, $max:ident,
        load_first: |$load_from:ident, $load_n:ident| $load_first:expr,
        store_first: |$value:ident, $store_to:ident, $store_n:ident| $store_first:expr
    ) => {
        #[derive(Clone, Copy)]
        pub struct $vector($register);

        impl Vector<$float> for $vector {
            const LANES: usize = $lanes;

            #[inline(always)]
            unsafe fn splat(value: $float) -> Self {
                // SAFETY: the caller has the instructions.
                $vector(unsafe { $splat(value) })
            }
            #[inline(always)]
            unsafe fn load(from: *const $float) -> Self {
                // SAFETY: the caller has the instructions and may read the lanes, at any alignment.
                $vector(unsafe { $load(from) })
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $float) {
                // SAFETY: the caller has the instructions and may write the lanes.
                unsafe { $store(to, self.0) }
            }
            #[inline(always)]
            unsafe fn load_first($load_from: *const $float, $load_n: usize) -> Self {
                // SAFETY: the caller has the instructions; lanes from `n` on are masked off.
                $vector(unsafe { $load_first })
            }
            #[inline(always)]
            unsafe fn store_first(self, $store_to: *mut $float, $store_n: usize) {
                let $value = self.0;
                // SAFETY: the caller has the instructions; lanes from `n` on are masked off.
                unsafe { $store_first }
            }
            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                // SAFETY: the caller has the instructions.
                $vector(unsafe { $add(self.0, other.0) })
            }
            #[inline(always)]
            unsafe fn mul(self, other: Self) -> Self {
                // SAFETY: the caller has the instructions.
                $vector(unsafe { $mul(self.0, other.0) })
            }
            #[inline(always)]
            unsafe fn mul_add(self, factor: Self, term: Self) -> Self {
                // SAFETY: the caller has the instructions.
                $vector(unsafe { $fma(self.0, factor.0, term.0) })
            }
            #[inline(always)]
            unsafe fn max(self, other: Self) -> Self {
                // SAFETY: the caller has the instructions.
                $vector(unsafe { $max(self.0, other.0) })
            }
        }
    };
}

/// For lane i of 8: all ones where i < n.
///
/// # Safety
/// The machine has AVX2.
#[inline(always)]
unsafe fn mask_epi32(n: usize) -> __m256i {
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
unsafe fn mask_epi64(n: usize) -> __m256i {
    // SAFETY: the caller has the instructions.
    unsafe {
        let lane = _mm256_setr_epi64x(0, 1, 2, 3);
        _mm256_cmpgt_epi64(_mm256_set1_epi64x(n as i64), lane)
    }
}

vector!(
    F32x8(__m256) = 8 x f32,
    _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_add_ps, _mm256_mul_ps,
    _mm256_fmadd_ps, _mm256_max_ps,
    load_first: |from, n| _mm256_maskload_ps(from, mask_epi32(n)),
    store_first: |value, to, n| _mm256_maskstore_ps(to, mask_epi32(n), value)
);

vector!(
    F64x4(__m256d) = 4 x f64,
    _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_add_pd, _mm256_mul_pd,
    _mm256_fmadd_pd, _mm256_max_pd,
    load_first: |from, n| _mm256_maskload_pd(from, mask_epi64(n)),
    store_first: |value, to, n| _mm256_maskstore_pd(to, mask_epi64(n), value)
);

vector!(
    F32x16(__m512) = 16 x f32,
    _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_add_ps, _mm512_mul_ps,
    _mm512_fmadd_ps, _mm512_max_ps,
    load_first: |from, n| _mm512_maskz_loadu_ps(((1u32 << n) - 1) as u16, from),
    store_first: |value, to, n| _mm512_mask_storeu_ps(to, ((1u32 << n) - 1) as u16, value)
);

vector!(
    F64x8(__m512d) = 8 x f64,
    _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_add_pd, _mm512_mul_pd,
    _mm512_fmadd_pd, _mm512_max_pd,
    load_first: |from, n| _mm512_maskz_loadu_pd(((1u32 << n) - 1) as u8, from),
    store_first: |value, to, n| _mm512_mask_storeu_pd(to, ((1u32 << n) - 1) as u8, value)
);
