//! The product that a convolution is, the other way round: planes times weights.
//!
//! A tile has a row for each of some pixels beside each other, which lie in the planes as they do in the
//! image, and its vectors are of channels. So no place between the rows of pixels is computed, and no
//! vector of pixels is cut by the end of a row; nor do the zeros above and below the image count. What is
//! left is to turn the sums.

use std::ops::Range;

use super::correlate::Packing;
use super::planes::Planes;
use crate::gemm::MatRef;
use crate::gemm::pack::pack_panel;
use crate::gemm::target::Target;
use crate::gemm::tile::{Columns, Left, Tiles};
use crate::{Float, scratch};

/// Pixels whose sums are computed, in the order in which planes lie.
pub(super) struct PixelRows<'a, E> {
    pub(super) planes: &'a [E],
    pub(super) layout: &'a Planes,
    /// Which row of the output the first is.
    pub(super) first_row: usize,
    /// The images, the rows of each and the pixels of a row.
    pub(super) size: [usize; 3],
    /// How many pixels of a row a tile has.
    pub(super) height: usize,
    /// Where the terms of the first pixel lie, and how many padded pixels below it.
    pub(super) offsets: &'a [usize],
    pub(super) downs: &'a [usize],
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
                let downs = &self.downs[terms.clone()];
                let furthest = [downs.iter().min(), downs.iter().max()];
                scratch::with(3 * terms.len(), |lists: &mut [usize]| {
                    let (all, some) = lists.split_at_mut(terms.len());
                    all.iter_mut().enumerate().for_each(|(k, offset)| *offset = k * packing.height);
                    for (row, sums) in sums.chunks_exact_mut(width * n_channels).enumerate() {
                        let (image, row) = (row / n_rows, row % n_rows);
                        let place = image * self.layout.unit() + row * self.layout.pitch();
                        let shown = self.layout.rows_of_image(self.first_row + row);
                        let (starts, offsets) = if furthest.iter().flatten().all(|down| shown.contains(down))
                        {
                            (&self.offsets[terms.clone()], &*all)
                        } else {
                            self.select(terms.clone(), shown, all, some)
                        };
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

    /// Where terms lie in the planes and among `all` the weights, of those that are so far down as is `shown`;
    /// there is room for both in `some`.
    fn select<'b>(
        &self,
        terms: Range<usize>,
        shown: Range<usize>,
        all: &[usize],
        some: &'b mut [usize],
    ) -> (&'b [usize], &'b [usize]) {
        let (starts, offsets) = some.split_at_mut(all.len());
        let (from, downs) = (&self.offsets[terms.clone()], &self.downs[terms]);
        let mut n = 0;
        for ((&start, &down), &offset) in from.iter().zip(downs).zip(all) {
            // Without a branch: what is not shown is overwritten.
            (starts[n], offsets[n]) = (start, offset);
            n += usize::from(shown.contains(&down));
        }
        (&starts[..n], &offsets[..n])
    }
}
