//! From the sums of the places to derivatives of windows.

use crate::Float;
use crate::simd::{Kernel, Simd, Vector};

use super::points::{PLACES, SIDE, weights};

/// `Gᵀ m G` of the sums of some output channels, tap by tap.
pub(crate) struct FromPlaces<'a, 'y, E> {
    /// The weights of a window along an axis.
    pub(super) window: usize,
    /// Place by place, with so many rows of so many input channels each.
    pub(super) sums: &'a [E],
    pub(super) rows: usize,
    pub(super) channels: usize,
    /// The first row that is transformed.
    pub(super) first: usize,
    pub(super) to: &'y mut [E],
}

impl<E: Float> Kernel for FromPlaces<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        match self.window {
            3 => transform::<E, S, 3>(self),
            5 => transform::<E, S, 5>(self),
            side => unreachable!("windows of {side} × {side}"),
        }
    }
}

/// Transforms to windows of `N` × `N`.
#[inline(always)]
fn transform<E: Float, S: Simd, const N: usize>(work: FromPlaces<'_, '_, E>) {
    let FromPlaces { sums, rows, channels, first, to, .. } = work;
    let lanes = <E::Vector<S> as Vector<E>>::LANES;
    let n_rows = to.len() / (N * N * channels);
    assert!(channels.is_multiple_of(lanes) && first + n_rows <= rows);
    assert_eq!(sums.len(), PLACES * rows * channels, "sums of all places");
    for (row, to) in to.chunks_exact_mut(N * N * channels).enumerate() {
        for channel in (0..channels).step_by(lanes) {
            // SAFETY: kernels run where the machine has the instructions; a vector is at each place and
            // for each tap, as asserted.
            unsafe {
                let from = sums.as_ptr().add((first + row) * channels + channel);
                let mut columns = [[E::Vector::<S>::splat(E::ZERO); N]; SIDE];
                for (j, column) in columns.iter_mut().enumerate() {
                    let mut places = [E::Vector::<S>::splat(E::ZERO); SIDE];
                    for (i, place) in places.iter_mut().enumerate() {
                        *place = E::Vector::<S>::load(from.add((SIDE * i + j) * rows * channels));
                    }
                    *column = weights::<E, S, N>(places);
                }
                let [a, b, c, d, e, f] = columns;
                for i in 0..N {
                    let line = weights::<E, S, N>([a[i], b[i], c[i], d[i], e[i], f[i]]);
                    for (j, weight) in line.into_iter().enumerate() {
                        weight.store(to.as_mut_ptr().add((N * i + j) * channels + channel));
                    }
                }
            }
        }
    }
}
