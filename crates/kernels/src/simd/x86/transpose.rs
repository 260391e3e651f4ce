//! Squares that are transposed in registers.

use std::arch::x86_64::*;

use super::{F32x8, F64x4};
use crate::simd::Vector;

/// Transposes 8 × 8 in registers: pairs, then fours, then halves are exchanged.
///
/// # Safety
/// See [`Vector::transpose`].
#[inline(always)]
pub(super) unsafe fn transpose_ps(
    from: *const f32,
    from_stride: isize,
    n: usize,
    to: *mut f32,
    to_stride: usize,
    whole: bool,
) {
    // SAFETY: the caller has the instructions and lets the places be read and written.
    unsafe {
        let last = n - 1;
        macro_rules! column {
            ($j:literal, $value:expr) => {
                let (value, to) = (F32x8($value), to.add($j * to_stride));
                if whole { value.store(to) } else { value.store_first(to, n) }
            };
        }
        macro_rules! row {
            ($i:literal) => {
                _mm256_loadu_ps(from.offset(last.min($i) as isize * from_stride))
            };
        }
        let (r0, r1, r2, r3) = (row!(0), row!(1), row!(2), row!(3));
        let (r4, r5, r6, r7) = (row!(4), row!(5), row!(6), row!(7));
        let (p0, p1) = (_mm256_unpacklo_ps(r0, r1), _mm256_unpackhi_ps(r0, r1));
        let (p2, p3) = (_mm256_unpacklo_ps(r2, r3), _mm256_unpackhi_ps(r2, r3));
        let (p4, p5) = (_mm256_unpacklo_ps(r4, r5), _mm256_unpackhi_ps(r4, r5));
        let (p6, p7) = (_mm256_unpacklo_ps(r6, r7), _mm256_unpackhi_ps(r6, r7));
        let (q0, q1) = (_mm256_shuffle_ps::<0x44>(p0, p2), _mm256_shuffle_ps::<0xee>(p0, p2));
        let (q2, q3) = (_mm256_shuffle_ps::<0x44>(p1, p3), _mm256_shuffle_ps::<0xee>(p1, p3));
        let (q4, q5) = (_mm256_shuffle_ps::<0x44>(p4, p6), _mm256_shuffle_ps::<0xee>(p4, p6));
        let (q6, q7) = (_mm256_shuffle_ps::<0x44>(p5, p7), _mm256_shuffle_ps::<0xee>(p5, p7));
        column!(0, _mm256_permute2f128_ps::<0x20>(q0, q4));
        column!(1, _mm256_permute2f128_ps::<0x20>(q1, q5));
        column!(2, _mm256_permute2f128_ps::<0x20>(q2, q6));
        column!(3, _mm256_permute2f128_ps::<0x20>(q3, q7));
        column!(4, _mm256_permute2f128_ps::<0x31>(q0, q4));
        column!(5, _mm256_permute2f128_ps::<0x31>(q1, q5));
        column!(6, _mm256_permute2f128_ps::<0x31>(q2, q6));
        column!(7, _mm256_permute2f128_ps::<0x31>(q3, q7));
    }
}

/// Transposes 4 × 4 in registers.
///
/// # Safety
/// See [`Vector::transpose`].
#[inline(always)]
pub(super) unsafe fn transpose_pd(
    from: *const f64,
    from_stride: isize,
    n: usize,
    to: *mut f64,
    to_stride: usize,
    whole: bool,
) {
    // SAFETY: the caller has the instructions and lets the places be read and written.
    unsafe {
        let last = n - 1;
        macro_rules! column {
            ($j:literal, $value:expr) => {
                let (value, to) = (F64x4($value), to.add($j * to_stride));
                if whole { value.store(to) } else { value.store_first(to, n) }
            };
        }
        macro_rules! row {
            ($i:literal) => {
                _mm256_loadu_pd(from.offset(last.min($i) as isize * from_stride))
            };
        }
        let (r0, r1, r2, r3) = (row!(0), row!(1), row!(2), row!(3));
        let (p0, p1) = (_mm256_unpacklo_pd(r0, r1), _mm256_unpackhi_pd(r0, r1));
        let (p2, p3) = (_mm256_unpacklo_pd(r2, r3), _mm256_unpackhi_pd(r2, r3));
        column!(0, _mm256_permute2f128_pd::<0x20>(p0, p2));
        column!(1, _mm256_permute2f128_pd::<0x20>(p1, p3));
        column!(2, _mm256_permute2f128_pd::<0x31>(p0, p2));
        column!(3, _mm256_permute2f128_pd::<0x31>(p1, p3));
    }
}

/// Transposes 16 × 16: loads put every fourth row beside each other, and what remains are squares of
/// 4 × 4.
///
/// # Safety
/// See [`Vector::transpose`].
#[inline(always)]
pub(super) unsafe fn transpose_wide_ps(
    from: *const f32,
    from_stride: isize,
    n: usize,
    to: *mut f32,
    to_stride: usize,
    whole: bool,
) {
    let last = n - 1;
    let mask = if whole { u16::MAX } else { ((1u32 << n) - 1) as u16 };
    // SAFETY: the caller has the instructions and lets the places be read and written.
    unsafe {
        for j in (0..16).step_by(4) {
            macro_rules! rows {
                ($b:literal) => {{
                    let row = |a: usize| from.offset(last.min(4 * a + $b) as isize * from_stride + j);
                    let rows = _mm512_broadcast_f32x4(_mm_loadu_ps(row(0)));
                    let rows = _mm512_mask_broadcast_f32x4(rows, 0x00f0, _mm_loadu_ps(row(1)));
                    let rows = _mm512_mask_broadcast_f32x4(rows, 0x0f00, _mm_loadu_ps(row(2)));
                    _mm512_mask_broadcast_f32x4(rows, 0xf000, _mm_loadu_ps(row(3)))
                }};
            }
            let (r0, r1, r2, r3) = (rows!(0), rows!(1), rows!(2), rows!(3));
            let (p0, p1) = (_mm512_unpacklo_ps(r0, r1), _mm512_unpackhi_ps(r0, r1));
            let (p2, p3) = (_mm512_unpacklo_ps(r2, r3), _mm512_unpackhi_ps(r2, r3));
            let to = to.offset(j * to_stride as isize);
            _mm512_mask_storeu_ps(to, mask, _mm512_shuffle_ps::<0x44>(p0, p2));
            _mm512_mask_storeu_ps(to.add(to_stride), mask, _mm512_shuffle_ps::<0xee>(p0, p2));
            _mm512_mask_storeu_ps(to.add(2 * to_stride), mask, _mm512_shuffle_ps::<0x44>(p1, p3));
            _mm512_mask_storeu_ps(to.add(3 * to_stride), mask, _mm512_shuffle_ps::<0xee>(p1, p3));
        }
    }
}
