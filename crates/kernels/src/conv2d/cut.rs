//! How the work of the general way is cut into tasks, and which of its forms is faster.

use std::ops::Range;

use super::correlate::Packing;
use super::general::General;
use super::planes::Planes;
use crate::Float;
use crate::gemm::shape::Shape;

/// About how many multiplications a task has at least, and above which an image is cut further.
const SMALL_TASK: usize = 512 * 1024;
const LARGE_TASK: usize = 8 * 1024 * 1024;
/// The elements of the planes of a strip: part of a second-level cache.
const PLANES: usize = 64 * 1024;
/// With longer rows than this many tiles, the last one's empty places do not matter.
const TILES: usize = 4;
/// An image is cut into at least this many strips, where they are large enough.
const STRIPS: usize = 4;
/// The most tiles of columns that are copied at a time.
const COPIED_TILES: usize = 6;
/// There are at least this many tasks that copy, where the work can be cut so …
const TASKS: usize = 8;
/// … into blocks of at least so many channels, for each of which the columns are copied again.
const BLOCK: usize = 64;
/// To copy a vector takes as long as multiplying so many.
const COPY: usize = 6;
/// With pixels as rows, a task has at least so many, where there are as many: each uses all weights.
const PIXELS: usize = 64;
/// While a tile multiplies two vectors by a row's number, two numbers can be read: those of its rows, and for
/// each term so many besides. Low tiles wait for these.
const READ: usize = 5;
/// To turn a sum takes as long as so many multiplications, and to begin and end a tile as multiplying so
/// many vectors.
const TURN: usize = 8;
const TILE: usize = 100;

/// In which form planes and weights are multiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Pixels are columns, which are read as they lie.
    Lying,
    /// Pixels are columns, which are copied before.
    Copied,
    /// Pixels are rows, of which a tile has so many.
    ByPixels { height: usize },
}

/// Strips of rows of an image or whole images, and blocks of channels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    pub(super) form: Form,
    /// From one row of pixels to the next among the columns.
    pub(super) pitch: usize,
    /// How long it takes, in multiplications.
    pub(super) cost: usize,
    channels: usize,
    units: usize,
    /// The images of a task, of all but the last; one if there are several strips of each.
    images: usize,
    height: usize,
    /// The rows of all but the last strip.
    pub(super) rows: usize,
    /// The channels of all but the last block.
    block: usize,
    shape: Shape,
}

impl Cut {
    /// The better form for what is summed, of planes for so many rows.
    pub(super) fn new<E: Float>(general: &General, planes: impl Fn(usize) -> Planes) -> Cut {
        let shape = Shape::of::<E>();
        let lying = Cut::lying(general, &planes, shape);
        let by_pixels = Cut::by_pixels(general, &planes, shape);
        let forms = Cut::copied(general, shape).into_iter().chain([by_pixels]);
        forms.fold(lying, |best, form| if form.cost < best.cost { form } else { best })
    }

    /// A task for each image, which has all of it.
    fn whole(general: &General, shape: Shape, form: Form, pitch: usize) -> Cut {
        let General { units, channels, .. } = *general;
        let [height, _] = general.part();
        Cut { form, pitch, cost: 0, channels, units, images: 1, height, rows: height, block: channels, shape }
    }

    /// Columns are read as they lie.
    fn lying(general: &General, planes: &impl Fn(usize) -> Planes, shape: Shape) -> Cut {
        let General { channels, terms, .. } = *general;
        let [height, _] = general.part();
        let one_row = planes(1);
        let pitch = one_row.pitch();
        let products = (pitch * channels * terms).max(1);
        let enough = SMALL_TASK.div_ceil(products);
        let fitting = PLANES / one_row.len();
        let long = (TILES * shape.cols).div_ceil(pitch);
        let rows = enough.max(long).max(fitting.min(height.div_ceil(STRIPS)));
        let rows = height.div_ceil(height.div_ceil(rows.clamp(1, height.max(1))).max(1)).max(1);
        let mut cut = Cut { rows, ..Cut::whole(general, shape, Form::Lying, pitch) };
        let panel = shape.panel_rows(channels);
        let panels = channels.div_ceil(panel);
        let n_blocks = (rows * products / LARGE_TASK).clamp(1, panels);
        cut.block = panels.div_ceil(n_blocks) * panel;
        cut.cost = terms * channels * cut.all_columns();
        cut
    }

    /// Columns are copied: as many at a time as waste the least, and the most of these. Rows of pixels
    /// that are longer than all of them waste little as they lie.
    fn copied(general: &General, shape: Shape) -> Option<Cut> {
        let General { units, groups, channels, terms, .. } = *general;
        let [height, width] = general.part();
        let with = |images, rows| Cut { images, rows, ..Cut::whole(general, shape, Form::Copied, width) };
        let parts = (1..=height).map(|rows| with(1, rows));
        let wholes = (2..=if groups == 1 { units } else { 1 }).map(|images| with(images, height));
        let mut cut = parts
            .chain(wholes)
            .take_while(|cut| cut.images * cut.rows * width <= COPIED_TILES * shape.cols)
            .min_by_key(|cut| (cut.all_columns(), cut.tasks()))?;
        let panel = shape.panel_rows(channels);
        let n_blocks = TASKS.div_ceil(cut.tasks()).min(channels / BLOCK).max(1);
        cut.block = channels.div_ceil(panel).div_ceil(n_blocks) * panel;
        let vectors = units * height * width.div_ceil(shape.lanes()) + cut.all_columns().div_ceil(shape.cols);
        let copies = channels.div_ceil(cut.block) * vectors * shape.lanes() * COPY;
        cut.cost = terms * (channels * cut.all_columns() + copies);
        Some(cut)
    }

    /// Pixels are rows.
    fn by_pixels(general: &General, planes: &impl Fn(usize) -> Planes, shape: Shape) -> Cut {
        let General { units, groups, channels, terms, strides, .. } = *general;
        let [height, width] = general.part();
        let tile = shape.panel_rows(width);
        let [one, two] = [1, 2].map(|rows| planes(rows).len());
        let fitting = 1 + PLANES.saturating_sub(one) / (two - one).max(1);
        let enough = SMALL_TASK.div_ceil((width * channels * terms).max(1));
        let least = enough.max(PIXELS.div_ceil(width.max(1)));
        let rows = height.div_ceil(TASKS.div_ceil(units.max(1))).max(least).min(fitting);
        let rows = height.div_ceil(height.div_ceil(rows.clamp(1, height.max(1))).max(1)).max(1);
        let few = rows == height && groups == 1;
        let images =
            if few { least.div_ceil(height.max(1)).min(fitting / height).min(units / TASKS) } else { 1 };
        let form = Form::ByPixels { height: tile };
        let mut cut = Cut { images: images.max(1), rows, ..Cut::whole(general, shape, form, width) };
        let n_blocks = TASKS.div_ceil(cut.tasks().max(1)).min(channels / BLOCK).max(1);
        cut.block = channels.div_ceil(shape.cols).div_ceil(n_blocks) * shape.cols;
        let vectors = tile * (cut.room(channels) / shape.lanes()).min(shape.cols / shape.lanes());
        let sums = strides[0] * strides[1] * (TURN + TILE / vectors);
        let sums = terms * (2 * tile).max(tile + READ) / (2 * tile) + sums;
        cut.cost = units * height * width * cut.room(channels) * sums;
        cut
    }

    /// The columns of the products of so many images with so many rows.
    pub(super) fn columns(&self, [images, rows]: [usize; 2]) -> usize {
        let rows = if self.form == Form::Lying { self.rows } else { rows };
        (images * rows * self.pitch).next_multiple_of(self.shape.lanes())
    }

    fn all_columns(&self) -> usize {
        let strips = |rows: usize| self.columns([self.images, rows]);
        let (whole, rest) = (self.height / self.rows, self.height % self.rows);
        let image = whole * strips(self.rows) + if rest > 0 { strips(rest) } else { 0 };
        self.units.div_ceil(self.images) * image
    }

    /// How weights of so many terms are packed.
    pub(super) fn packing(&self, terms: usize) -> Packing {
        let packing = Packing::of_shape(self.shape, self.channels, terms);
        if let Form::ByPixels { .. } = self.form { packing.as_right() } else { packing }
    }

    /// How many rows of results there is room for, where so many are computed.
    pub(super) fn room(&self, channels: usize) -> usize {
        if let Form::ByPixels { .. } = self.form {
            channels.next_multiple_of(self.shape.lanes())
        } else {
            channels
        }
    }

    /// How many tasks there are.
    pub(super) fn tasks(&self) -> usize {
        self.units.div_ceil(self.images)
            * self.height.div_ceil(self.rows)
            * self.channels.div_ceil(self.block)
    }

    /// The images and groups of a task, its rows and its channels.
    pub(super) fn task(&self, task: usize) -> (Range<usize>, Range<usize>, Range<usize>) {
        let (n_strips, n_blocks) = (self.height.div_ceil(self.rows), self.channels.div_ceil(self.block));
        let range = |i: usize, step: usize, end: usize| i * step..end.min((i + 1) * step);
        (
            range(task / (n_strips * n_blocks), self.images, self.units),
            range(task / n_blocks % n_strips, self.rows, self.height),
            range(task % n_blocks, self.block, self.channels),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conv2d::Conv2d;
    use crate::simd::{Level, with_level};

    /// The form for images of `side` × `side` pixels, which are not padded.
    fn form(batch: usize, channels: [usize; 2], side: usize, kernel: usize) -> Form {
        let sizes = Conv2d::square(batch, channels, side, kernel, 0);
        let general = General {
            units: batch,
            groups: 1,
            image: channels[0] * side * side,
            channels: channels[1],
            out: [sizes.out_height(), sizes.out_width()],
            strides: [1; 2],
            terms: sizes.window_len(),
        };
        Cut::new::<f32>(&general, |rows| Planes::of_input(&sizes, rows)).form
    }

    #[test]
    fn every_form_is_the_best_for_some_sizes() {
        // The tests that hold convolutions against their definition count on it.
        for &level in Level::available() {
            with_level(level, || {
                assert_eq!(form(5, [3, 6], 28, 5), Form::Lying, "{level:?}");
                for (batch, channels, side) in [(2, [33, 97], 9), (2, [300, 81], 5), (9, [33, 129], 3)] {
                    assert_eq!(form(batch, channels, side, 2), Form::Copied, "{level:?}");
                }
                for (batch, channels, side) in [(5, [16, 96], 27), (7, [33, 96], 14)] {
                    let form = form(batch, channels, side, 5);
                    assert!(matches!(form, Form::ByPixels { .. }), "{level:?}: {form:?}");
                }
            });
        }
    }
}
