//! The steps of the work on a piece.

use std::ops::Range;

use crate::conv2d::correlate::Packing;
use crate::gemm::shape::Shape;
use crate::gemm::target::Target;
use crate::gemm::tile::{Columns, Left, Tiles};
use crate::threads::{Disjoint, parallel_for};
use crate::{Float, scratch};

use super::from_tiles::FromTiles;
use super::images::{Images, Room};
use super::pieces::Piece;
use super::points::PLACES;
use super::to_tiles::Of;
use super::{PARTS, Winograd};

/// What all steps know.
pub(super) struct Step<'a, E> {
    pub(super) winograd: &'a Winograd,
    /// How the transformed pixels lie, and the sums.
    pub(super) rooms: [Room; 2],
    pub(super) packing: Packing,
    pub(super) packed: &'a [E],
    /// Where the terms of a run lie among the weights.
    pub(super) offsets: &'a [usize],
    pub(super) bias: Option<&'a [E]>,
    pub(super) least: E,
}

impl<E: Float> Step<'_, E> {
    /// All of a piece, with every thread at the same step: weights that are too large to stay in a cache
    /// are then read once, and few tiles are enough for all threads.
    pub(super) fn share_out(
        &self,
        piece: &Piece,
        x: &[E],
        pixels: &mut [E],
        sums: &mut [E],
        y: &Disjoint<'_, E>,
    ) {
        let Winograd { in_channels: c, out_channels: o, .. } = *self.winograd;
        let whole = |n: usize| self.packing.whole_vectors(n);
        let block = whole(c.div_ceil(PARTS));
        let parts = Disjoint::new(&mut *pixels);
        parallel_for(c.div_ceil(block), |i| {
            let channels = i * block..c.min((i + 1) * block);
            // SAFETY: each task has its own channels.
            unsafe { self.images(x).transform(piece, channels, self.rooms[0], &parts) };
        });

        let block = self.packing.whole_tiles(o.div_ceil(2));
        let n_blocks = o.div_ceil(block);
        let target = Disjoint::new(&mut *sums);
        parallel_for(PLACES * n_blocks, |i| {
            let first = i % n_blocks * block;
            let channels = first..self.rooms[1].channels.min(first + block);
            // SAFETY: each task has its own channels of its own place.
            unsafe { self.multiply(piece, i / n_blocks, channels, pixels, &target) };
        });

        let block = whole(o.div_ceil(PARTS.div_ceil(piece.units.len())));
        let n_blocks = o.div_ceil(block);
        parallel_for(piece.units.len() * n_blocks, |i| {
            let channels = i % n_blocks * block..o.min((i % n_blocks + 1) * block);
            let i = i / n_blocks;
            // SAFETY: each task has its own channels of its own image.
            unsafe { self.transform_sums(piece, i, piece.units.start + i, channels, sums, y) };
        });
    }

    /// These images, whose tiles are transformed.
    pub(super) fn images<'x>(&self, x: &'x [E]) -> Images<'x, E> {
        let Winograd { in_channels, size, padding, .. } = *self.winograd;
        Images {
            of: Of::Pixels,
            results: self.winograd.results(),
            numbers: x,
            channels: in_channels,
            size,
            padding,
        }
    }

    /// Multiplies all pixels of a place with some channels of the windows of it, which start a panel.
    ///
    /// # Safety
    /// Nobody else has these sums.
    pub(super) unsafe fn multiply(
        &self,
        piece: &Piece,
        place: usize,
        channels: Range<usize>,
        pixels: &[E],
        sums: &Disjoint<'_, E>,
    ) {
        let (len, [c_room, o_room]) = (self.packing.len(), self.rooms.map(|room| room.channels));
        let group = piece.units.start % self.winograd.groups;
        let weights = &self.packed[(group * PLACES + place) * len..][..len];
        let pixels = &pixels[place * self.rooms[0].step()..][..piece.n_tiles() * c_room];
        let first = place * self.rooms[1].step() + channels.start;
        assert!(first + (piece.n_tiles() - 1) * o_room + channels.len() <= sums.len(), "sums of a place");
        for terms in self.packing.runs() {
            let right = &weights[terms.start * self.packing.padded..][..terms.len() * self.packing.padded];
            // SAFETY: nobody else has them by the caller's promise, and one tile is computed at a time.
            let mut target =
                unsafe { Target::new(sums.as_ptr().add(first), o_room, piece.n_tiles(), channels.len()) };
            target.beta = if terms.start == 0 { E::ZERO } else { E::ONE };
            E::tiles(Tiles {
                height: Shape::of::<E>().panel_rows(piece.n_tiles()),
                rows: 0..piece.n_tiles(),
                cols: 0..channels.len(),
                left: Left::Rows(&pixels[terms.start..], c_room),
                right: &right[channels.start * terms.len()..],
                columns: Columns::Tiles(self.packing.height * terms.len()),
                offsets: &self.offsets[..terms.len()],
                target,
            });
        }
    }

    /// Transforms the sums of some channels for image `i` of a piece, which is `unit`.
    ///
    /// # Safety
    /// Nobody else has the piece's rows of these channels of y.
    pub(super) unsafe fn transform_sums(
        &self,
        piece: &Piece,
        i: usize,
        unit: usize,
        channels: Range<usize>,
        sums: &[E],
        y: &Disjoint<'_, E>,
    ) {
        let Winograd { groups, out_channels: o, out: [height, width], .. } = *self.winograd;
        let lanes = self.packing.whole_vectors(1);
        let results = self.winograd.results();
        let rows = results * piece.rows.start..height.min(results * piece.rows.end);
        let room = self.rooms[1];
        scratch::with(results * width * lanes, |pixels: &mut [E]| {
            for channel in channels.clone().step_by(lanes) {
                let n = lanes.min(channels.end - channel);
                E::from_tiles(FromTiles {
                    results,
                    sums: &sums[i * piece.tiles * room.channels + channel..],
                    tile_step: room.channels,
                    place_step: room.step(),
                    tiles: self.winograd.tiles()[1],
                    bias: self.bias.map(|bias| &bias[unit % groups * o + channel..][..n]),
                    least: self.least,
                    pixels,
                    size: [rows.len(), width],
                    channels: n,
                    start: ((unit * o + channel) * height + rows.start) * width,
                    plane: height * width,
                    y,
                });
            }
        });
    }
}
