//! Convolutions by windows of 3 × 3 with fewer multiplications.
//!
//! A tile of 2 × 2 results reads 4 × 4 pixels. With `U = G w Gᵀ` of the window, `V = Bᵀ x B` of the
//! pixels and `y = Aᵀ (U ∘ V) A`, it takes 16 multiplications instead of 36, and the sum over the
//! channels can be taken before the last step: for each of the 16 places there is a product of a
//! matrix `(O, C)` of windows with a matrix `(C, tiles)` of pixels.
//!
//! The transforms add and subtract up to four numbers at a time, so their rounding errors stay within
//! a small multiple of those of the sums.
//!
//! Source: Lavin and Gray 2016, "Fast algorithms for convolutional neural networks", section 4.1.

mod pieces;
mod transforms;

pub(super) use transforms::Windows;
pub(crate) use transforms::{FromTiles, PackWindows, ToTiles};

use std::ops::Range;

use super::correlate::{Packing, correlate};
use super::planes::Planes;
use crate::gemm::target::Target;
use crate::gemm::tile::Columns;
use crate::kept::{self, Form, Kept};
use crate::threads::{Disjoint, parallel_for};
use crate::{Float, scratch};

use pieces::{Piece, Pieces};

/// The places of a transformed tile.
const PLACES: usize = 16;
/// With fewer channels than this, the sums are too short.
const LEAST_CHANNELS: usize = 8;
/// What the transforms of a number cost, in multiplications, where rows of tiles fill the vectors.
const TRANSFORM: usize = 7;
/// What transforming the weights costs, in columns of the products.
const WEIGHTS: usize = 28;
/// In how many parts the work on a piece is shared out, where all threads work on the same one.
const PARTS: usize = 16;

/// A convolution with a window of 3 × 3, stride 1 and as many groups as there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Winograd {
    /// The images, each as often as there are groups.
    pub(super) units: usize,
    pub(super) groups: usize,
    /// The channels of a group.
    pub(super) in_channels: usize,
    pub(super) out_channels: usize,
    /// The pixels of an image and of a result.
    pub(super) size: [usize; 2],
    pub(super) out: [usize; 2],
    /// The zeros above and to the left of an image.
    pub(super) padding: [usize; 2],
}

impl Winograd {
    fn packing<E: Float>(&self) -> Packing {
        Packing::new::<E>(self.out_channels, self.in_channels)
    }

    /// Whether this is the faster way, where the other takes as long as `other` multiplications.
    pub(super) fn pays<E: Float>(&self, other: usize) -> bool {
        if self.in_channels.min(self.out_channels) < LEAST_CHANNELS || self.units == 0 {
            return false;
        }
        let (c, o) = (self.in_channels, self.out_channels);
        let packing = self.packing::<E>();
        let cols = Pieces::new(self, packing).all_cols() + self.groups * WEIGHTS;
        let [height, width] = self.out.map(|size| size.div_ceil(2));
        let transformed = self.units * height * packing.whole_vectors(width) * (c + o);
        PLACES * (cols * c * o + transformed * TRANSFORM) < other
    }

    /// `y = max(conv(x, w) + bias, least)`, where `windows(group)` is w.
    pub(super) fn run<'w, E: Float>(
        &self,
        x: &[E],
        windows: impl Fn(usize) -> Windows<'w, E>,
        kept: Option<&Kept<E>>,
        bias: Option<&[E]>,
        least: E,
        y: &mut [E],
    ) {
        let packing = self.packing::<E>();
        let pieces = Pieces::new(self, packing);
        let (c, o) = (self.in_channels, self.out_channels);
        let y = Disjoint::new(y);
        let form = Form::Windows { groups: self.groups, sizes: [o, c], turned: windows(0).turned };
        let kept = kept.filter(|_| kept::pays(pieces.all_cols() / self.groups, WEIGHTS));
        let pack = |packed: &mut [E]| {
            for (group, packed) in packed.chunks_exact_mut(PLACES * packing.len()).enumerate() {
                pack(packing, windows(group), packed);
            }
        };
        kept::with(kept, form, self.groups * PLACES * packing.len(), pack, |packed| {
            scratch::with(c, |offsets: &mut [usize]| {
                offsets.iter_mut().enumerate().for_each(|(c, offset)| *offset = c * pieces.cols);
                let step = Step { winograd: self, pieces, packing, packed, offsets, bias, least };
                let pixels_len = PLACES * pieces.place_step(c);
                let len = pixels_len + PLACES * pieces.place_step(o);
                if pieces.shared {
                    scratch::with(len, |buffer: &mut [E]| {
                        let (pixels, products) = buffer.split_at_mut(pixels_len);
                        pieces.iter().for_each(|piece| step.share_out(&piece, x, pixels, products, &y));
                    });
                } else {
                    parallel_for(pieces.len(), |i| {
                        let piece = pieces.piece(i);
                        scratch::with(len, |buffer: &mut [E]| {
                            let (pixels, products) = buffer.split_at_mut(pixels_len);
                            // SAFETY: nobody else has the pixels and products of this task.
                            unsafe {
                                step.transform_pixels(&piece, 0..c, x, &Disjoint::new(&mut *pixels));
                                let target = Disjoint::new(&mut *products);
                                for place in 0..PLACES {
                                    step.multiply(&piece, place, 0..o, pixels, &target);
                                }
                            }
                            // SAFETY: each task has its own rows of its own images.
                            piece.units.clone().enumerate().for_each(|(i, unit)| unsafe {
                                step.transform_products(&piece, i, unit, 0..o, products, &y);
                            });
                        });
                    });
                }
            });
        });
    }
}

/// Transforms the windows of a group and packs them for each place.
fn pack<E: Float>(packing: Packing, windows: Windows<'_, E>, packed: &mut [E]) {
    let len = packing.len();
    let packed = Disjoint::new(packed);
    parallel_for(packing.n_panels(), |i| {
        let (terms, rows, panel) = packing.panel(i);
        // SAFETY: panels do not overlap, and places do not.
        let to = std::array::from_fn(|place| unsafe { packed.slice(place * len + panel.start, panel.len()) });
        E::pack_windows(PackWindows { windows, rows, terms, to });
    });
}

/// The steps of the work on a piece.
struct Step<'a, E> {
    winograd: &'a Winograd,
    pieces: Pieces,
    packing: Packing,
    packed: &'a [E],
    offsets: &'a [usize],
    bias: Option<&'a [E]>,
    least: E,
}

impl<E: Float> Step<'_, E> {
    /// All of a piece, with every thread at the same step: the weights, which are too large to stay in
    /// a cache, are then read once.
    fn share_out(&self, piece: &Piece, x: &[E], pixels: &mut [E], products: &mut [E], y: &Disjoint<'_, E>) {
        let Winograd { in_channels: c, out_channels: o, .. } = *self.winograd;
        let block = c.div_ceil(PARTS);
        let parts = Disjoint::new(&mut *pixels);
        parallel_for(c.div_ceil(block), |i| {
            let channels = i * block..c.min((i + 1) * block);
            // SAFETY: each task has its own channels.
            unsafe { self.transform_pixels(piece, channels, x, &parts) };
        });

        let n_panels = o.div_ceil(self.packing.height);
        let block = n_panels.div_ceil(2) * self.packing.height;
        let n_blocks = o.div_ceil(block);
        let target = Disjoint::new(&mut *products);
        parallel_for(PLACES * n_blocks, |i| {
            let row = i % n_blocks * block;
            // SAFETY: each task has its own rows of its own place.
            unsafe { self.multiply(piece, i / n_blocks, row..o.min(row + block), pixels, &target) };
        });

        let block = o.div_ceil(PARTS.div_ceil(piece.units.len()));
        let n_blocks = o.div_ceil(block);
        parallel_for(piece.units.len() * n_blocks, |i| {
            let channels = i % n_blocks * block..o.min((i % n_blocks + 1) * block);
            let i = i / n_blocks;
            // SAFETY: each task has its own channels of its own image.
            unsafe { self.transform_products(piece, i, piece.units.start + i, channels, products, y) };
        });
    }

    /// Transforms some channels of the pixels of a piece.
    ///
    /// # Safety
    /// Nobody else has these channels of the transformed pixels.
    unsafe fn transform_pixels(
        &self,
        piece: &Piece,
        channels: Range<usize>,
        x: &[E],
        pixels: &Disjoint<'_, E>,
    ) {
        let Winograd { in_channels, size, padding, .. } = *self.winograd;
        let width = self.winograd.out[1].div_ceil(2);
        let plane = size[0] * size[1];
        let layout = Planes::of_tiles(channels.len(), size, padding, [self.pieces.rows, width]);
        scratch::with(layout.len(), |planes: &mut [E]| {
            let tiles = self.pieces.rows * width;
            for (i, unit) in piece.units.clone().enumerate() {
                let last = i + 1 == piece.units.len();
                let image = &x[(unit * in_channels + channels.start) * plane..][..channels.len() * plane];
                layout.fill(image, 2 * piece.first_row, planes);
                E::to_tiles(ToTiles {
                    planes,
                    layout: &layout,
                    tiles: [self.pieces.rows, width],
                    cols: self.pieces.cols,
                    step: self.pieces.place_step(in_channels),
                    first: channels.start * self.pieces.cols + i * tiles,
                    zeros: if last { self.pieces.cols - (i + 1) * tiles } else { 0 },
                    to: pixels,
                });
            }
        });
    }

    /// Multiplies some rows of the windows of a place with all pixels of it.
    ///
    /// # Safety
    /// Nobody else has these products.
    unsafe fn multiply(
        &self,
        piece: &Piece,
        place: usize,
        rows: Range<usize>,
        pixels: &[E],
        products: &Disjoint<'_, E>,
    ) {
        let Winograd { groups, in_channels: c, out_channels: o, .. } = *self.winograd;
        let (len, cols) = (self.packing.len(), self.pieces.cols);
        let weights = &self.packed[(piece.units.start % groups * PLACES + place) * len..][..len];
        let pixels = &pixels[place * self.pieces.place_step(c)..];
        let first = place * self.pieces.place_step(o) + rows.start * cols;
        // SAFETY: nobody else has them by the caller's promise, and one tile is computed at a time.
        let target = unsafe {
            let products = products.slice(first, rows.len() * cols);
            Target::new(products.as_mut_ptr(), cols, rows.len(), cols)
        };
        let columns = Columns::Tiles(self.packing.tile_cols);
        correlate(self.packing, weights, rows, pixels, columns, self.offsets, target);
    }

    /// Transforms the products of some channels for image `i` of a piece, which is `unit`.
    ///
    /// # Safety
    /// Nobody else has the piece's rows of these channels of y.
    unsafe fn transform_products(
        &self,
        piece: &Piece,
        i: usize,
        unit: usize,
        channels: Range<usize>,
        products: &[E],
        y: &Disjoint<'_, E>,
    ) {
        let Winograd { groups, out_channels: o, out: [height, width], .. } = *self.winograd;
        let rows = 2 * piece.first_row..height.min(2 * (piece.first_row + self.pieces.rows));
        let group = unit % groups;
        for channel in channels {
            let place = ((unit * o + channel) * height + rows.start) * width;
            let products = &products[channel * self.pieces.cols..];
            E::from_tiles(FromTiles {
                products: &products[i * self.pieces.rows * width.div_ceil(2)..],
                step: self.pieces.place_step(o),
                bias: self.bias.map_or(E::ZERO, |bias| bias[group * o + channel]),
                least: self.least,
                width,
                // SAFETY: by the caller's promise.
                y: unsafe { y.slice(place, rows.len() * width) },
            });
        }
    }
}
