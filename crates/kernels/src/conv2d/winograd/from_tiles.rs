//! From the sums of the places of tiles to results.

use crate::Float;
use crate::simd::{Kernel, Simd, Vector};
use crate::threads::Disjoint;

use super::MAX_LANES;
use super::points::{PLACES, SIDE, results};

/// `Aᵀ m A` of all tiles of some rows of an image, for as many channels as a vector has, with a bias
/// and no less than `least`.
pub(crate) struct FromTiles<'a, 'y, E> {
    /// The results of a tile along an axis.
    pub(super) results: usize,
    /// The sums, from those of the first tile on.
    pub(super) sums: &'a [E],
    /// From one tile to the next, and from one place to the next.
    pub(super) tile_step: usize,
    pub(super) place_step: usize,
    /// How many tiles are in a row.
    pub(super) tiles: usize,
    /// One for each channel.
    pub(super) bias: Option<&'a [E]>,
    pub(super) least: E,
    /// Room for the results of a row of tiles.
    pub(super) pixels: &'a mut [E],
    /// The rows and columns of the results, and how many of the channels there are.
    pub(super) size: [usize; 2],
    pub(super) channels: usize,
    /// Where the first result goes, and how far it is to that of the next channel.
    pub(super) start: usize,
    pub(super) plane: usize,
    /// All results, of which nobody else has these.
    pub(super) y: &'a Disjoint<'y, E>,
}

impl<E: Float> Kernel for FromTiles<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        match self.results {
            4 => transform::<E, S, 4>(self),
            2 => transform::<E, S, 2>(self),
            n => unreachable!("tiles of {n} × {n} results"),
        }
    }
}

/// Transforms tiles that each have `N` × `N` results.
#[inline(always)]
fn transform<E: Float, S: Simd, const N: usize>(work: FromTiles<'_, '_, E>) {
    let FromTiles { sums, tile_step, place_step, tiles, bias, least, pixels, .. } = work;
    let ([height, width], channels, start, plane, y) =
        (work.size, work.channels, work.start, work.plane, work.y);
    let lanes = <E::Vector<S> as Vector<E>>::LANES;
    let n_rows = height.div_ceil(N);
    assert!((1..=lanes).contains(&channels) && height > 0 && width > 0 && width <= N * tiles);
    assert!((PLACES - 1) * place_step + (n_rows * tiles - 1) * tile_step + lanes <= sums.len());
    assert!(N * width * lanes <= pixels.len());
    assert!(start + (channels - 1) * plane + height * width <= y.len());
    let mut biases = [E::ZERO; MAX_LANES];
    if let Some(bias) = bias {
        biases[..channels].copy_from_slice(bias);
    }
    for row in 0..n_rows {
        let rows = N.min(height - N * row);
        for col in 0..tiles {
            // SAFETY: kernels run where the machine has the instructions; the sums and the pixels
            // are inside of their slices, as asserted.
            unsafe {
                let from = sums.as_ptr().add((row * tiles + col) * tile_step);
                let mut columns = [[E::Vector::<S>::splat(E::ZERO); N]; SIDE];
                for (j, column) in columns.iter_mut().enumerate() {
                    let mut places = [E::Vector::<S>::splat(E::ZERO); SIDE];
                    for (i, place) in places.iter_mut().enumerate() {
                        *place = E::Vector::<S>::load(from.add((SIDE * i + j) * place_step));
                    }
                    *column = results::<E, S, N>(places);
                }
                let [a, b, c, d, e, f] = columns;
                let (bias, least) = (E::Vector::<S>::load(biases.as_ptr()), E::Vector::<S>::splat(least));
                let cols = N.min(width - N * col);
                for i in 0..rows {
                    let to = pixels.as_mut_ptr().add((i * width + N * col) * lanes);
                    let line = results::<E, S, N>([a[i], b[i], c[i], d[i], e[i], f[i]]);
                    for (j, number) in line.into_iter().enumerate() {
                        if j < cols {
                            // In this order NaN stays NaN.
                            least.max(number.add(bias)).store(to.add(j * lanes));
                        }
                    }
                }
            }
        }
        // SAFETY: the results are in `y`, as asserted, and nobody else's.
        unsafe {
            let to = y.as_ptr().add(start + N * row * width);
            turn::<E, S>(&pixels[..rows * width * lanes], channels, to, plane);
        }
    }
}

/// `to[c · plane + i] = pixels[i · LANES + c]` for so many channels.
///
/// # Safety
/// The machine has the instructions of `S`; the places can be written.
#[inline(always)]
unsafe fn turn<E: Float, S: Simd>(pixels: &[E], channels: usize, to: *mut E, plane: usize) {
    let lanes = <E::Vector<S> as Vector<E>>::LANES;
    let square = <E::Vector<S> as Vector<E>>::SQUARE;
    let n_pixels = pixels.len() / lanes;
    for pixel in (0..n_pixels).step_by(square) {
        let n = square.min(n_pixels - pixel);
        for channel in (0..channels).step_by(square) {
            // SAFETY: by the caller's promise; the buffer holds a square.
            unsafe {
                let from = pixels.as_ptr().add(pixel * lanes + channel);
                let to = to.add(channel * plane + pixel);
                if channel + square <= channels {
                    E::Vector::<S>::transpose(from, lanes as isize, n, to, plane, n == square);
                } else {
                    let mut buffer = [E::ZERO; MAX_LANES * MAX_LANES];
                    E::Vector::<S>::transpose(from, lanes as isize, n, buffer.as_mut_ptr(), square, true);
                    for c in 0..channels - channel {
                        let row = E::Vector::<S>::load_first(buffer.as_ptr().add(c * square), n);
                        row.store_first(to.add(c * plane), n);
                    }
                }
            }
        }
    }
}
