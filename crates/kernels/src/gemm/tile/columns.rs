//! Where the columns of the right operand of a tile lie.

use super::VECTORS;

/// Where the columns of a right operand lie in its rows.
#[derive(Clone, Copy)]
pub(crate) enum Columns<'a> {
    /// In tiles this far apart.
    Tiles(usize),
    /// In vectors that start at these places.
    Vectors(&'a [usize]),
}

impl Columns<'_> {
    /// The start of vector `v`; a last tile that is not full has another's in its place.
    #[inline(always)]
    pub(super) fn start(self, v: usize, lanes: usize) -> usize {
        match self {
            Columns::Tiles(step) => v / VECTORS * step + v % VECTORS * lanes,
            Columns::Vectors(starts) => starts[v.min(starts.len() - 1)],
        }
    }

    /// How far it is to the tile that comes so many later; 0 in an image, which was read a moment ago.
    #[inline(always)]
    pub(super) fn distance(self, tiles: usize) -> usize {
        match self {
            Columns::Tiles(step) => tiles * step,
            Columns::Vectors(_) => 0,
        }
    }
}
