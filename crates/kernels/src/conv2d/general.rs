//! The general way: products of weights with planes (see the module `planes`).
//!
//! A task takes some rows of one image, or a few small images, lays out the planes that they read, and
//! multiplies some rows of weights with a column for each pixel of the result. Columns are read from the
//! planes as they lie, or first copied, without the places between the rows of pixels, a run of terms at
//! a time; or the product is computed the other way round, each pixel a row (see [`Cut`]).

use std::ops::Range;

use super::by_pixels::PixelRows;
use super::columns::CopyColumns;
use super::correlate::{Packing, add_run, correlate};
use super::cut::{Cut, Form};
use super::finish::Finish;
use super::planes::{Planes, SLACK};
use crate::gemm::Activation;
use crate::gemm::target::Target;
use crate::gemm::tile::Columns;
use crate::threads::{Disjoint, parallel_for};
use crate::{Float, scratch};

/// Sums over planes for every pixel of a result.
///
/// With strides s, the pixels of the result fall into s × s *parts*, of every s-th row and column, each
/// of which has terms of its own; all read the same planes.
#[derive(Clone, Copy, Debug)]
pub(super) struct General {
    /// The images, each as often as there are groups.
    pub(super) units: usize,
    pub(super) groups: usize,
    /// The elements of an image and group that are read.
    pub(super) image: usize,
    /// The channels of the result in a group, and its size.
    pub(super) channels: usize,
    pub(super) out: [usize; 2],
    pub(super) strides: [usize; 2],
    /// The terms of all parts.
    pub(super) terms: usize,
}

/// What is multiplied, and what the sums become.
#[derive(Clone, Copy)]
pub(super) struct Factors<'a, E> {
    /// The images.
    pub(super) x: &'a [E],
    /// For each group, the packed weights of its parts.
    pub(super) weights: &'a [E],
    /// The number of terms of each part, row by row.
    pub(super) terms: &'a [usize],
    /// Where the terms of all parts lie in the planes, and how many padded pixels below the output's.
    pub(super) offsets: &'a [usize],
    pub(super) downs: &'a [usize],
    pub(super) bias: Option<&'a [E]>,
    pub(super) activation: Activation,
}

impl General {
    /// The rows and columns of the largest part.
    pub(super) fn part(&self) -> [usize; 2] {
        [0, 1].map(|axis| self.out[axis].div_ceil(self.strides[axis]))
    }

    /// Computes `y`, where `planes` are those that the rows of `cut` read.
    pub(super) fn run<E: Float>(&self, cut: Cut, planes: Planes, factors: Factors<'_, E>, y: &mut [E]) {
        let y = Disjoint::new(y);
        let work = Work { general: self, cut, planes, factors };
        parallel_for(cut.tasks(), |task| {
            let (units, rows, channels) = cut.task(task);
            // SAFETY: each task writes its own rows of its own channels.
            unsafe { work.compute(units, rows, channels, &y) };
        });
    }
}

/// The whole of the work.
struct Work<'a, E> {
    general: &'a General,
    cut: Cut,
    planes: Planes,
    factors: Factors<'a, E>,
}

impl<E: Float> Work<'_, E> {
    /// Computes some rows of all parts, for some channels of some images.
    ///
    /// # Safety
    /// Nobody else has them.
    unsafe fn compute(
        &self,
        units: Range<usize>,
        rows: Range<usize>,
        channels: Range<usize>,
        y: &Disjoint<'_, E>,
    ) {
        let General { image, strides, terms: all_terms, .. } = *self.general;
        let Factors { x, weights, terms, offsets, downs, .. } = self.factors;
        let group = units.start % self.general.groups;
        let padded = self.cut.packing(all_terms).padded;
        let weights = &weights[group * padded * all_terms..];
        let cols = self.cut.columns([units.len(), rows.len()]);
        let planes_len = units.len() * self.planes.unit() + SLACK;
        let n_channels = self.cut.room(channels.len());
        let results_len = strides[1] * n_channels * cols;
        scratch::with(planes_len + results_len, |buffer: &mut [E]| {
            let (planes, results) = buffer.split_at_mut(planes_len);
            for (i, unit) in units.clone().enumerate() {
                let planes = &mut planes[i * self.planes.unit()..][..self.planes.len()];
                self.planes.fill(&x[unit * image..][..image], rows.start, planes);
            }
            let mut first_term = 0;
            for (row, terms) in terms.chunks_exact(strides[1]).enumerate() {
                for (result, &terms) in results.chunks_exact_mut(n_channels * cols).zip(terms) {
                    let packing = self.cut.packing(terms);
                    let weights = &weights[padded * first_term..][..packing.len()];
                    let (offsets, downs) = (&offsets[first_term..][..terms], &downs[first_term..][..terms]);
                    first_term += terms;
                    if terms == 0 {
                        result.fill(E::ZERO);
                        continue;
                    }
                    let size = [units.len(), rows.len(), self.general.part()[1]];
                    let channels = channels.clone();
                    if let Form::ByPixels { height } = self.cut.form {
                        let (layout, first_row) = (&self.planes, rows.start);
                        let pixels = PixelRows { planes, layout, first_row, size, height, offsets, downs };
                        pixels.multiply(packing, weights, channels, result);
                    } else {
                        self.multiply(packing, weights, channels, planes, size, offsets, result, cols);
                    }
                }
                for (i, unit) in units.clone().enumerate() {
                    // SAFETY: by the caller's promise.
                    unsafe { self.finish(results, cols, [i, unit], row, rows.clone(), channels.clone(), y) };
                }
            }
        });
    }

    /// Multiplies some rows of weights with the columns of a part, which pixels are: rows of `cols` sums.
    fn multiply(
        &self,
        packing: Packing,
        weights: &[E],
        channels: Range<usize>,
        planes: &[E],
        size: [usize; 3],
        offsets: &[usize],
        results: &mut [E],
        cols: usize,
    ) {
        // SAFETY: the results are borrowed by this function, which computes one tile at a time.
        let target = unsafe { Target::new(results.as_mut_ptr(), cols, channels.len(), cols) };
        let width = packing.tile_cols;
        if self.cut.form == Form::Lying {
            return correlate(packing, weights, channels, planes, Columns::Tiles(width), offsets, target);
        }
        let tiles = cols.div_ceil(width);
        scratch::with(packing.depth, |rows: &mut [usize]| {
            rows.iter_mut().enumerate().for_each(|(k, row)| *row = k * width);
            scratch::with(tiles * width * packing.depth + SLACK, |panels: &mut [E]| {
                for terms in packing.runs() {
                    E::copy_columns(CopyColumns {
                        planes,
                        unit: self.planes.unit(),
                        pitch: self.planes.pitch(),
                        size,
                        offsets: &offsets[terms.clone()],
                        width,
                        to: &mut *panels,
                    });
                    let rows = &rows[..terms.len()];
                    let columns = Columns::Tiles(width * terms.len());
                    add_run(packing, weights, channels.clone(), terms, panels, columns, rows, target);
                }
            });
        });
    }

    /// Writes what was computed for image `i` of a task, which is `unit`, in the parts of a row of parts.
    ///
    /// # Safety
    /// Nobody else has these rows of these channels of y.
    unsafe fn finish(
        &self,
        results: &[E],
        cols: usize,
        [i, unit]: [usize; 2],
        row: usize,
        rows: Range<usize>,
        channels: Range<usize>,
        y: &Disjoint<'_, E>,
    ) {
        let General { channels: all, groups, out: [height, width], strides, .. } = *self.general;
        let pitch = self.cut.pitch;
        let n_rows =
            rows.len().min((height - row.min(height)).div_ceil(strides[0]).saturating_sub(rows.start));
        if n_rows == 0 {
            return;
        }
        let (group, first) = (unit % groups, unit * all + channels.start);
        E::finish(Finish {
            results: &results[i * rows.len() * pitch..],
            steps: [pitch, cols, self.cut.room(channels.len()) * cols],
            bias: self.factors.bias.map(|bias| &bias[group * all..][channels.clone()]),
            activation: self.factors.activation,
            size: [n_rows, width],
            strides,
            start: (first * height + rows.start * strides[0] + row) * width,
            plane: height * width,
            channels: channels.len(),
            y,
        });
    }
}
