//! Elementary functions over whole slices, with the widest vectors of the machine.
//!
//! Each comes as `f(x, y)`, which writes `y[i] = f(x[i])`, and `f_mut(y)`, which writes
//! `y[i] = f(y[i])`. The errors stated are those for `f32`; `f64` calls the standard library.

use crate::Float;
use crate::simd::{Kernel, Simd, dispatch};
use crate::threads::parallel_chunks_mut;

/// How many elements a task has; these functions take about a nanosecond for each.
const BLOCK: usize = 8 * 1024;

macro_rules! functions {
    ($(#[$doc:meta] $name:ident, $name_mut:ident: |$x:ident, $simd:ident| $value:expr;)*) => {
        $(
            #[$doc]
            pub fn $name<E: Float>(x: &[E], y: &mut [E]) {
                struct Body<'a, E>(&'a [E], &'a mut [E]);
                impl<E: Float> Kernel for Body<'_, E> {
                    type Output = ();
                    #[inline(always)]
                    fn run<$simd: Simd>(self) {
                        for (y, &$x) in self.1.iter_mut().zip(self.0) {
                            *y = $value;
                        }
                    }
                }
                assert_eq!(x.len(), y.len(), "elements of the input and of the output");
                parallel_chunks_mut(y, BLOCK, |i, y| {
                    dispatch(Body(&x[i * BLOCK..i * BLOCK + y.len()], y));
                });
            }

            #[doc = concat!("As [`", stringify!($name), "`], in place.")]
            pub fn $name_mut<E: Float>(y: &mut [E]) {
                struct Body<'a, E>(&'a mut [E]);
                impl<E: Float> Kernel for Body<'_, E> {
                    type Output = ();
                    #[inline(always)]
                    fn run<$simd: Simd>(self) {
                        for y in self.0 {
                            let $x = *y;
                            *y = $value;
                        }
                    }
                }
                parallel_chunks_mut(y, BLOCK, |_, y| dispatch(Body(y)));
            }
        )*
    };
}

functions! {
    /// eˣ, within 2 ulp; 0 below the smallest normal number.
    exp, exp_mut: |x, S| x.fast_exp::<S>();
    /// The natural logarithm, within 2 ulp; −∞ at 0, NaN below.
    ln, ln_mut: |x, S| x.fast_ln::<S>();
    /// The hyperbolic tangent, within 3 ulp.
    tanh, tanh_mut: |x, S| x.fast_tanh::<S>();
    /// 1/(1 + e⁻ˣ), within 4 ulp; 0 below the smallest normal number.
    sigmoid, sigmoid_mut: |x, S| x.fast_sigmoid::<S>();
    /// The error function 2/√π · ∫₀ˣ e^(−t²) dt, within 4 ulp.
    erf, erf_mut: |x, S| x.fast_erf::<S>();
    /// max(x, 0); NaN stays NaN.
    relu, relu_mut: |x, S| if x < E::ZERO { E::ZERO } else { x };
    /// √x, correctly rounded.
    sqrt, sqrt_mut: |x, S| x.sqrt();
}
