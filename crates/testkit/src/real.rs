//! The two floating-point types that tests compare.

/// A floating-point number that converts to `f64` without loss.
pub trait Real: Copy + Into<f64> {
    /// The distance from 1 to the next larger number, as an `f64`.
    ///
    /// One rounding to nearest has a relative error of at most half of this, the unit roundoff.
    const EPSILON: f64;

    /// The number of this type nearest to `value`.
    fn nearest(value: f64) -> Self;
}

impl Real for f32 {
    const EPSILON: f64 = f32::EPSILON as f64;

    fn nearest(value: f64) -> Self {
        value as f32
    }
}

impl Real for f64 {
    const EPSILON: f64 = f64::EPSILON;

    fn nearest(value: f64) -> Self {
        value
    }
}
