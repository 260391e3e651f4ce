//! The size of the tiles of the machine, and of the cache that they read from.

use std::marker::PhantomData;

use crate::Float;
use crate::simd::{Kernel, Simd, Vector};

/// The elements that the second-level cache surely holds.
pub(super) const NEAR: usize = 256 * 1024;
/// The vectors side by side in a tile.
pub(super) const VECTORS: usize = 2;

/// The most rows of a tile: what the registers hold beside two vectors of the right operand and
/// one of the left.
const fn max_rows<S: Simd>() -> usize {
    (S::REGISTERS - 4) / VECTORS
}

/// The most rows of a double tile, with twice as many vectors.
pub(super) const fn max_double_rows<S: Simd>() -> usize {
    (S::REGISTERS - 5) / (2 * VECTORS)
}

pub(super) const fn most_rows<S: Simd, const VECS: usize>() -> usize {
    if VECS <= VECTORS { max_rows::<S>() } else { max_double_rows::<S>() }
}

/// The size of the tiles of the machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// The most rows of a tile.
    pub(super) max_rows: usize,
    /// The columns of a tile.
    pub(crate) cols: usize,
}

impl Shape {
    pub(crate) fn of<E: Float>() -> Shape {
        E::tile_shape(AskShape(PhantomData))
    }

    /// How many numbers a vector has.
    pub(crate) fn lanes(&self) -> usize {
        self.cols / VECTORS
    }

    /// How `m` rows are cut into panels of nearly equal height: the height of all but the last.
    pub(crate) fn panel_rows(&self, m: usize) -> usize {
        m.div_ceil(m.div_ceil(self.max_rows).max(1)).max(1)
    }
}

/// Asks for the shape of tiles of `E`.
pub(crate) struct AskShape<E>(PhantomData<E>);

impl<E: Float> Kernel for AskShape<E> {
    type Output = Shape;

    #[inline(always)]
    fn run<S: Simd>(self) -> Shape {
        let lanes = <E::Vector<S> as Vector<E>>::LANES;
        Shape { max_rows: max_rows::<S>(), cols: VECTORS * lanes }
    }
}
