//! The product that a convolution is: weights times shifted planes.

use std::ops::Range;

use crate::Float;
use crate::gemm::MatRef;
use crate::gemm::pack::pack_panel;
use crate::gemm::shape::Shape;
use crate::gemm::target::Target;
use crate::gemm::tasks::PACKING;
use crate::gemm::tile::{Columns, Left, Tiles};
use crate::kept::{self, Form, Kept};
use crate::threads::{Disjoint, parallel_for};

/// How many weights are multiplied before their sums are written: what the second-level cache
/// holds beside the planes.
const WEIGHTS: usize = 128 * 1024;
/// The fewest and the most terms of a sum that are added in one go.
const DEPTH: [usize; 2] = [128, 1024];

/// How the weights of one group, `rows` × `terms`, are packed: the terms in runs of `depth`, in
/// each run panels of `height` rows, in each panel term by term.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packing {
    rows: usize,
    /// The rows that there is room for, with zeros behind the last: whole panels of a right operand,
    /// or only those that there are.
    pub(super) padded: usize,
    pub(super) terms: usize,
    pub(super) height: usize,
    pub(super) depth: usize,
    /// The columns of a tile, and of a vector.
    pub(super) tile_cols: usize,
    lanes: usize,
}

impl Packing {
    pub(super) fn new<E: Float>(rows: usize, terms: usize) -> Packing {
        Packing::of_shape(Shape::of::<E>(), rows, terms)
    }

    pub(super) fn of_shape(shape: Shape, rows: usize, terms: usize) -> Packing {
        let depth = (WEIGHTS / rows.max(1)).clamp(DEPTH[0], DEPTH[1]);
        let depth = terms.div_ceil(terms.div_ceil(depth).max(1));
        Packing {
            rows,
            padded: rows,
            terms,
            height: shape.panel_rows(rows),
            depth,
            tile_cols: shape.cols,
            lanes: shape.lanes(),
        }
    }

    /// The same weights as a right operand, which has their rows for columns.
    pub(super) fn as_right(self) -> Packing {
        Packing { padded: self.whole_tiles(self.rows), height: self.tile_cols, ..self }
    }

    /// The runs of terms.
    pub(super) fn runs(self) -> impl Iterator<Item = Range<usize>> {
        let Packing { terms, depth, .. } = self;
        (0..terms).step_by(depth.max(1)).map(move |term| term..terms.min(term + depth))
    }

    /// The elements of the packed weights.
    pub(super) fn len(&self) -> usize {
        self.padded * self.terms
    }

    /// How many panels there are.
    pub(super) fn n_panels(&self) -> usize {
        self.terms.div_ceil(self.depth.max(1)) * self.rows.div_ceil(self.height)
    }

    /// The terms and rows of panel `i`, and its place.
    pub(super) fn panel(&self, i: usize) -> (Range<usize>, Range<usize>, Range<usize>) {
        let n_panels = self.rows.div_ceil(self.height);
        let (term, row) = (i / n_panels * self.depth, i % n_panels * self.height);
        let terms = term..self.terms.min(term + self.depth);
        let rows = row..self.rows.min(row + self.height);
        let height = self.height.min(self.padded - row);
        let place = term * self.padded + row * terms.len();
        let panel = place..place + height * terms.len();
        (terms, rows, panel)
    }

    /// Calls `pack(terms, rows, panel)` for each panel of `packed`, in parallel.
    pub(super) fn pack<E: Float>(
        &self,
        packed: &mut [E],
        pack: impl Fn(Range<usize>, Range<usize>, &mut [E]) + Sync,
    ) {
        let packed = Disjoint::new(packed);
        parallel_for(self.n_panels(), |i| {
            let (terms, rows, place) = self.panel(i);
            // SAFETY: panels do not overlap.
            let panel = unsafe { packed.slice(place.start, place.len()) };
            pack(terms, rows, panel);
        });
    }

    /// Calls `f` with the packed weights of all groups, each a matrix `(rows, terms)` whose product has
    /// `cols` columns.
    pub(super) fn with_weights<'w, E: Float, R>(
        &self,
        groups: usize,
        weights: impl Fn(usize) -> MatRef<'w, E>,
        kept: Option<&Kept<E>>,
        cols: usize,
        f: impl FnOnce(&[E]) -> R,
    ) -> R {
        let strides = weights(0).strides();
        let form = Form::Panels { groups, sizes: [self.rows, self.terms], strides, height: self.height };
        let pack = |packed: &mut [E]| {
            for (group, packed) in packed.chunks_exact_mut(self.len().max(1)).enumerate() {
                let weights = weights(group);
                self.pack(packed, |terms, rows, panel| pack_panel(weights.block(rows, terms), panel));
            }
        };
        kept::with(kept.filter(|_| kept::pays(cols, PACKING)), form, groups * self.len(), pack, f)
    }

    /// The columns that a row of the result has room for when `n` are asked for.
    pub(super) fn whole_vectors(&self, n: usize) -> usize {
        n.next_multiple_of(self.lanes)
    }

    /// The columns of so many packed ones of a right operand.
    pub(super) fn whole_tiles(&self, n: usize) -> usize {
        n.next_multiple_of(self.tile_cols)
    }
}

/// `target[row, j] = Σₖ weights[row, k] · right[offsets[k] + columns[j]]` for some of the rows, which
/// start a panel; then the target's bias and activation.
pub(super) fn correlate<E: Float>(
    packing: Packing,
    weights: &[E],
    rows: Range<usize>,
    right: &[E],
    columns: Columns<'_>,
    offsets: &[usize],
    target: Target<'_, E>,
) {
    for terms in packing.runs() {
        let offsets = &offsets[terms.clone()];
        add_run(packing, weights, rows.clone(), terms, right, columns, offsets, target);
    }
}

/// Adds a run of terms to the target, or writes the first there: a step of [`correlate`], whose
/// `offsets` are those of these terms.
pub(super) fn add_run<E: Float>(
    packing: Packing,
    weights: &[E],
    rows: Range<usize>,
    terms: Range<usize>,
    right: &[E],
    columns: Columns<'_>,
    offsets: &[usize],
    target: Target<'_, E>,
) {
    let mut target = if terms.end == packing.terms { target } else { target.plain() };
    target.beta = if terms.start == 0 { E::ZERO } else { E::ONE };
    let left = &weights[terms.start * packing.padded..][..terms.len() * packing.padded];
    E::tiles(Tiles {
        height: packing.height,
        rows: 0..rows.len(),
        cols: 0..target.cols(),
        left: Left::Panels(&left[rows.start * terms.len()..]),
        right,
        columns,
        offsets,
        target,
    });
}
