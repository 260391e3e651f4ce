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

mod transforms;

pub(crate) use transforms::{FromTiles, ToTiles};

use super::correlate::{Packing, correlate};
use super::planes::Planes;
use crate::gemm::MatRef;
use crate::gemm::tile::{Columns, Target};
use crate::threads::{Disjoint, parallel_for};
use crate::{Float, scratch};

/// The places of a transformed tile.
const PLACES: usize = 16;
/// The elements that a task has of transformed pixels and of their products: most of a second-level
/// cache.
const TASK: usize = 384 * 1024;
/// There are at least this many tasks, where the work can be cut so.
const TASKS: usize = 8;
/// With fewer channels than this, the sums are too short.
const LEAST_CHANNELS: usize = 8;
/// What the transforms of a number cost, in multiplications.
const TRANSFORM: usize = 14;
/// What transforming the weights costs, in columns of the products.
const WEIGHTS: usize = 32;
/// How much further apart than need be the matrices of two places are, in elements: at distances
/// that are powers of two they would meet in the same few lines of the cache.
const GAP: usize = 16;

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

/// What a task computes: some rows of tiles of an image, or some images.
#[derive(Clone, Copy)]
struct Share {
    /// The rows of tiles, of all tasks of an image but the last.
    rows: usize,
    /// The tasks of an image.
    n: usize,
    /// The images, of all tasks but the last; one if there are several tasks for each.
    images: usize,
    /// The columns of the products.
    cols: usize,
}

impl Winograd {
    /// The rows and columns of tiles.
    fn tiles(&self) -> [usize; 2] {
        self.out.map(|size| size.div_ceil(2))
    }

    /// The planes of `rows` rows of tiles.
    fn planes(&self, rows: usize) -> Planes {
        Planes::of_tiles(self.in_channels, self.size, self.padding, [rows, self.tiles()[1]])
    }

    /// The share that wastes the least of those that fit a task.
    fn share(&self, packing: Packing) -> Share {
        let [height, width] = self.tiles();
        let parts = (1..=height).map(|rows| (rows, 1));
        let wholes = (2..=if self.groups == 1 { self.units } else { 1 }).map(|images| (height, images));
        let shares = parts.chain(wholes).map(|(rows, images)| Share {
            rows,
            n: height.div_ceil(rows),
            images,
            cols: packing.whole_tiles(images * rows * width),
        });
        let fits = |share: &Share| PLACES * (self.in_channels + self.out_channels) * share.cols <= TASK;
        let enough = |share: &Share| self.n_tasks(share) >= TASKS;
        let smallest = (1, 1);
        shares
            .take_while(|share| (share.rows, share.images) == smallest || (fits(share) && enough(share)))
            .min_by_key(|share| self.n_tasks(share) * share.cols)
            .expect("the smallest share is always one")
    }

    fn n_tasks(&self, share: &Share) -> usize {
        self.units.div_ceil(share.images) * share.n
    }

    fn packing<E: Float>(&self) -> Packing {
        Packing::new::<E>(self.out_channels, self.in_channels)
    }

    /// Whether this is the faster way, where the other has `direct_cols` columns in its product for
    /// each image.
    pub(super) fn pays<E: Float>(&self, direct_cols: usize) -> bool {
        if self.in_channels.min(self.out_channels) < LEAST_CHANNELS || self.units == 0 {
            return false;
        }
        let (c, o) = (self.in_channels, self.out_channels);
        let share = self.share(self.packing::<E>());
        let cols = self.n_tasks(&share) * share.cols + self.groups * WEIGHTS;
        PLACES * cols * (c * o + (c + o) * TRANSFORM) < 9 * c * o * self.units * direct_cols
    }

    /// `y = max(conv(x, w) + bias, least)`, where `weight(group, o, c)` is a window.
    pub(super) fn run<E: Float>(
        &self,
        x: &[E],
        weight: impl Fn(usize, usize, usize) -> [E; 9] + Sync,
        bias: Option<&[E]>,
        least: E,
        y: &mut [E],
    ) {
        let packing = self.packing::<E>();
        let share = self.share(packing);
        let planes = self.planes(share.rows);
        let (c, o, cols) = (self.in_channels, self.out_channels, share.cols);
        let ([height, width], tiles) = (self.out, self.tiles()[1]);
        let image = c * self.size[0] * self.size[1];
        let (pixel_step, product_step) = (c * cols + GAP, o * cols + GAP);
        let y = Disjoint::new(y);
        scratch::with(self.groups * PLACES * packing.len(), |packed: &mut [E]| {
            for (group, packed) in packed.chunks_exact_mut(PLACES * packing.len()).enumerate() {
                self.pack(packing, |o, c| weight(group, o, c), packed);
            }
            scratch::with(c, |offsets: &mut [usize]| {
                for (c, offset) in offsets.iter_mut().enumerate() {
                    *offset = c * cols;
                }
                let (packed, offsets) = (&*packed, &*offsets);
                parallel_for(self.n_tasks(&share), |task| {
                    let (unit, first) = (task / share.n * share.images, task % share.n * share.rows);
                    let units = unit..self.units.min(unit + share.images);
                    let group = unit % self.groups;
                    let rows = 2 * first..height.min(2 * (first + share.rows));
                    scratch::with(
                        planes.len() + PLACES * (pixel_step + product_step),
                        |buffer: &mut [E]| {
                            let (pixels, buffer) = buffer.split_at_mut(PLACES * pixel_step);
                            let (products, plane_buffer) = buffer.split_at_mut(PLACES * product_step);
                            for (i, unit) in units.clone().enumerate() {
                                planes.fill(&x[unit * image..][..image], 2 * first, plane_buffer);
                                E::to_tiles(ToTiles {
                                    planes: plane_buffer,
                                    layout: &planes,
                                    tiles: [share.rows, tiles],
                                    first: i * share.rows * tiles,
                                    cols,
                                    step: pixel_step,
                                    to: pixels,
                                });
                            }
                            let packed = &packed[group * PLACES * packing.len()..];
                            let pixels = pixels.chunks_exact(pixel_step);
                            let places = pixels.zip(products.chunks_exact_mut(product_step));
                            for ((pixels, products), weights) in places.zip(packed.chunks(packing.len())) {
                                let products = &mut products[..o * cols];
                                // SAFETY: the products are this task's, which computes one tile at
                                // a time.
                                let target = unsafe { Target::new(products.as_mut_ptr(), cols, o, cols) };
                                let columns = Columns::Tiles(packing.tile_cols);
                                correlate(packing, weights, 0..o, pixels, columns, offsets, target);
                            }
                            for (i, unit) in units.enumerate() {
                                for channel in 0..o {
                                    let place = ((unit * o + channel) * height + rows.start) * width;
                                    E::from_tiles(FromTiles {
                                        products: &products[channel * cols + i * share.rows * tiles..],
                                        step: product_step,
                                        bias: bias.map_or(E::ZERO, |bias| bias[group * o + channel]),
                                        least,
                                        width,
                                        // SAFETY: each task writes its own rows of its own images.
                                        y: unsafe { y.slice(place, rows.len() * width) },
                                    });
                                }
                            }
                        },
                    );
                });
            });
        });
    }

    /// Transforms the windows of a group and packs them for each place.
    fn pack<E: Float>(
        &self,
        packing: Packing,
        weight: impl Fn(usize, usize) -> [E; 9] + Sync,
        packed: &mut [E],
    ) {
        let (rows, terms) = (self.out_channels, self.in_channels);
        scratch::with(PLACES * rows * terms, |windows: &mut [E]| {
            let parts = Disjoint::new(windows);
            parallel_for(rows, |o| {
                // SAFETY: a row of each place belongs to one task.
                let mut at: [&mut [E]; PLACES] =
                    std::array::from_fn(|place| unsafe { parts.slice((place * rows + o) * terms, terms) });
                for c in 0..terms {
                    let transformed = transforms::window(weight(o, c));
                    at.iter_mut().zip(transformed).for_each(|(row, value)| row[c] = value);
                }
            });
            let (len, windows) = (packing.len(), &*windows);
            let packed = Disjoint::new(packed);
            parallel_for(PLACES, |place| {
                // SAFETY: a place belongs to one task.
                let packed = unsafe { packed.slice(place * len, len) };
                let windows = MatRef::row_major(&windows[place * len..][..len], rows, terms);
                packing.pack_matrix(windows, packed);
            });
        });
    }
}
