//! Convolutions by windows of 3 × 3 and 5 × 5 with fewer multiplications.
//!
//! A tile of 4 × 4 results, or of 2 × 2, reads 6 × 6 pixels. With `U = G w Gᵀ` of the window,
//! `V = Bᵀ x B` of the pixels and `y = Aᵀ (U ∘ V) A`, it takes 36 multiplications instead of 144 or 100,
//! and the sum over the channels can be taken before the last step: for each of the 36 places there is a
//! product of a matrix `(tiles, C)` of pixels with a matrix `(C, O)` of windows.
//!
//! All transforms have channels beside each other in a vector, so images of any width fill it.
//! Rounding errors stay within four times those of sums that are taken one by one, which a test holds.
//!
//! Source: Lavin and Gray 2016, "Fast algorithms for convolutional neural networks", section 4.1.

mod from_places;
mod from_tiles;
mod images;
mod pieces;
mod points;
mod step;
mod to_tiles;
mod weight_gradient;
mod windows;

pub(crate) use from_places::FromPlaces;
pub(crate) use from_tiles::FromTiles;
pub(crate) use to_tiles::ToTiles;
pub(crate) use windows::PackWindows;
pub(super) use windows::Windows;

use super::Conv2d;
use super::correlate::Packing;
use crate::gemm::shape::Shape;
use crate::kept::{self, Form, Kept};
use crate::threads::{Disjoint, parallel_for};
use crate::{Float, scratch};

use images::Room;
use pieces::Pieces;
use points::{PLACES, results_of};
use step::Step;
use windows::pack;

/// What the transforms of a channel of a tile cost, in multiplications.
const TRANSFORM: usize = 350;
/// What it costs to begin and end a sum.
const SUM: usize = 8;
/// What transforming a window costs, in multiplications.
const WINDOW: usize = 700;
/// In how many parts the work on a piece is shared out, where all threads work on the same one.
const PARTS: usize = 16;
/// The tiles that are worth a part of their own.
const LEAST_TILES: usize = 8;
/// No vector holds more.
const MAX_LANES: usize = 16;

/// A convolution with a square window, stride 1 and as many groups as there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Winograd {
    /// The weights of a window along an axis: 3 or 5.
    pub(super) window: usize,
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
    /// The convolution itself, where the window is one of those that there are transforms for.
    pub(super) fn of(sizes: &Conv2d) -> Option<Winograd> {
        let plain = sizes.stride == [1, 1] && sizes.dilation == [1, 1];
        let window = [3, 5].into_iter().find(|&side| plain && sizes.kernel == [side, side])?;
        Some(Winograd {
            window,
            units: sizes.batch * sizes.groups,
            groups: sizes.groups,
            in_channels: sizes.in_channels / sizes.groups,
            out_channels: sizes.out_channels / sizes.groups,
            size: [sizes.height, sizes.width],
            out: [sizes.out_height(), sizes.out_width()],
            padding: sizes.padding,
        })
    }

    /// The windows are a right operand, with a column for each channel of the result.
    fn packing<E: Float>(&self) -> Packing {
        Packing::new::<E>(self.out_channels, self.in_channels).as_right()
    }

    /// The results of a tile along an axis.
    fn results(&self) -> usize {
        results_of(self.window)
    }

    /// The rows of tiles, and the tiles of each.
    fn tiles(&self) -> [usize; 2] {
        self.out.map(|size| size.div_ceil(self.results()))
    }

    /// The channels of images and of results, filled up to whole vectors.
    fn channels<E: Float>(&self) -> [usize; 2] {
        let lanes = Shape::of::<E>().lanes();
        [self.in_channels, self.out_channels].map(|n| n.next_multiple_of(lanes))
    }

    /// The pieces, and how the tiles of one lie, those of images and those of results.
    fn pieces<E: Float>(&self, shared: bool) -> (Pieces, [Room; 2]) {
        let channels = self.channels::<E>();
        let pieces = Pieces::new(self.units, self.groups == 1, self.tiles(), channels.iter().sum(), shared);
        (pieces, channels.map(|channels| Room { channels, tiles: pieces.most_tiles() }))
    }

    /// Whether all threads work on the same piece: the weights are too large for each to have them in its
    /// cache, or there are too few tiles for a piece to be worth reading them.
    fn shares(&self) -> bool {
        let tiles = self.units / self.groups * self.tiles().iter().product::<usize>();
        Pieces::share(self.in_channels * self.out_channels) || tiles < PARTS * LEAST_TILES
    }

    /// Whether this is the faster way, where the other takes as long as `other` multiplications.
    pub(super) fn pays<E: Float>(&self, other: usize) -> bool {
        self.units > 0 && self.cost::<E>(WINDOW) < other
    }

    /// How long it takes, in multiplications, if each window costs so many.
    fn cost<E: Float>(&self, window: usize) -> usize {
        let (c, o, [c_room, o_room]) = (self.in_channels, self.out_channels, self.channels::<E>());
        let tiles = self.units * self.tiles().iter().product::<usize>();
        let sums = PLACES * tiles * (c + SUM) * o_room;
        sums + tiles * (c_room + o_room) * TRANSFORM + self.groups * c * o * window
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
        let (c, o) = (self.in_channels, self.out_channels);
        let (pieces, rooms) = self.pieces::<E>(self.shares());
        let y = Disjoint::new(y);
        let form = Form::Windows {
            groups: self.groups,
            sizes: [o, c],
            side: self.window,
            turned: windows(0).turned,
        };
        let uses = PLACES * self.units / self.groups * self.tiles().iter().product::<usize>();
        let kept = kept.filter(|_| kept::pays(uses, WINDOW));
        let arrange = |packed: &mut [E]| {
            for (group, packed) in packed.chunks_exact_mut(PLACES * packing.len()).enumerate() {
                pack(packing, windows(group), packed);
            }
        };
        kept::with(kept, form, self.groups * PLACES * packing.len(), arrange, |packed| {
            scratch::with(packing.depth, |offsets: &mut [usize]| {
                offsets.iter_mut().enumerate().for_each(|(k, offset)| *offset = k * packing.height);
                let step = Step { winograd: self, rooms, packing, packed, offsets, bias, least };
                let [pixels_len, sums_len] = rooms.map(Room::len);
                let len = pixels_len + sums_len;
                if pieces.shared {
                    scratch::with(len, |buffer: &mut [E]| {
                        let (pixels, sums) = buffer.split_at_mut(pixels_len);
                        pieces.iter().for_each(|piece| step.share_out(&piece, x, pixels, sums, &y));
                    });
                } else {
                    parallel_for(pieces.len(), |i| {
                        let piece = pieces.piece(i);
                        scratch::with(len, |buffer: &mut [E]| {
                            let (pixels, sums) = buffer.split_at_mut(pixels_len);
                            // SAFETY: nobody else has the pixels and sums of this task.
                            unsafe {
                                let to = Disjoint::new(&mut *pixels);
                                step.images(x).transform(&piece, 0..c, step.rooms[0], &to);
                                let target = Disjoint::new(&mut *sums);
                                for place in 0..PLACES {
                                    step.multiply(&piece, place, 0..rooms[1].channels, pixels, &target);
                                }
                            }
                            // SAFETY: each task has its own rows of its own images.
                            piece.units.clone().enumerate().for_each(|(i, unit)| unsafe {
                                step.transform_sums(&piece, i, unit, 0..o, sums, &y);
                            });
                        });
                    });
                }
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{Level, with_level};

    /// Which of the ways are Winograd's for images of `side` × `side` pixels, forward
    /// and for the derivative of the weights, and whether all threads work on the same piece.
    fn ways(
        batch: usize,
        channels: [usize; 2],
        side: usize,
        window: usize,
        groups: usize,
    ) -> [Option<bool>; 2] {
        let sizes = Conv2d { groups, ..Conv2d::square(batch, channels, side, window, window / 2) };
        let winograd = Winograd::of(&sizes).expect("there are transforms");
        let other = sizes.batch * side * side * sizes.weight_len();
        let forward = winograd.pays::<f32>(other);
        let backward = winograd.pays_for_weights::<f32>(other);
        [forward.then(|| winograd.shares()), backward.then(|| winograd.runs::<f32>().0.shared)]
    }

    #[test]
    fn every_way_is_the_best_for_some_sizes() {
        // The tests that hold convolutions against their definition count on it.
        for &level in Level::available() {
            with_level(level, || {
                let own = Some(false);
                let shared = Some(true);
                assert_eq!(ways(3, [32, 36], 12, 3, 1), [shared, shared], "{level:?}");
                assert_eq!(ways(2, [110, 115], 15, 3, 1), [shared, shared], "{level:?}");
                assert_eq!(ways(8, [24, 25], 32, 3, 1), [own, own], "{level:?}");
                assert_eq!(ways(6, [64, 96], 9, 3, 2), [shared, shared], "{level:?}");
                assert_eq!(ways(8, [48, 48], 32, 3, 2), [own, own], "{level:?}");
                assert_eq!(ways(4, [40, 32], 12, 3, 1), [shared, shared], "{level:?}");
                assert_eq!(ways(3, [48, 52], 13, 5, 1), [own, shared], "{level:?}");
                assert_eq!(ways(9, [32, 40], 16, 5, 1), [own, own], "{level:?}");
                assert_eq!(ways(2, [110, 115], 12, 5, 1), [shared, shared], "{level:?}");
                assert_eq!(ways(4, [40, 32], 12, 5, 1), [own, shared], "{level:?}");
                assert_eq!(ways(8, [3, 64], 32, 3, 1), [None, None], "{level:?}");
                assert_eq!(ways(1, [512, 512], 7, 3, 1), [None, None], "{level:?}");
            });
        }
    }
}
