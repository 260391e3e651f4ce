//! The transforms of Winograd's way along one axis.
//!
//! Results are the coefficients of a product of polynomials, which is known by its values at six
//! points: 0, ±5/8, ±3/2 and ∞. With the usual ±1 and ±2 the numbers that are subtracted from each
//! other are larger, and the errors twice as large; these points, their squares and the sums of those
//! are numbers without a rounding error.
//!
//! Source: Lavin and Gray 2016, "Fast algorithms for convolutional neural networks", section 4.1;
//! Barabasz et al. 2020, "Error analysis and improving the accuracy of Winograd convolution for deep
//! neural networks", on the choice of points.

use crate::Float;
use crate::simd::{Simd, Vector};

/// The results of a tile along an axis.
pub(super) const RESULTS: usize = 4;
/// The places of a transformed tile along an axis: as many pixels as its results see.
pub(super) const SIDE: usize = 6;
/// The places of a transformed tile.
pub(super) const PLACES: usize = SIDE * SIDE;
/// The weights of a window along an axis.
pub(super) const TAPS: usize = 3;
/// The weights of a window.
pub(super) const WINDOW: usize = TAPS * TAPS;

/// The points ±P and ±Q, and their squares.
const P: f64 = 0.625;
const Q: f64 = 1.5;
const P2: f64 = P * P;
const Q2: f64 = Q * Q;
/// What the values of weights are divided by at 0, at ±P and at ±Q.
const AT_0: f64 = P2 * Q2;
const AT_P: f64 = 2.0 * P2 * (P2 - Q2);
const AT_Q: f64 = 2.0 * Q2 * (Q2 - P2);

#[inline(always)]
unsafe fn number<E: Float, S: Simd>(value: f64) -> E::Vector<S> {
    // SAFETY: the machine has the instructions of `S` by the callers' promises.
    unsafe { E::Vector::<S>::splat(E::from_f64(value)) }
}

/// What is brought to the six places of an axis, from `N` numbers.
pub(super) trait ToPlaces<const N: usize> {
    /// # Safety
    /// The machine has the instructions of `S`.
    unsafe fn transform<E: Float, S: Simd>(numbers: [E::Vector<S>; N]) -> [E::Vector<S>; SIDE];
}

/// `Bᵀ` of pixels.
pub(super) struct OfPixels;

impl ToPlaces<SIDE> for OfPixels {
    #[inline(always)]
    unsafe fn transform<E: Float, S: Simd>([a, b, c, d, e, f]: [E::Vector<S>; SIDE]) -> [E::Vector<S>; SIDE] {
        // SAFETY: by the caller's promise.
        unsafe {
            let (squares, product) = (number::<E, S>(-(P2 + Q2)), number::<E, S>(P2 * Q2));
            let (p2, q2) = (number::<E, S>(-P2), number::<E, S>(-Q2));
            let (even_p, odd_p) = (c.mul_add(q2, e), b.mul_add(q2, d));
            let (even_q, odd_q) = (c.mul_add(p2, e), b.mul_add(p2, d));
            [
                a.mul_add(product, c.mul_add(squares, e)),
                odd_p.mul_add(number::<E, S>(P), even_p),
                odd_p.mul_add(number::<E, S>(-P), even_p),
                odd_q.mul_add(number::<E, S>(Q), even_q),
                odd_q.mul_add(number::<E, S>(-Q), even_q),
                b.mul_add(product, d.mul_add(squares, f)),
            ]
        }
    }
}

/// `G` of the weights of a window.
pub(super) struct OfWeights;

impl ToPlaces<TAPS> for OfWeights {
    #[inline(always)]
    unsafe fn transform<E: Float, S: Simd>([a, b, c]: [E::Vector<S>; TAPS]) -> [E::Vector<S>; SIDE] {
        // SAFETY: by the caller's promise.
        unsafe {
            let even_p = c.mul_add(number::<E, S>(P2), a).mul(number::<E, S>(1.0 / AT_P));
            let even_q = c.mul_add(number::<E, S>(Q2), a).mul(number::<E, S>(1.0 / AT_Q));
            [
                a.mul(number::<E, S>(1.0 / AT_0)),
                b.mul_add(number::<E, S>(P / AT_P), even_p),
                b.mul_add(number::<E, S>(-P / AT_P), even_p),
                b.mul_add(number::<E, S>(Q / AT_Q), even_q),
                b.mul_add(number::<E, S>(-Q / AT_Q), even_q),
                c,
            ]
        }
    }
}

/// `A` of derivatives with respect to results.
pub(super) struct OfResults;

impl ToPlaces<RESULTS> for OfResults {
    #[inline(always)]
    unsafe fn transform<E: Float, S: Simd>([a, b, c, d]: [E::Vector<S>; RESULTS]) -> [E::Vector<S>; SIDE] {
        // SAFETY: by the caller's promise.
        unsafe {
            let (p2, q2) = (number::<E, S>(P2), number::<E, S>(Q2));
            let (even_p, odd_p) = (c.mul_add(p2, a), d.mul_add(p2, b));
            let (even_q, odd_q) = (c.mul_add(q2, a), d.mul_add(q2, b));
            [
                a,
                odd_p.mul_add(number::<E, S>(P), even_p),
                odd_p.mul_add(number::<E, S>(-P), even_p),
                odd_q.mul_add(number::<E, S>(Q), even_q),
                odd_q.mul_add(number::<E, S>(-Q), even_q),
                d,
            ]
        }
    }
}

/// `Aᵀ` of the sums at the places: the results.
///
/// # Safety
/// The machine has the instructions of `S`.
#[inline(always)]
pub(super) unsafe fn results<E: Float, S: Simd>(
    [a, b, c, d, e, f]: [E::Vector<S>; SIDE],
) -> [E::Vector<S>; RESULTS] {
    // SAFETY: by the caller's promise.
    unsafe {
        let (even_p, odd_p) = (b.add(c), b.sub(c));
        let (even_q, odd_q) = (d.add(e), d.sub(e));
        [
            a.add(even_p).add(even_q),
            odd_q.mul_add(number::<E, S>(Q), odd_p.mul(number::<E, S>(P))),
            even_q.mul_add(number::<E, S>(Q2), even_p.mul(number::<E, S>(P2))),
            odd_q.mul_add(number::<E, S>(Q * Q2), odd_p.mul_add(number::<E, S>(P * P2), f)),
        ]
    }
}

/// `Gᵀ` of the sums at the places: derivatives with respect to weights.
///
/// # Safety
/// The machine has the instructions of `S`.
#[inline(always)]
pub(super) unsafe fn weights<E: Float, S: Simd>(
    [a, b, c, d, e, f]: [E::Vector<S>; SIDE],
) -> [E::Vector<S>; TAPS] {
    // SAFETY: by the caller's promise.
    unsafe {
        let (at_p, at_q) = (number::<E, S>(1.0 / AT_P), number::<E, S>(1.0 / AT_Q));
        let (even_p, odd_p) = (b.add(c).mul(at_p), b.sub(c).mul(at_p));
        let (even_q, odd_q) = (d.add(e).mul(at_q), d.sub(e).mul(at_q));
        [
            a.mul_add(number::<E, S>(1.0 / AT_0), even_p.add(even_q)),
            odd_q.mul_add(number::<E, S>(Q), odd_p.mul(number::<E, S>(P))),
            even_q.mul_add(number::<E, S>(Q2), even_p.mul_add(number::<E, S>(P2), f)),
        ]
    }
}
