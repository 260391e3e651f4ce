//! Images whose tiles are transformed, and how these lie then.

use std::ops::Range;

use crate::gemm::MatRef;
use crate::gemm::pack::pack_panel;
use crate::gemm::shape::Shape;
use crate::threads::Disjoint;
use crate::{Float, scratch};

use super::pieces::Piece;
use super::points::{PLACES, SIDE};
use super::to_tiles::{Of, ToTiles, columns_len};

/// How much further apart than need be two places are, in elements: at distances that are powers of two
/// they would meet in the same few lines of the cache.
const GAP: usize = 16;

/// How transformed tiles lie: place by place, and at each place tile by tile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// The elements that a tile has at each place: whole vectors of channels.
    pub(super) channels: usize,
    /// The most tiles that there are.
    pub(super) tiles: usize,
}

impl Room {
    /// From one place to the next.
    pub(super) fn step(self) -> usize {
        self.tiles * self.channels + GAP
    }

    /// The elements of all places.
    pub(super) fn len(self) -> usize {
        PLACES * self.step()
    }
}

/// Images, one for each unit, and the zeros above and to the left of them.
#[derive(Clone, Copy)]
pub(super) struct Images<'a, E> {
    pub(super) of: Of,
    /// The results of a tile along an axis.
    pub(super) results: usize,
    pub(super) numbers: &'a [E],
    pub(super) channels: usize,
    pub(super) size: [usize; 2],
    pub(super) padding: [usize; 2],
}

impl<E: Float> Images<'_, E> {
    /// Transforms the tiles of a piece, for some of the channels.
    ///
    /// # Safety
    /// Nobody else has the vectors of these channels of the transformed tiles.
    pub(super) unsafe fn transform(
        &self,
        piece: &Piece,
        channels: Range<usize>,
        room: Room,
        to: &Disjoint<'_, E>,
    ) {
        let Images { of, results, numbers, size: [height, width], padding, .. } = *self;
        let lanes = Shape::of::<E>().lanes();
        // The rows that the tiles see, above and below which they see zeros.
        let [top, bottom] = [piece.rows.start, piece.rows.end].map(|row| results * row);
        let bottom = match of {
            Of::Pixels => bottom + SIDE - results,
            Of::Results => bottom,
        };
        let end = bottom.saturating_sub(padding[0]).min(height);
        let rows = top.saturating_sub(padding[0]).min(end)..end;
        let n_pixels = rows.len() * width;
        let n_cols = piece.tiles / piece.rows.len();
        scratch::with(n_pixels * lanes + lanes, |turned: &mut [E]| {
            scratch::with(columns_len(n_cols, results, lanes), |columns: &mut [E]| {
                for (i, unit) in piece.units.clone().enumerate() {
                    for channel in channels.clone().step_by(lanes) {
                        let n = lanes.min(channels.end - channel);
                        let first = ((unit * self.channels + channel) * height + rows.start) * width;
                        if n_pixels > 0 {
                            let strides = [(height * width) as isize, 1];
                            let from = MatRef::new(numbers, first, [n, n_pixels], strides);
                            pack_panel(from, &mut turned[..n_pixels * n]);
                        }
                        turned[n_pixels * n..][..lanes].fill(E::ZERO);
                        E::to_tiles(ToTiles {
                            of,
                            results,
                            pixels: &turned[..n_pixels * n + lanes],
                            channels: n,
                            size: [rows.len(), width],
                            padding: [padding[0].saturating_sub(top), padding[1]],
                            tiles: [piece.rows.len(), n_cols],
                            columns,
                            first: i * piece.tiles * room.channels + channel,
                            tile_step: room.channels,
                            place_step: room.step(),
                            to,
                        });
                    }
                }
            });
        });
    }
}
