//! How the work is cut into pieces: rows of tiles of an image, or some images.

use std::ops::Range;

use super::{PLACES, Winograd};
use crate::conv2d::correlate::Packing;

/// The elements of transformed pixels and of their products that a piece has for one thread: most of a
/// second-level cache. Larger weights are shared by all threads …
const OWN: usize = 384 * 1024;
/// … in pieces of at most this many elements.
const SHARED: usize = 2 * 1024 * 1024;
/// There are at least this many pieces for threads of their own, where the work can be cut so.
const PIECES: usize = 8;
/// How much further apart than need be two places are, in elements: at distances that are powers of two
/// they would meet in the same few lines of the cache.
const GAP: usize = 16;

/// All pieces.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pieces {
    units: usize,
    /// The rows of tiles of a piece, of all but the last of an image.
    pub(super) rows: usize,
    /// The pieces of an image.
    per_image: usize,
    /// The images of a piece, of all but the last; one if there are several pieces for each.
    images: usize,
    /// The columns of the products.
    pub(super) cols: usize,
    /// Whether all threads work on the same piece.
    pub(super) shared: bool,
}

/// Some rows of tiles of some images.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) units: Range<usize>,
    pub(super) first_row: usize,
}

impl Pieces {
    /// Those that waste the least, of the ones that are not too large, and the largest of these: each
    /// reads all weights once.
    pub(super) fn new(winograd: &Winograd, packing: Packing) -> Pieces {
        let Winograd { units, groups, in_channels: c, out_channels: o, out, .. } = *winograd;
        let [height, width] = out.map(|size| size.div_ceil(2));
        let shared = PLACES * c * o > OWN;
        let parts = (1..=height).map(|rows| (rows, 1));
        let wholes = (2..=if groups == 1 { units } else { 1 }).map(|images| (height, images));
        let all = parts.chain(wholes).map(|(rows, images)| Pieces {
            units,
            rows,
            per_image: height.div_ceil(rows),
            images,
            cols: packing.whole_vectors(images * rows * width),
            shared,
        });
        let suits = |pieces: &Pieces| {
            let len = PLACES * (c + o) * pieces.cols;
            if shared { len <= SHARED } else { len <= OWN && pieces.len() >= PIECES }
        };
        all.take_while(|pieces| (pieces.rows, pieces.images) == (1, 1) || suits(pieces))
            .min_by_key(|pieces| (pieces.all_cols(), pieces.len()))
            .expect("the smallest piece is always one")
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.units.div_ceil(self.images) * self.per_image
    }

    /// The columns of the products of all of them.
    pub(super) fn all_cols(&self) -> usize {
        self.len() * self.cols
    }

    pub(super) fn piece(&self, i: usize) -> Piece {
        let unit = i / self.per_image * self.images;
        Piece { units: unit..self.units.min(unit + self.images), first_row: i % self.per_image * self.rows }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Piece> {
        (0..self.len()).map(|i| self.piece(i))
    }

    /// How far it is from one place to the next, where each has a row of columns for so many channels.
    pub(super) fn place_step(&self, channels: usize) -> usize {
        channels * self.cols + GAP
    }
}
