//! Elementary functions over whole slices, with the widest vectors of the machine.
//!
//! Each comes as `f(x, y)`, which writes `y[i] = f(x[i])`, and `f_mut(y)`, which writes
//! `y[i] = f(y[i])`. The errors stated are those for `f32`; `f64` calls the standard library.

use crate::Float;
use crate::simd::{Kernel, Simd};
use crate::threads::parallel_chunks_mut;

/// How many elements a task has; these functions take about a nanosecond for each.
const BLOCK: usize = 8 * 1024;

macro_rules! functions {
    ($(#[$doc:meta] $name:ident, $name_mut:ident, $function:ident: |$x:ident| $value:expr;)*) => {
        $(
            #[$doc]
            pub fn $name<E: Float>(x: &[E], y: &mut [E]) {
                apply(Function::$function, x, y);
            }

            #[doc = concat!("As [`", stringify!($name), "`], in place.")]
            pub fn $name_mut<E: Float>(y: &mut [E]) {
                apply_mut(Function::$function, y);
            }
        )*

        #[derive(Clone, Copy)]
        enum Function {
            $($function,)*
        }

        impl<E: Float> Kernel for Apply<'_, '_, E> {
            type Output = ();

            #[inline(always)]
            fn run<S: Simd>(self) {
                let Apply { function, x, y } = self;
                match function {
                    $(Function::$function => {
                        for (y, &$x) in y.iter_mut().zip(x) {
                            *y = $value;
                        }
                    })*
                }
            }
        }

        impl<E: Float> Kernel for ApplyMut<'_, E> {
            type Output = ();

            #[inline(always)]
            fn run<S: Simd>(self) {
                let ApplyMut { function, y } = self;
                match function {
                    $(Function::$function => {
                        for y in y {
                            let $x = *y;
                            *y = $value;
                        }
                    })*
                }
            }
        }
    };
}

functions! {
    /// eˣ, within 2 ulp; 0 below the smallest normal number.
    exp, exp_mut, Exp: |x| x.fast_exp::<S>();
    /// The natural logarithm, within 2 ulp; −∞ at 0, NaN below.
    ln, ln_mut, Ln: |x| x.fast_ln::<S>();
    /// The hyperbolic tangent, within 3 ulp.
    tanh, tanh_mut, Tanh: |x| x.fast_tanh::<S>();
    /// 1/(1 + e⁻ˣ), within 4 ulp; 0 below the smallest normal number.
    sigmoid, sigmoid_mut, Sigmoid: |x| x.fast_sigmoid::<S>();
    /// The error function 2/√π · ∫₀ˣ e^(−t²) dt, within 4 ulp.
    erf, erf_mut, Erf: |x| x.fast_erf::<S>();
    /// max(x, 0); NaN stays NaN.
    relu, relu_mut, Relu: |x| if x < E::ZERO { E::ZERO } else { x };
    /// √x, correctly rounded.
    sqrt, sqrt_mut, Sqrt: |x| x.sqrt();
}

/// `y[i] = function(x[i])`.
pub(crate) struct Apply<'a, 'y, E> {
    function: Function,
    x: &'a [E],
    y: &'y mut [E],
}

/// `y[i] = function(y[i])`.
pub(crate) struct ApplyMut<'y, E> {
    function: Function,
    y: &'y mut [E],
}

fn apply<E: Float>(function: Function, x: &[E], y: &mut [E]) {
    assert_eq!(x.len(), y.len(), "elements of the input and of the output");
    parallel_chunks_mut(y, BLOCK, |i, y| {
        let x = &x[i * BLOCK..][..y.len()];
        E::apply(Apply { function, x, y });
    });
}

fn apply_mut<E: Float>(function: Function, y: &mut [E]) {
    parallel_chunks_mut(y, BLOCK, |_, y| E::apply_mut(ApplyMut { function, y }));
}
