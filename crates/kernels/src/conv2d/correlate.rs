//! The product that a convolution is: weights times shifted planes.

use crate::Float;
use crate::gemm::tile::{Rows, Shape, Target, multiply};
use crate::gemm::{Activation, Bias};
use crate::simd::{Kernel, Simd};

/// How many weights are multiplied before their sums are written: what the second-level cache
/// holds beside the planes.
const WEIGHTS: usize = 128 * 1024;
/// The fewest and the most terms of a sum that are added in one go.
const DEPTH: [usize; 2] = [128, 1024];

/// How the weights of one group, `rows` × `terms`, are packed: the terms in runs of `depth`, in
/// each run panels of `height` rows, in each panel term by term.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packing {
    pub(super) rows: usize,
    pub(super) terms: usize,
    pub(super) height: usize,
    pub(super) depth: usize,
    /// The columns of a tile.
    pub(super) tile_cols: usize,
}

impl Packing {
    pub(super) fn new<E: Float>(rows: usize, terms: usize) -> Packing {
        let shape = Shape::of::<E>();
        let depth = (WEIGHTS / rows.max(1)).clamp(DEPTH[0], DEPTH[1]);
        let depth = terms.div_ceil(terms.div_ceil(depth).max(1));
        Packing { rows, terms, height: shape.panel_rows(rows), depth, tile_cols: shape.cols }
    }

    /// The elements of the packed weights.
    pub(super) fn len(&self) -> usize {
        self.rows * self.terms
    }

    /// Calls `visit(first term, terms, first row, rows, place)` for each panel.
    pub(super) fn for_each_panel(&self, mut visit: impl FnMut(usize, usize, usize, usize, usize)) {
        for term in (0..self.terms).step_by(self.depth.max(1)) {
            let terms = self.depth.min(self.terms - term);
            for row in (0..self.rows).step_by(self.height) {
                let rows = self.height.min(self.rows - row);
                visit(term, terms, row, rows, term * self.rows + row * terms);
            }
        }
    }

    /// The columns that a row of the result has room for when `n` are asked for.
    pub(super) fn whole_tiles(&self, n: usize) -> usize {
        n.next_multiple_of(self.tile_cols)
    }
}

/// `result[row, j] = Σₖ weights[row, k] · planes[offsets[k] + j]` for some of the rows and for
/// `j` below `cols`, a number of whole tiles.
pub(super) struct Correlate<'a, 'y, E> {
    pub(super) packing: Packing,
    pub(super) weights: &'a [E],
    pub(super) rows: std::ops::Range<usize>,
    pub(super) planes: &'a [E],
    pub(super) offsets: &'a [usize],
    pub(super) cols: usize,
    pub(super) result: &'y mut [E],
}

impl<E: Float> Kernel for Correlate<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Correlate { packing, weights, rows, planes, offsets, cols, result } = self;
        let furthest = offsets.iter().copied().max().unwrap_or(0);
        assert!(offsets.len() == packing.terms && weights.len() == packing.len());
        assert!(rows.end <= packing.rows && rows.start.is_multiple_of(packing.height));
        assert!(cols.is_multiple_of(packing.tile_cols) && furthest + cols <= planes.len());
        assert!(result.len() >= rows.len() * cols);
        for term in (0..packing.terms).step_by(packing.depth) {
            let terms = packing.depth.min(packing.terms - term);
            let offsets = &offsets[term..term + terms];
            for col in (0..cols).step_by(packing.tile_cols) {
                let planes = Rows { start: planes[col..].as_ptr(), offsets };
                for row in rows.clone().step_by(packing.height) {
                    let height = packing.height.min(rows.end - row);
                    let panel = &weights[term * packing.rows + row * terms..][..height * terms];
                    let target = Target {
                        start: result[(row - rows.start) * cols + col..].as_mut_ptr(),
                        row_stride: cols,
                        cols: packing.tile_cols,
                        alpha: E::ONE,
                        beta: if term == 0 { E::ZERO } else { E::ONE },
                        bias: Bias::None,
                        activation: Activation::Identity,
                    };
                    // SAFETY: the panel is whole; all offsets can be read for `cols` elements;
                    // the result has `cols` columns, of which this tile is a part.
                    unsafe { multiply::<E, S>(height, panel.as_ptr(), planes, &target) };
                }
            }
        }
    }
}
