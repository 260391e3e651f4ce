//! From pixels to the places of tiles.

use crate::Float;
use crate::simd::{Kernel, Simd, Vector};
use crate::threads::Disjoint;

use super::MAX_LANES;
use super::points::{OfPixels, OfResults, PLACES, SIDE, ToPlaces};

/// What is transformed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Of {
    /// Pixels x, of which tiles have some in common: `Bᵀ x B`.
    Pixels,
    /// Derivatives y with respect to results: `A y Aᵀ`.
    Results,
}

/// Transforms all tiles of some rows of an image, for as many channels as a vector has.
pub(crate) struct ToTiles<'a, 'y, E> {
    pub(super) of: Of,
    /// The results of a tile along an axis.
    pub(super) results: usize,
    /// The image, with so many channels of a pixel beside each other, and a vector behind them.
    pub(super) pixels: &'a [E],
    pub(super) channels: usize,
    /// Its rows and columns.
    pub(super) size: [usize; 2],
    /// The zeros above and to the left of it.
    pub(super) padding: [usize; 2],
    /// The rows of tiles, and how many are in each.
    pub(super) tiles: [usize; 2],
    /// Room for a row of tiles that has been transformed along one axis.
    pub(super) columns: &'a mut [E],
    /// Where the first tile goes, and how far it is to the next, and from one place to the next.
    pub(super) first: usize,
    pub(super) tile_step: usize,
    pub(super) place_step: usize,
    /// All places, of which these channels of these tiles are nobody else's.
    pub(super) to: &'a Disjoint<'y, E>,
}

/// The numbers that `ToTiles::columns` has for a row of so many tiles, each with so many results.
pub(super) fn columns_len(tiles: usize, results: usize, lanes: usize) -> usize {
    SIDE * (results * (tiles - 1) + SIDE) * lanes
}

impl<E: Float> Kernel for ToTiles<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        match (self.of, self.results) {
            (Of::Pixels, _) => transform::<E, S, OfPixels, SIDE>(self),
            (Of::Results, 4) => transform::<E, S, OfResults, 4>(self),
            (Of::Results, 2) => transform::<E, S, OfResults, 2>(self),
            (Of::Results, n) => unreachable!("tiles of {n} × {n} results"),
        }
    }
}

/// Transforms tiles that each have `N` × `N` numbers, of which those behind the results are also the next's.
#[inline(always)]
fn transform<E: Float, S: Simd, T: ToPlaces<N>, const N: usize>(work: ToTiles<'_, '_, E>) {
    let ToTiles { results, pixels, channels, size, padding, tiles, columns, to, .. } = work;
    let ToTiles { first, tile_step, place_step, .. } = work;
    let ([height, width], [n_rows, n_cols]) = (size, tiles);
    let lanes = <E::Vector<S> as Vector<E>>::LANES;
    let all_columns = results * (n_cols - 1) + N;
    let seen = width.min(all_columns.saturating_sub(padding[1]));
    assert!(n_rows > 0 && n_cols > 0 && SIDE * all_columns * lanes <= columns.len());
    assert!((height * width).saturating_sub(1) * channels + lanes <= pixels.len());
    assert!((PLACES - 1) * place_step + first + (n_rows * n_cols - 1) * tile_step + lanes <= to.len());
    let (before, rest) = columns.split_at_mut((SIDE * padding[1] * lanes).min(columns.len()));
    before.fill(E::ZERO);
    rest[SIDE * seen * lanes..].fill(E::ZERO);
    let zeros = [E::ZERO; MAX_LANES];
    for row in 0..n_rows {
        // Where the pixels of each row are, and how far it is from one to the next.
        let mut rows = [(zeros.as_ptr(), 0); N];
        for (i, place) in rows.iter_mut().enumerate() {
            if let Some(y) = (results * row + i).checked_sub(padding[0])
                && y < height
            {
                *place = (pixels[y * width * channels..].as_ptr(), channels);
            }
        }
        // SAFETY: kernels run where the machine has the instructions; pixels, columns and places are
        // inside of their slices, as asserted, and the places nobody else's.
        unsafe {
            for x in 0..seen {
                let mut column = [E::Vector::<S>::splat(E::ZERO); N];
                for (number, (start, step)) in column.iter_mut().zip(rows) {
                    *number = E::Vector::<S>::load(start.add(x * step));
                }
                let to = columns.as_mut_ptr().add((padding[1] + x) * SIDE * lanes);
                for (i, number) in T::transform::<E, S>(column).into_iter().enumerate() {
                    number.store(to.add(i * lanes));
                }
            }
            for col in 0..n_cols {
                let from = columns.as_ptr().add(results * col * SIDE * lanes);
                let to = to.as_ptr().add(first + (row * n_cols + col) * tile_step);
                for i in 0..SIDE {
                    let mut line = [E::Vector::<S>::splat(E::ZERO); N];
                    for (j, number) in line.iter_mut().enumerate() {
                        *number = E::Vector::<S>::load(from.add((j * SIDE + i) * lanes));
                    }
                    for (j, number) in T::transform::<E, S>(line).into_iter().enumerate() {
                        number.store(to.add((SIDE * i + j) * place_step));
                    }
                }
            }
        }
    }
}
