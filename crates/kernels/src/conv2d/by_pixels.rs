//! The product that a convolution is, the other way round: planes times weights.
//!
//! A tile has a row for each of some pixels beside each other, which lie in the planes as they do in the
//! image, and its vectors are of channels. So no place between the rows of pixels is computed, and no
//! vector of pixels is cut by the end of a row; what is left is to turn the sums.

use std::ops::Range;

use super::correlate::Packing;
use crate::gemm::MatRef;
use crate::gemm::pack::pack_panel;
use crate::gemm::target::Target;
use crate::gemm::tile::{Columns, Left, Tiles};
use crate::{Float, scratch};

/// Pixels whose sums are computed, in the order in which planes lie.
pub(super) struct PixelRows<'a, E> {
    pub(super) planes: &'a [E],
    /// From the planes of an image to those of the next, and from row to row.
    pub(super) steps: [usize; 2],
    /// The images, the rows of each and the pixels of a row.
    pub(super) size: [usize; 3],
    /// How many pixels of a row a tile has.
    pub(super) height: usize,
    /// Where the terms of the first pixel lie.
    pub(super) offsets: &'a [usize],
}

impl<E: Float> PixelRows<'_, E> {
    /// `results[c, i] = Σₖ weights[c, k] · planes[offsets[k] + pixels[i]]` for some `channels`, which
    /// start a panel, filled up to a whole vector of them; rows of the results are longer than there are
    /// pixels by less than a vector.
    pub(super) fn multiply(
        &self,
        packing: Packing,
        weights: &[E],
        channels: Range<usize>,
        results: &mut [E],
    ) {
        let [n_images, n_rows, width] = self.size;
        let n_channels = packing.whole_vectors(channels.len());
        let n_pixels = n_images * n_rows * width;
        scratch::with(n_pixels * n_channels, |sums: &mut [E]| {
            for terms in packing.runs() {
                let right = &weights[terms.start * packing.padded..][..terms.len() * packing.padded];
                let right = &right[channels.start * terms.len()..];
                let starts = &self.offsets[terms.clone()];
                scratch::with(terms.len(), |offsets: &mut [usize]| {
                    offsets.iter_mut().enumerate().for_each(|(k, offset)| *offset = k * packing.height);
                    for (row, sums) in sums.chunks_exact_mut(width * n_channels).enumerate() {
                        let place = row / n_rows * self.steps[0] + row % n_rows * self.steps[1];
                        // SAFETY: the sums are borrowed by this function, which computes one tile at a time.
                        let mut target =
                            unsafe { Target::new(sums.as_mut_ptr(), n_channels, width, n_channels) };
                        target.beta = if terms.start == 0 { E::ZERO } else { E::ONE };
                        E::tiles(Tiles {
                            height: self.height,
                            rows: 0..width,
                            cols: 0..n_channels,
                            left: Left::Columns(&self.planes[place..], starts),
                            right,
                            columns: Columns::Tiles(packing.height * terms.len()),
                            offsets,
                            target,
                        });
                    }
                });
            }
            pack_panel(MatRef::row_major(sums, n_pixels, n_channels), results);
        });
    }
}
