//! The vectors of x86-64: 256 bits with AVX2, 512 with AVX-512.

mod lanes;
mod transpose;

use std::arch::x86_64::*;

use super::{Kernel, Simd, Vector};
use lanes::{
    mask_epi32, mask_epi64, store_first_pd, store_first_ps, sum_pd, sum_ps, sum_wide_pd, sum_wide_ps,
};
use transpose::{transpose_pd, transpose_ps, transpose_wide_ps};

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
pub(crate) struct Avx2;

impl Simd for Avx2 {
    const FMA: bool = true;
    const REGISTERS: usize = 16;
    type F32 = F32x8;
    type F64 = F64x4;

    #[inline(always)]
    fn prefetch<E>(address: *const E) {
        prefetch(address);
    }

    #[inline(always)]
    fn prefetch_far<E>(address: *const E) {
        prefetch_far(address);
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Avx512;

impl Simd for Avx512 {
    const FMA: bool = true;
    const REGISTERS: usize = 32;
    type F32 = F32x16;
    type F64 = F64x8;

    #[inline(always)]
    fn prefetch<E>(address: *const E) {
        prefetch(address);
    }

    #[inline(always)]
    fn prefetch_far<E>(address: *const E) {
        prefetch_far(address);
    }
}

#[inline(always)]
fn prefetch<E>(address: *const E) {
    // SAFETY: SSE is part of every x86-64, and a prefetch of any address has no effect but on caches.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) };
}

#[inline(always)]
fn prefetch_far<E>(address: *const E) {
    // SAFETY: as above.
    unsafe { _mm_prefetch::<_MM_HINT_T1>(address.cast()) };
}

macro_rules! vector {
    (
        $vector:ident($register:ty) = $lanes:literal x $float:ty,
        $splat:ident, $load:ident, $store:ident, $add:ident, $sub:ident, $mul:ident, $fma:ident, $max:ident,
        load_first: |$load_from:ident, $load_n:ident| $load_first:expr,
        even: |$low:ident, $high:ident| $even:expr,
        odd: $odd:expr,
        larger: |$best:ident, $place:ident, $other:ident, $other_place:ident| $larger:expr,
        store_indices: |$indices:ident, $offset:ident, $index_to:ident, $index_n:ident| $store_indices:expr,
        interleave: |$left:ident, $right:ident| $interleave:expr,
        store_first: |$value:ident, $store_to:ident, $store_n:ident| $store_first:expr,
        keep_first: |$kept:ident, $keep_n:ident| $keep_first:expr,
        sum: $sum:path, transpose: $transpose:path, square: $square:literal
    ) => {
        #[derive(Clone, Copy)]
        pub(crate) struct $vector($register);

        impl Vector<$float> for $vector {
            const LANES: usize = $lanes;
            const SQUARE: usize = $square;

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
            unsafe fn load_second(from: *const $float, n: usize) -> Self {
                let numbers = (2 * n).saturating_sub(1);
                let (low, high) = (numbers.min($lanes), numbers.saturating_sub($lanes));
                // SAFETY: the caller has the instructions and lets so many numbers be read.
                unsafe {
                    let $low = Self::load_first(from, low).0;
                    let $high = Self::load_first(from.wrapping_add(low), high).0;
                    $vector($even)
                }
            }
            #[inline(always)]
            unsafe fn load_pairs(from: *const $float, n: usize) -> (Self, Self) {
                let (low, high) = ((2 * n).min($lanes), (2 * n).saturating_sub($lanes));
                // SAFETY: the caller has the instructions and lets so many numbers be read.
                unsafe {
                    let $low = Self::load_first(from, low).0;
                    let $high = Self::load_first(from.wrapping_add(low), high).0;
                    ($vector($even), $vector($odd))
                }
            }
            #[inline(always)]
            unsafe fn store_first(self, $store_to: *mut $float, $store_n: usize) {
                let $value = self.0;
                // SAFETY: the caller has the instructions; lanes from `n` on are not written.
                unsafe { $store_first }
            }
            #[inline(always)]
            unsafe fn keep_first(self, $keep_n: usize) -> Self {
                let $kept = self.0;
                // SAFETY: the caller has the instructions.
                $vector(unsafe { $keep_first })
            }
            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                // SAFETY: the caller has the instructions.
                $vector(unsafe { $add(self.0, other.0) })
            }
            #[inline(always)]
            unsafe fn sub(self, other: Self) -> Self {
                // SAFETY: the caller has the instructions.
                $vector(unsafe { $sub(self.0, other.0) })
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
            #[inline(always)]
            unsafe fn larger(self, place: Self, other: Self, other_place: Self) -> (Self, Self) {
                let ($best, $place, $other, $other_place) = (self.0, place.0, other.0, other_place.0);
                // SAFETY: the caller has the instructions.
                let (best, place) = unsafe { $larger };
                ($vector(best), $vector(place))
            }
            #[inline(always)]
            unsafe fn store_indices(self, $offset: u32, to: *mut u32, $index_n: usize) {
                let ($indices, $index_to, $offset) = (self.0, to.cast::<i32>(), $offset as i32);
                // SAFETY: the caller has the instructions; lanes from `n` on are not written.
                unsafe { $store_indices }
            }
            #[inline(always)]
            unsafe fn sum(self) -> $float {
                // SAFETY: the caller has the instructions.
                unsafe { $sum(self.0) }
            }
            #[inline(always)]
            unsafe fn interleave(self, other: Self) -> (Self, Self) {
                let ($left, $right) = (self.0, other.0);
                // SAFETY: the caller has the instructions.
                let (low, high) = unsafe { $interleave };
                ($vector(low), $vector(high))
            }
            #[inline(always)]
            unsafe fn transpose(
                from: *const $float,
                from_stride: isize,
                n: usize,
                to: *mut $float,
                to_stride: usize,
                whole: bool,
            ) {
                // SAFETY: the caller has the instructions and lets the places be read and written.
                unsafe { $transpose(from, from_stride, n, to, to_stride, whole) }
            }
        }
    };
}

vector!(
    F32x8(__m256) = 8 x f32,
    _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_add_ps, _mm256_sub_ps, _mm256_mul_ps,
    _mm256_fmadd_ps, _mm256_max_ps,
    load_first: |from, n| _mm256_maskload_ps(from, mask_epi32(n)),
    even: |low, high| _mm256_castpd_ps(_mm256_permute4x64_pd::<0xd8>(_mm256_castps_pd(_mm256_shuffle_ps::<0x88>(
        low, high
    )))),
    odd: _mm256_castpd_ps(_mm256_permute4x64_pd::<0xd8>(_mm256_castps_pd(_mm256_shuffle_ps::<0xdd>(low, high)))),
    larger: |best, place, other, other_place| {
        let larger = _mm256_cmp_ps::<_CMP_GT_OQ>(other, best);
        let takes = _mm256_or_ps(larger, _mm256_cmp_ps::<_CMP_UNORD_Q>(other, other));
        (_mm256_blendv_ps(best, other, takes), _mm256_blendv_ps(place, other_place, takes))
    },
    store_indices: |indices, offset, to, n| {
        let indices = _mm256_add_epi32(_mm256_cvttps_epi32(indices), _mm256_set1_epi32(offset));
        store_first_ps(_mm256_castsi256_ps(indices), to.cast(), n)
    },
    interleave: |left, right| {
        let (low, high) = (_mm256_unpacklo_ps(left, right), _mm256_unpackhi_ps(left, right));
        (_mm256_permute2f128_ps::<0x20>(low, high), _mm256_permute2f128_ps::<0x31>(low, high))
    },
    store_first: |value, to, n| store_first_ps(value, to, n),
    keep_first: |value, n| _mm256_and_ps(value, _mm256_castsi256_ps(mask_epi32(n))),
    sum: sum_ps, transpose: transpose_ps, square: 8
);

vector!(
    F64x4(__m256d) = 4 x f64,
    _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_add_pd, _mm256_sub_pd, _mm256_mul_pd,
    _mm256_fmadd_pd, _mm256_max_pd,
    load_first: |from, n| _mm256_maskload_pd(from, mask_epi64(n)),
    even: |low, high| _mm256_permute4x64_pd::<0xd8>(_mm256_unpacklo_pd(low, high)),
    odd: _mm256_permute4x64_pd::<0xd8>(_mm256_unpackhi_pd(low, high)),
    larger: |best, place, other, other_place| {
        let larger = _mm256_cmp_pd::<_CMP_GT_OQ>(other, best);
        let takes = _mm256_or_pd(larger, _mm256_cmp_pd::<_CMP_UNORD_Q>(other, other));
        (_mm256_blendv_pd(best, other, takes), _mm256_blendv_pd(place, other_place, takes))
    },
    store_indices: |indices, offset, to, n| {
        let indices = _mm_add_epi32(_mm256_cvttpd_epi32(indices), _mm_set1_epi32(offset));
        store_first_ps(_mm256_castsi256_ps(_mm256_castsi128_si256(indices)), to.cast(), n)
    },
    interleave: |left, right| {
        let (low, high) = (_mm256_unpacklo_pd(left, right), _mm256_unpackhi_pd(left, right));
        (_mm256_permute2f128_pd::<0x20>(low, high), _mm256_permute2f128_pd::<0x31>(low, high))
    },
    store_first: |value, to, n| store_first_pd(value, to, n),
    keep_first: |value, n| _mm256_and_pd(value, _mm256_castsi256_pd(mask_epi64(n))),
    sum: sum_pd, transpose: transpose_pd, square: 4
);

vector!(
    F32x16(__m512) = 16 x f32,
    _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_add_ps, _mm512_sub_ps, _mm512_mul_ps,
    _mm512_fmadd_ps, _mm512_max_ps,
    load_first: |from, n| _mm512_maskz_loadu_ps(((1u32 << n) - 1) as u16, from),
    even: |low, high| _mm512_permutex2var_ps(
        low,
        _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30),
        high
    ),
    odd: _mm512_permutex2var_ps(
        low,
        _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31),
        high
    ),
    larger: |best, place, other, other_place| {
        let larger = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(other, best);
        let takes = larger | _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(other, other);
        (_mm512_mask_blend_ps(takes, best, other), _mm512_mask_blend_ps(takes, place, other_place))
    },
    store_indices: |indices, offset, to, n| {
        let indices = _mm512_add_epi32(_mm512_cvttps_epi32(indices), _mm512_set1_epi32(offset));
        _mm512_mask_storeu_epi32(to, ((1u32 << n) - 1) as u16, indices)
    },
    interleave: |left, right| {
        let low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        let high = _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        (_mm512_permutex2var_ps(left, low, right), _mm512_permutex2var_ps(left, high, right))
    },
    store_first: |value, to, n| _mm512_mask_storeu_ps(to, ((1u32 << n) - 1) as u16, value),
    keep_first: |value, n| _mm512_maskz_mov_ps(((1u32 << n) - 1) as u16, value),
    sum: sum_wide_ps, transpose: transpose_wide_ps, square: 16
);

vector!(
    F64x8(__m512d) = 8 x f64,
    _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_add_pd, _mm512_sub_pd, _mm512_mul_pd,
    _mm512_fmadd_pd, _mm512_max_pd,
    load_first: |from, n| _mm512_maskz_loadu_pd(((1u32 << n) - 1) as u8, from),
    even: |low, high| _mm512_permutex2var_pd(low, _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14), high),
    odd: _mm512_permutex2var_pd(low, _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15), high),
    larger: |best, place, other, other_place| {
        let larger = _mm512_cmp_pd_mask::<_CMP_GT_OQ>(other, best);
        let takes = larger | _mm512_cmp_pd_mask::<_CMP_UNORD_Q>(other, other);
        (_mm512_mask_blend_pd(takes, best, other), _mm512_mask_blend_pd(takes, place, other_place))
    },
    store_indices: |indices, offset, to, n| {
        let indices = _mm256_add_epi32(_mm512_cvttpd_epi32(indices), _mm256_set1_epi32(offset));
        _mm256_mask_storeu_epi32(to, ((1u32 << n) - 1) as u8, indices)
    },
    interleave: |left, right| {
        let low = _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11);
        let high = _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15);
        (_mm512_permutex2var_pd(left, low, right), _mm512_permutex2var_pd(left, high, right))
    },
    store_first: |value, to, n| _mm512_mask_storeu_pd(to, ((1u32 << n) - 1) as u8, value),
    keep_first: |value, n| _mm512_maskz_mov_pd(((1u32 << n) - 1) as u8, value),
    sum: sum_wide_pd, transpose: transpose_pd, square: 4
);
