//! How the work is cut into pieces: rows of tiles of an image, or some images.

use std::ops::Range;

use super::points::PLACES;

/// The elements of transformed pixels and of their products that a piece has for one thread: most of a
/// second-level cache.
const OWN: usize = 384 * 1024;
/// The elements of a piece that all threads work on, at most.
const SHARED: usize = 2 * 1024 * 1024;
/// There are at least this many pieces for threads of their own, where the work can be cut so.
const PIECES: usize = 8;

/// All pieces.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pieces {
    units: usize,
    /// The rows of tiles of an image, and the tiles of each.
    tiles: [usize; 2],
    /// The rows of tiles of a piece, of all but the last of an image.
    rows: usize,
    /// The images of a piece, of all but the last; one if there are several pieces for each.
    images: usize,
    /// Whether all threads work on the same piece.
    pub(super) shared: bool,
}

/// Some rows of tiles of some images.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) units: Range<usize>,
    pub(super) rows: Range<usize>,
    /// The tiles of an image.
    pub(super) tiles: usize,
}

impl Piece {
    /// All tiles of it.
    pub(super) fn n_tiles(&self) -> usize {
        self.units.len() * self.tiles
    }
}

impl Pieces {
    /// Whether so many weights at each place are too large for each thread to have them in its cache.
    pub(super) fn share(weights: usize) -> bool {
        PLACES * weights > OWN
    }

    /// The largest that are not too large, of images with so many rows of so many tiles, each with so
    /// many elements at each place: a piece reads all weights, or adds to them, once. Pieces have several
    /// images only if these may be `together`.
    pub(super) fn new(
        units: usize,
        together: bool,
        tiles: [usize; 2],
        elements: usize,
        shared: bool,
    ) -> Pieces {
        let most = if shared { SHARED } else { OWN } / (PLACES * elements);
        let [height, width] = tiles;
        let images = if together { (most / (height * width)).clamp(1, units) } else { 1 };
        let rows = (most / width).clamp(1, height);
        let pieces = Pieces { units, tiles, rows, images, shared };
        if shared {
            return pieces;
        }
        // As many tasks as there should be, of about the same size.
        let least = PIECES.div_ceil(units);
        let images = if least == 1 { images.min(units / PIECES).max(1) } else { 1 };
        let rows = height.div_ceil(height.div_ceil(rows).max(least.min(height)));
        Pieces { images, rows, ..pieces }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.units.div_ceil(self.images) * self.per_image()
    }

    fn per_image(&self) -> usize {
        self.tiles[0].div_ceil(self.rows)
    }

    /// The most tiles that a piece has.
    pub(super) fn most_tiles(&self) -> usize {
        self.images * self.rows * self.tiles[1]
    }

    pub(super) fn piece(&self, i: usize) -> Piece {
        let (unit, row) = (i / self.per_image() * self.images, i % self.per_image() * self.rows);
        let rows = row..self.tiles[0].min(row + self.rows);
        Piece { units: unit..self.units.min(unit + self.images), tiles: rows.len() * self.tiles[1], rows }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Piece> {
        (0..self.len()).map(|i| self.piece(i))
    }
}
