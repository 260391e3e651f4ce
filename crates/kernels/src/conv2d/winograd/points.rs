//! The transforms of Winograd's way along one axis.
//!
//! Results are coefficients of a product of polynomials, which is known by its values at six points:
//! 0, ±5/8, ±3/2 and ∞. With the usual ±1 and ±2 the numbers that are subtracted from each other are
//! larger, and so are the errors; these points, their squares and the sums of those are numbers without a
//! rounding error.
//!
//! Source: Lavin and Gray 2016, "Fast algorithms for convolutional neural networks", section 4.1;
//! Barabasz et al. 2020, "Error analysis and improving the accuracy of Winograd convolution for deep
//! neural networks", on the choice of points.

use crate::Float;
use crate::simd::{Simd, Vector};

/// The places of a transformed tile along an axis: as many pixels as its results see.
pub(super) const SIDE: usize = 6;
/// The places of a transformed tile.
pub(super) const PLACES: usize = SIDE * SIDE;

/// The points ±P and ±Q, and their squares.
const P: f64 = 0.625;
const Q: f64 = 1.5;
const P2: f64 = P * P;
const Q2: f64 = Q * Q;
/// What the values of weights are multiplied by at 0, at ±P and at ±Q.
const AT_0: f64 = 1.0 / (P2 * Q2);
const AT_P: f64 = 1.0 / (2.0 * P2 * (P2 - Q2));
const AT_Q: f64 = 1.0 / (2.0 * Q2 * (Q2 - P2));

/// The results of a tile along an axis, for windows of so many weights.
pub(super) const fn results_of(window: usize) -> usize {
    SIDE + 1 - window
}

/// # Safety
/// The machine has the instructions of `S`.
#[inline(always)]
unsafe fn number<E: Float, S: Simd>(value: f64) -> E::Vector<S> {
    // SAFETY: by the caller's promise.
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

/// `A` of derivatives with respect to results: the values of a polynomial with these coefficients.
pub(super) struct OfResults;

impl<const N: usize> ToPlaces<N> for OfResults {
    #[inline(always)]
    unsafe fn transform<E: Float, S: Simd>(numbers: [E::Vector<S>; N]) -> [E::Vector<S>; SIDE] {
        // SAFETY: by the caller's promise.
        unsafe {
            let [even_p, odd_p] = halves::<E, S, N>(numbers, P2);
            let [even_q, odd_q] = halves::<E, S, N>(numbers, Q2);
            [
                numbers[0],
                odd_p.mul_add(number::<E, S>(P), even_p),
                odd_p.mul_add(number::<E, S>(-P), even_p),
                odd_q.mul_add(number::<E, S>(Q), even_q),
                odd_q.mul_add(number::<E, S>(-Q), even_q),
                numbers[N - 1],
            ]
        }
    }
}

/// `G` of the weights of a window: the same, divided such that the products are those of polynomials.
pub(super) struct OfWeights;

impl<const N: usize> ToPlaces<N> for OfWeights {
    #[inline(always)]
    unsafe fn transform<E: Float, S: Simd>(numbers: [E::Vector<S>; N]) -> [E::Vector<S>; SIDE] {
        // SAFETY: by the caller's promise.
        unsafe {
            let [a, b, c, d, e, f] = OfResults::transform::<E, S>(numbers);
            let (at_p, at_q) = (number::<E, S>(AT_P), number::<E, S>(AT_Q));
            [a.mul(number::<E, S>(AT_0)), b.mul(at_p), c.mul(at_p), d.mul(at_q), e.mul(at_q), f]
        }
    }
}

/// The sums of every second number, from the first and from the second on, each multiplied by one more
/// `square`.
///
/// # Safety
/// The machine has the instructions of `S`.
#[inline(always)]
unsafe fn halves<E: Float, S: Simd, const N: usize>(
    numbers: [E::Vector<S>; N],
    square: f64,
) -> [E::Vector<S>; 2] {
    // SAFETY: by the caller's promise.
    unsafe {
        let square = number::<E, S>(square);
        let mut sums = [number::<E, S>(0.0); 2];
        for k in (0..N).rev() {
            sums[k % 2] = if k + 2 < N { sums[k % 2].mul_add(square, numbers[k]) } else { numbers[k] };
        }
        sums
    }
}

/// `Aᵀ` of the sums at the places: the results, of which there are `N`.
///
/// # Safety
/// The machine has the instructions of `S`.
#[inline(always)]
pub(super) unsafe fn results<E: Float, S: Simd, const N: usize>(
    [a, b, c, d, e, f]: [E::Vector<S>; SIDE],
) -> [E::Vector<S>; N] {
    // SAFETY: by the caller's promise.
    unsafe {
        let (of_p, of_q) = ([b.add(c), b.sub(c)], [d.add(e), d.sub(e)]);
        let (mut power_p, mut power_q) = (1.0, 1.0);
        let mut results = [f; N];
        for (k, result) in results.iter_mut().enumerate() {
            let (p, q) = (of_p[k % 2], of_q[k % 2]);
            let p = match k {
                0 => p.add(a),
                _ if k + 1 == N => p.mul_add(number::<E, S>(power_p), f),
                _ => p.mul(number::<E, S>(power_p)),
            };
            *result = if k == 0 { p.add(q) } else { q.mul_add(number::<E, S>(power_q), p) };
            (power_p, power_q) = (power_p * P, power_q * Q);
        }
        results
    }
}

/// `Gᵀ` of the sums at the places: derivatives with respect to the weights, of which there are `N`.
///
/// # Safety
/// The machine has the instructions of `S`.
#[inline(always)]
pub(super) unsafe fn weights<E: Float, S: Simd, const N: usize>(
    [a, b, c, d, e, f]: [E::Vector<S>; SIDE],
) -> [E::Vector<S>; N] {
    // SAFETY: by the caller's promise.
    unsafe {
        let (at_p, at_q) = (number::<E, S>(AT_P), number::<E, S>(AT_Q));
        results::<E, S, N>([
            a.mul(number::<E, S>(AT_0)),
            b.mul(at_p),
            c.mul(at_p),
            d.mul(at_q),
            e.mul(at_q),
            f,
        ])
    }
}
