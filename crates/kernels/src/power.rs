//! Powers with a fixed exponent.

use crate::Float;
use crate::reduce::LANES;
use crate::simd::{Kernel, Simd};
use crate::threads::parallel_chunks_mut;

/// How many elements a task has.
const BLOCK: usize = 4 * 1024;

/// `y[i] = x[i]` to the power `exponent`, as [`Float::powf`] has it, within 1 ulp for `f32`; cubes
/// are within 1.5.
pub fn powf<E: Float>(x: &[E], exponent: E, y: &mut [E]) {
    assert_eq!(x.len(), y.len(), "elements of the input and of the output");
    parallel_chunks_mut(y, BLOCK, |i, y| {
        y.copy_from_slice(&x[i * BLOCK..][..y.len()]);
        E::power(Power { exponent, y });
    });
}

/// As [`powf`], in place.
pub fn powf_mut<E: Float>(exponent: E, y: &mut [E]) {
    parallel_chunks_mut(y, BLOCK, |_, y| E::power(Power { exponent, y }));
}

/// `y[i]` becomes its power.
pub(crate) struct Power<'y, E> {
    exponent: E,
    y: &'y mut [E],
}

impl<E: Float> Kernel for Power<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Power { exponent, y } = self;
        // Powers that are a step or two are computed as such. A root is none of them: of what is
        // negative, or minus 0, it is not the power.
        if exponent == E::ONE {
            return;
        }
        if exponent == E::from_f64(2.0) {
            return y.iter_mut().for_each(|y| *y = *y * *y);
        }
        if exponent == E::from_f64(3.0) {
            return y.iter_mut().for_each(|y| *y = *y * *y * *y);
        }
        if exponent == E::from_f64(-1.0) {
            return y.iter_mut().for_each(|y| *y = E::ONE / *y);
        }
        for y in y.chunks_mut(LANES) {
            // Zeros, negative numbers and what is not finite are rare, and so are such exponents.
            // Without the fused instruction, the standard library is as fast.
            let mut special = !exponent.is_finite() || !S::FMA;
            for &y in &*y {
                special |= !((y > E::ZERO) & (y < E::INFINITY));
            }
            if special {
                for y in y {
                    *y = y.powf(exponent);
                }
            } else if let Ok(y) = <&mut [E; LANES]>::try_from(&mut *y) {
                for y in y {
                    *y = y.fast_powf::<S>(exponent);
                }
            } else {
                for y in y {
                    *y = y.fast_powf::<S>(exponent);
                }
            }
        }
    }
}
