//! The transformed windows, as a right operand of the products of each place.

use crate::conv2d::correlate::Packing;
use crate::gemm::MatRef;
use crate::gemm::pack::pack_panel;
use crate::simd::{Kernel, Simd, Vector};
use crate::threads::{Disjoint, parallel_for};
use crate::{Float, scratch};

use super::points::{OfWeights, PLACES, SIDE, ToPlaces};

/// How many windows beside each other are transformed at a time.
const TOGETHER: usize = 8;

/// The windows of a group, each of `side` × `side` weights, which may be read backwards: that of row `o`
/// and term `c` starts at `weights[o · row_step + c · term_step]`.
#[derive(Clone, Copy)]
pub(in crate::conv2d) struct Windows<'a, E> {
    pub(in crate::conv2d) weights: &'a [E],
    pub(in crate::conv2d) side: usize,
    pub(in crate::conv2d) row_step: usize,
    pub(in crate::conv2d) term_step: usize,
    pub(in crate::conv2d) turned: bool,
}

/// Transforms the windows of a group and packs them for each place.
pub(super) fn pack<E: Float>(packing: Packing, windows: Windows<'_, E>, packed: &mut [E]) {
    let Windows { weights, side, row_step, term_step, turned } = windows;
    let window = side * side;
    let (len, height) = (packing.len(), packing.height);
    // Windows of neighboring terms that follow each other are one matrix.
    let together = if term_step == window { TOGETHER } else { 1 };
    let packed = Disjoint::new(packed);
    parallel_for(packing.n_panels(), |i| {
        let (terms, rows, panel) = packing.panel(i);
        scratch::with(together * window * height, |taps: &mut [E]| {
            for term in terms.clone().step_by(together) {
                let n = together.min(terms.end - term);
                let first = rows.start * row_step + term * term_step;
                let from = MatRef::new(weights, first, [rows.len(), n * window], [row_step as isize, 1]);
                let taps = &mut taps[..n * window * height];
                pack_panel(from, taps);
                let start = panel.start + (term - terms.start) * height;
                // SAFETY: panels do not overlap, and places do not.
                let to =
                    std::array::from_fn(|place| unsafe { packed.slice(place * len + start, n * height) });
                E::pack_windows(PackWindows { taps, side, height, turned, to });
            }
        });
    });
}

/// `G w Gᵀ` of some windows, each number of which has a row of so many.
pub(crate) struct PackWindows<'a, 'y, E> {
    taps: &'a [E],
    side: usize,
    height: usize,
    turned: bool,
    /// As many rows for each place as there are windows.
    to: [&'y mut [E]; PLACES],
}

impl<E: Float> Kernel for PackWindows<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        match self.side {
            3 => transform::<E, S, 3>(self),
            5 => transform::<E, S, 5>(self),
            side => unreachable!("windows of {side} × {side}"),
        }
    }
}

/// Transforms windows of `N` × `N`.
#[inline(always)]
fn transform<E: Float, S: Simd, const N: usize>(work: PackWindows<'_, '_, E>) {
    let PackWindows { taps, height, turned, to, .. } = work;
    let lanes = <E::Vector<S> as Vector<E>>::LANES;
    let len = taps.len() / (N * N);
    assert!(height.is_multiple_of(lanes) && len.is_multiple_of(height));
    to.iter().for_each(|panel| assert_eq!(panel.len(), len, "elements of a panel"));
    for place in (0..len).step_by(lanes) {
        // SAFETY: kernels run where the machine has the instructions; a vector is in each row of taps and
        // of panels from this place on, as asserted.
        unsafe {
            let from = taps.as_ptr().add(place / height * N * N * height + place % height);
            let mut columns = [[E::Vector::<S>::splat(E::ZERO); SIDE]; N];
            for (j, column) in columns.iter_mut().enumerate() {
                let mut weights = [E::Vector::<S>::splat(E::ZERO); N];
                for (i, weight) in weights.iter_mut().enumerate() {
                    let tap = N * i + j;
                    let tap = if turned { N * N - 1 - tap } else { tap };
                    *weight = E::Vector::<S>::load(from.add(tap * height));
                }
                *column = OfWeights::transform::<E, S>(weights);
            }
            for i in 0..SIDE {
                let mut row = [E::Vector::<S>::splat(E::ZERO); N];
                for (weight, column) in row.iter_mut().zip(&columns) {
                    *weight = column[i];
                }
                for (j, value) in OfWeights::transform::<E, S>(row).into_iter().enumerate() {
                    value.store(to[SIDE * i + j].as_mut_ptr().add(place));
                }
            }
        }
    }
}
