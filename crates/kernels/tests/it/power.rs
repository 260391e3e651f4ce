//! Powers against double precision.

use tenon_kernels::power::{powf, powf_mut};

use crate::support::{at_every_level, check_exact, numbers, ulps_off};

const EXPONENTS: [f32; 15] = [
    0.0,
    1.0,
    2.0,
    2.5,
    3.0,
    -1.0,
    -0.5,
    1e-3,
    17.25,
    -40.0,
    1e30,
    f32::MAX,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::NAN,
];

/// Blocks of positive numbers of all sizes, and one in which others are among them.
fn bases() -> Vec<f32> {
    let all_positive = (1..f32::INFINITY.to_bits()).step_by(997 * 61).map(f32::from_bits);
    let near_one = (-2000..2000).map(|i| 1.0 + i as f32 * 1.7e-4);
    let specials =
        [0.0, -0.0, 1.0, -1.0, -2.0, -0.3, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MAX, f32::MIN];
    all_positive.chain(near_one).chain(specials).collect()
}

#[test]
fn powers_are_within_an_ulp() {
    let x = bases();
    for exponent in EXPONENTS {
        let outputs = at_every_level(x.len(), |y| powf(&x, exponent, y));
        let again = at_every_level(x.len(), |y| {
            y.copy_from_slice(&x);
            powf_mut(exponent, y);
        });
        for (y, again) in outputs.iter().zip(&again) {
            for ((&x, &y), &again) in x.iter().zip(y).zip(again) {
                assert_eq!(y.to_bits(), again.to_bits(), "{x:e} to the power {exponent:e} in place");
                let want = f64::from(x).powf(f64::from(exponent));
                let rounded = want as f32;
                if rounded.is_nan() {
                    assert!(y.is_nan(), "{x:e} to the power {exponent:e} is {y:e}, not NaN");
                } else if rounded.is_normal() && y.is_normal() {
                    let error = ulps_off(y, want);
                    // A cube is a product of a product, whose rounding weighs up to an ulp.
                    let bound = if exponent == 3.0 { 1.5 } else { 1.0 };
                    assert!(error <= bound, "{x:e} to the power {exponent:e} is {y:e}: off by {error} ulp");
                } else {
                    let near = y == rounded || y == rounded.next_up() || y == rounded.next_down();
                    assert!(near, "{x:e} to the power {exponent:e} is {y:e} instead of {rounded:e}");
                }
            }
        }
    }
}

#[test]
fn powers_in_double_precision_are_those_of_the_standard_library() {
    let x: Vec<f64> = numbers(1, 100);
    // Squares, cubes and reciprocals apart, which are computed as such.
    for exponent in [2.5, 0.5, -3.0] {
        // Compilers compute some powers that they know of in another way.
        let known = std::hint::black_box(exponent);
        let want: Vec<f64> = x.iter().map(|x| x.powf(known)).collect();
        check_exact(&want, |y| powf(&x, exponent, y));
    }
}
