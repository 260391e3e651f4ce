//! Weights as products read them, kept for the next product.
//!
//! Products read their operands in another order than that in which these lie, and to bring a matrix
//! into that order takes as long as some rows of the product. Weights stay the same from one inference
//! to the next; so what was made of them is kept from the second time on that it is asked for. In
//! training, where each step changes them, it never comes to that.

use std::sync::{Arc, Mutex, PoisonError};

use crate::Float;
use crate::scratch::{self, Lines};
use crate::simd::{Level, level};

/// The most things that are kept of one operand; of what is asked for beyond, the oldest goes.
const MOST: usize = 4;
/// An operand is not kept where arranging it is a smaller part of the product than one of so many.
const WORTH: usize = 32;

/// What products made of the numbers of one buffer, for as long as these stay as they are.
///
/// Who changes the numbers must [`clear`](Self::clear) it before. The results of products do not
/// depend on it.
///
/// # Example
/// ```
/// use tenon_kernels::gemm::{Epilogue, MatMut, MatRef, gemm};
/// use tenon_kernels::kept::Kept;
/// let (x, w) = (vec![1.0; 32 * 64], vec![0.5; 64 * 64]);
/// let kept = Kept::default();
/// let w = MatRef::row_major(&w, 64, 64).kept_in(&kept);
/// let mut y = vec![0.0; 32 * 64];
/// for _ in 0..3 {
///     let y = MatMut::row_major(&mut y, 32, 64);
///     gemm(1.0_f32, MatRef::row_major(&x, 32, 64), w, 0.0, y, Epilogue::default());
/// }
/// assert_eq!(y, [32.0; 32 * 64]);
/// ```
#[derive(Debug)]
pub struct Kept<E> {
    forms: Mutex<Vec<(Form, Level, Option<Arc<Lines<E>>>)>>,
}

impl<E> Default for Kept<E> {
    fn default() -> Self {
        Kept { forms: Mutex::new(Vec::new()) }
    }
}

impl<E> Kept<E> {
    /// Forgets everything, because the numbers are about to change.
    pub fn clear(&mut self) {
        self.forms.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// In which order an operand is arranged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As panels of a right operand.
    Right { sizes: [usize; 2], strides: [isize; 2] },
    /// As panels of so many rows, for each of some groups.
    Panels { groups: usize, sizes: [usize; 2], strides: [isize; 2], height: usize },
    /// As transformed windows, for each of some groups.
    Windows { groups: usize, sizes: [usize; 2], side: usize, turned: bool },
}

impl<E: Float> Kept<E> {
    /// What `arrange` makes of the numbers in `len` elements, if it has been asked for before.
    pub(crate) fn get(
        &self,
        form: Form,
        len: usize,
        arrange: impl FnOnce(&mut [E]),
    ) -> Option<Arc<Lines<E>>> {
        // What was arranged is stored when it is whole, so a panic leaves nothing behind that is not.
        let mut forms = self.forms.lock().unwrap_or_else(PoisonError::into_inner);
        let level = level();
        let Some((.., known)) = forms.iter_mut().find(|known| (known.0, known.1) == (form, level)) else {
            if forms.len() == MOST {
                forms.remove(0);
            }
            forms.push((form, level, None));
            return None;
        };
        let arranged = known.get_or_insert_with(|| {
            let mut lines = Lines::new(len);
            arrange(lines.as_mut_slice());
            Arc::new(lines)
        });
        Some(Arc::clone(arranged))
    }
}

/// Whether it pays to keep an operand each number of which is multiplied `uses` times, where arranging
/// it takes as long as `cost` of these multiplications.
pub(crate) fn pays(uses: usize, cost: usize) -> bool {
    uses <= WORTH * cost
}

/// Calls `f` with what `arrange` makes of an operand in `len` elements, which may be what is kept of it.
pub(crate) fn with<E: Float, R>(
    kept: Option<&Kept<E>>,
    form: Form,
    len: usize,
    arrange: impl Fn(&mut [E]),
    f: impl FnOnce(&[E]) -> R,
) -> R {
    match kept.and_then(|kept| kept.get(form, len, &arrange)) {
        Some(arranged) => f(arranged.as_slice()),
        None => scratch::with(len, |buffer: &mut [E]| {
            arrange(buffer);
            f(buffer)
        }),
    }
}
