//! The transformed windows, as a right operand of the products of each place.

use std::ops::Range;

use crate::Float;
use crate::conv2d::correlate::Packing;
use crate::simd::{Kernel, Simd, Vector};
use crate::threads::{Disjoint, parallel_for};

use super::MAX_LANES;
use super::points::{OfWeights, PLACES, SIDE, ToPlaces};

/// The windows of a group: that of row `o` and term `c` starts at `weights[o · row_step + c · term_step]`
/// and has nine elements, which may be read backwards.
#[derive(Clone, Copy)]
pub(in crate::conv2d) struct Windows<'a, E> {
    pub(in crate::conv2d) weights: &'a [E],
    pub(in crate::conv2d) row_step: usize,
    pub(in crate::conv2d) term_step: usize,
    pub(in crate::conv2d) turned: bool,
}

/// Transforms the windows of a group and packs them for each place.
pub(super) fn pack<E: Float>(packing: Packing, windows: Windows<'_, E>, packed: &mut [E]) {
    let len = packing.len();
    let packed = Disjoint::new(packed);
    parallel_for(packing.n_panels(), |i| {
        let (terms, rows, panel) = packing.panel(i);
        // SAFETY: panels do not overlap, and places do not.
        let to = std::array::from_fn(|place| unsafe { packed.slice(place * len + panel.start, panel.len()) });
        E::pack_windows(PackWindows { windows, rows, terms, to });
    });
}

/// `G w Gᵀ` of some windows, packed as a panel for each place, which is filled up with zeros.
pub(crate) struct PackWindows<'a, 'y, E> {
    windows: Windows<'a, E>,
    rows: Range<usize>,
    terms: Range<usize>,
    to: [&'y mut [E]; PLACES],
}

impl<E: Float> Kernel for PackWindows<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let PackWindows { windows, rows, terms, to } = self;
        let Windows { weights, row_step, term_step, turned } = windows;
        let lanes = <E::Vector<S> as Vector<E>>::LANES;
        let height = to[0].len() / terms.len();
        assert!(height >= rows.len() && height.is_multiple_of(lanes));
        to.iter().for_each(|panel| assert_eq!(panel.len(), height * terms.len(), "elements of a panel"));
        for (k, term) in terms.enumerate() {
            for first in (0..height).step_by(lanes) {
                let mut taps = [[E::ZERO; MAX_LANES]; 9];
                let some = (rows.start + first).min(rows.end)..(rows.start + first + lanes).min(rows.end);
                for (lane, row) in some.enumerate() {
                    let start = row * row_step + term * term_step;
                    let window = &weights[start..start + 9];
                    for (tap, &weight) in window.iter().enumerate() {
                        taps[if turned { 8 - tap } else { tap }][lane] = weight;
                    }
                }
                // SAFETY: kernels run where the machine has the instructions; rows of taps hold a
                // vector, and so do the panels from this place on.
                unsafe {
                    let mut columns = [[E::Vector::<S>::splat(E::ZERO); SIDE]; 3];
                    for (j, column) in columns.iter_mut().enumerate() {
                        let [a, b, c] = [taps[j].as_ptr(), taps[3 + j].as_ptr(), taps[6 + j].as_ptr()];
                        *column = OfWeights::transform::<E, S>([
                            E::Vector::<S>::load(a),
                            E::Vector::<S>::load(b),
                            E::Vector::<S>::load(c),
                        ]);
                    }
                    for i in 0..SIDE {
                        let row = OfWeights::transform::<E, S>([columns[0][i], columns[1][i], columns[2][i]]);
                        for (j, value) in row.into_iter().enumerate() {
                            value.store(to[SIDE * i + j].as_mut_ptr().add(k * height + first));
                        }
                    }
                }
            }
        }
    }
}
