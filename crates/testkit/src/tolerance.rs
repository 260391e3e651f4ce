//! How far a computed number may lie from the exact one.

use crate::Real;

/// A bound on the error of one number: `|actual − expected| ≤ absolute + relative · |expected|`.
///
/// A tolerance is derived, not guessed: the constructors take what an error analysis takes (the
/// number type, the number of operations, the size of what was added up) and return its bound.
/// A test that needs more than its bound has found a mistake, in the code or in the analysis.
///
/// # Source
/// Higham 2002, *Accuracy and Stability of Numerical Algorithms*, 2nd edition: the model of
/// rounding is (2.4), `γₙ = n·u / (1 − n·u)` is lemma 3.1, sums and dot products are sections 4.2
/// and 3.1; `u` is the unit roundoff, half the machine epsilon.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// The part that does not depend on the expected value.
    pub absolute: f64,
    /// The part in proportion to the magnitude of the expected value.
    pub relative: f64,
}

impl Tolerance {
    /// No error at all: for copies, selections and integers held as floats.
    pub const EXACT: Self = Self { absolute: 0.0, relative: 0.0 };

    /// A bound in proportion to the expected value, for a requirement stated as such.
    pub const fn relative(relative: f64) -> Self {
        Self { absolute: 0.0, relative }
    }

    /// A bound independent of the expected value, for a requirement stated as such.
    pub const fn absolute(absolute: f64) -> Self {
        Self { absolute, relative: 0.0 }
    }

    /// `n` roundings one after another, none of them amplified: products, quotients, square roots.
    /// Relative error `γₙ`.
    pub fn rounding<E: Real>(n: usize) -> Self {
        Self::relative(gamma::<E>(n))
    }

    /// A sum or dot product of `terms` terms in any order, with or without fused multiply-add:
    /// absolute error `γₙ · magnitude`.
    ///
    /// `magnitude` is the sum of the absolute values of the terms (for a dot product, `Σ|xᵢ·yᵢ|`).
    /// It carries the conditioning: where terms cancel, the sum is small but its error is not, and
    /// no relative bound can hold.
    pub fn sum<E: Real>(terms: usize, magnitude: f64) -> Self {
        Self::absolute(gamma::<E>(terms) * magnitude)
    }

    /// A first derivative by the central difference `(f(x + h) − f(x − h)) / 2h` with the step `h =
    /// scale · ε^⅓`.
    ///
    /// The truncation error is `h²/6 · |f‴|`, the rounding error is `ε·|f| / h`; the step balances
    /// the two, both then being of order `ε^⅔ · magnitude / scale`.
    /// Here `scale` is the length over which the function changes (1 for inputs of order one), and
    /// `magnitude` bounds `|f|` and `scale³·|f‴|` on the interval.
    pub fn central_difference<E: Real>(magnitude: f64, scale: f64) -> Self {
        // ε·|f|/h is 1 unit of ε^⅔·magnitude/scale, h²/6·|f‴| is a sixth of one.
        const BOTH_ERRORS: f64 = 7.0 / 6.0;
        Self::absolute(BOTH_ERRORS * E::EPSILON.powf(2.0 / 3.0) * magnitude / scale)
    }

    /// The error after a step that amplifies errors by at most `condition`, the condition number of
    /// the step.
    pub fn amplified(self, condition: f64) -> Self {
        Self { absolute: self.absolute * condition, relative: self.relative * condition }
    }

    /// The errors of two independent stages added up.
    pub fn plus(self, other: Self) -> Self {
        Self { absolute: self.absolute + other.absolute, relative: self.relative + other.relative }
    }

    /// The largest error allowed for this expected value.
    pub fn bound(self, expected: f64) -> f64 {
        if self.relative == 0.0 {
            return self.absolute;
        }
        self.absolute + self.relative * expected.abs()
    }

    /// Whether `actual` may stand for `expected`: equal (infinities too), both NaN, or within the
    /// bound.
    pub fn accepts(self, actual: f64, expected: f64) -> bool {
        if actual == expected || (actual.is_nan() && expected.is_nan()) {
            return true;
        }
        // An infinite expected value would make the bound infinite and accept anything.
        expected.is_finite() && (actual - expected).abs() <= self.bound(expected)
    }
}

/// `γₙ = n·u / (1 − n·u)`: bounds the relative error of a product of `n` factors `(1 + δ)`, each
/// `|δ| ≤ u`.
fn gamma<E: Real>(n: usize) -> f64 {
    let nu = n as f64 * E::EPSILON / 2.0;
    assert!(
        nu < 1.0,
        "{n} roundings of unit roundoff {:e} leave no correct digit: compare in smaller pieces",
        E::EPSILON / 2.0
    );
    nu / (1.0 - nu)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_rounding_is_within_one_unit_roundoff() {
        let third = f64::from(1.0_f32 / 3.0);
        assert!(Tolerance::rounding::<f32>(1).accepts(third, 1.0 / 3.0));
        assert!(!Tolerance::rounding::<f64>(1).accepts(third, 1.0 / 3.0));
    }

    #[test]
    fn cancelling_sum_needs_the_magnitude_of_its_terms() {
        let terms = [1.0_f32, 1e-8, -1.0];
        let sum = f64::from(terms.iter().sum::<f32>());
        assert_eq!(sum, 0.0);
        let exact: f64 = terms.iter().map(|&term| f64::from(term)).sum();
        assert!(Tolerance::sum::<f32>(3, 2.0).accepts(sum, exact));
        assert!(!Tolerance::rounding::<f32>(3).accepts(sum, exact));
    }

    #[test]
    fn central_difference_of_sine_is_within_its_bound() {
        let step = f64::EPSILON.cbrt();
        let tolerance = Tolerance::central_difference::<f64>(1.0, 1.0);
        for i in 0..100 {
            let x = f64::from(i) / 16.0;
            let slope = ((x + step).sin() - (x - step).sin()) / (2.0 * step);
            // The rounding of x ± step itself moves the points, which a step of two representable
            // ends would avoid; it adds at most ε·|x|/h.
            let ends = Tolerance::absolute(f64::EPSILON * x / step);
            assert!(tolerance.plus(ends).accepts(slope, x.cos()), "at {x}");
        }
    }

    #[test]
    fn stages_add_and_conditioning_multiplies() {
        let tolerance = Tolerance::relative(1e-7).plus(Tolerance::absolute(1e-9)).amplified(10.0);
        assert_eq!(tolerance.bound(0.0), 1e-8);
        assert_eq!(tolerance.bound(-1.0), 1e-8 + 1e-6);
    }

    #[test]
    fn infinity_and_nan_match_only_themselves() {
        let loose = Tolerance::relative(1.0);
        assert!(loose.accepts(f64::INFINITY, f64::INFINITY));
        assert!(loose.accepts(f64::NAN, f64::NAN));
        assert!(!loose.accepts(f64::INFINITY, f64::NEG_INFINITY));
        assert!(!loose.accepts(1.0, f64::INFINITY));
        assert!(!loose.accepts(f64::INFINITY, 1.0));
        assert!(!loose.accepts(f64::NAN, 1.0));
        assert!(!loose.accepts(1.0, f64::NAN));
    }

    #[test]
    #[should_panic(expected = "no correct digit")]
    fn too_many_roundings_are_refused() {
        Tolerance::rounding::<f32>(1 << 24);
    }
}
