//! From the sums of a product to rows of pixels.

use crate::Float;
use crate::gemm::Activation;
use crate::simd::{Kernel, Simd, Vector};
use crate::threads::Disjoint;

/// Takes the pixels of some rows of some channels out of the sums of their parts, adds the bias and
/// applies the activation.
pub(crate) struct Finish<'a, 'y, E> {
    /// The sums of the first channel in the first part.
    pub(super) results: &'a [E],
    /// How far it is from row to row, from channel to channel and from part to part.
    pub(super) steps: [usize; 3],
    /// One for each channel.
    pub(super) bias: Option<&'a [E]>,
    pub(super) activation: Activation,
    /// How many rows there are, and the pixels of each.
    pub(super) size: [usize; 2],
    /// Every how many rows one is written, and how many parts take turns in it.
    pub(super) strides: [usize; 2],
    /// Where the first row goes, and how far it is to that of the next channel.
    pub(super) start: usize,
    pub(super) plane: usize,
    pub(super) channels: usize,
    /// The result, of which nobody else has these rows.
    pub(super) y: &'a Disjoint<'y, E>,
}

impl<E: Float> Kernel for Finish<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Finish { results, steps, bias, activation, size, strides, start, plane, channels, y } = self;
        let least = activation.least::<E>();
        // Rows that follow each other without a gap are one.
        let [n_rows, width] =
            if steps[0] == size[1] && strides == [1, 1] { [1, size[0] * size[1]] } else { size };
        for channel in 0..channels {
            let bias = bias.map_or(E::ZERO, |bias| bias[channel]);
            let results = &results[channel * steps[1]..];
            for i in 0..n_rows {
                // SAFETY: nobody else has the row.
                let y = unsafe { y.slice(start + channel * plane + i * strides[0] * width, width) };
                // SAFETY: kernels run where the machine has the instructions.
                unsafe { row::<E, S>(&results[i * steps[0]..], steps[2], bias, least, strides[1], y) };
            }
        }
    }
}

/// A row of pixels, from as many parts as take turns.
///
/// # Safety
/// The machine has the instructions of `S`.
#[inline(always)]
unsafe fn row<E: Float, S: Simd>(results: &[E], part: usize, bias: E, least: E, parts: usize, y: &mut [E]) {
    let lanes = <E::Vector<S> as Vector<E>>::LANES;
    let width = y.len();
    match parts {
        1 => {
            let sums = &results[..width];
            for first in (0..width).step_by(lanes) {
                let n = (width - first).min(lanes);
                // SAFETY: `n` elements from `first` on are in both rows.
                unsafe {
                    let sums = E::Vector::<S>::load_first(sums.as_ptr().add(first), n);
                    finished::<E, S>(sums, bias, least).store_first(y.as_mut_ptr().add(first), n);
                }
            }
        }
        2 => {
            let n_sums = width.div_ceil(2);
            let (evens, odds) = (&results[..n_sums], &results[part..][..n_sums]);
            for first in (0..n_sums).step_by(lanes) {
                let n = (n_sums - first).min(lanes);
                // SAFETY: as above; of each pair of vectors, what is in the row is written.
                unsafe {
                    let evens = E::Vector::<S>::load_first(evens.as_ptr().add(first), n);
                    let odds = E::Vector::<S>::load_first(odds.as_ptr().add(first), n);
                    let (low, high) = evens.interleave(odds);
                    let y = &mut y[2 * first..];
                    let n = y.len();
                    finished::<E, S>(low, bias, least).store_first(y.as_mut_ptr(), n.min(lanes));
                    if n > lanes {
                        let high = finished::<E, S>(high, bias, least);
                        high.store_first(y.as_mut_ptr().add(lanes), (n - lanes).min(lanes));
                    }
                }
            }
        }
        _ => {
            for (j, y) in y.iter_mut().enumerate() {
                let sum = results[j % parts * part + j / parts] + bias;
                // As vectors do, this keeps NaN.
                *y = if least > sum { least } else { sum };
            }
        }
    }
}

/// Some sums with a bias, and no less than `least`.
///
/// # Safety
/// The machine has the instructions of `S`.
#[inline(always)]
unsafe fn finished<E: Float, S: Simd>(sums: E::Vector<S>, bias: E, least: E) -> E::Vector<S> {
    // SAFETY: by the caller's promise. In this order NaN stays NaN.
    unsafe { E::Vector::<S>::splat(least).max(sums.add(E::Vector::<S>::splat(bias))) }
}
