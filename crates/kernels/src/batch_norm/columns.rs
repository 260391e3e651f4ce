//! Normalization of channels with few positions, such as the features of vectors.
//!
//! The tensor is seen as a matrix of N rows with a column for each position of each channel: there are
//! whole vectors of columns, where the planes of a channel would not fill one.

use super::{Backward, GradientTerms, Normalization, Sizes, rectified};
use crate::reduce::columns::{Rows, column_sums};
use crate::reduce::fold::SquaredDistances;
use crate::reduce::{Axis, sum};
use crate::simd::{Kernel, Simd};
use crate::threads::{Disjoint, parallel_chunks_mut, parallel_for};
use crate::{Float, scratch};

/// With fewer positions, channels are normalized by columns.
const FEW: usize = 32;
/// About how many elements a task reads.
const BLOCK: usize = 32 * 1024;
/// At most so many columns beside each other are those of a task.
const PIECE: usize = 512;

impl Sizes {
    /// Whether channels have so few positions that columns are the faster way.
    pub(super) fn in_columns(&self) -> bool {
        self.channels > 0 && (1..FEW).contains(&self.positions)
    }

    fn columns(&self) -> usize {
        self.channels * self.positions
    }
}

/// See [`super::moments`].
pub(super) fn moments<E: Float>(sizes: &Sizes, x: &[E], mean: &mut [E], variance: &mut [E]) {
    let (columns, positions) = (sizes.columns(), sizes.positions);
    let batch = E::from_usize(sizes.batch);
    scratch::with(2 * columns, |room: &mut [E]| {
        let (means, squares) = room.split_at_mut(columns);
        sum(x, Axis { outer: 1, len: sizes.batch, inner: columns }, means);
        means.iter_mut().for_each(|mean| *mean /= batch);
        in_pieces(sizes, squares, |rows, x_from, sums: [&mut [E]; 1]| {
            let means = &means[x_from % columns..];
            E::sum_column_squares(SumColumnSquares { rows, columns, x: &x[x_from..], means, sums });
        });
        for (channel, (mean, variance)) in mean.iter_mut().zip(variance).enumerate() {
            let of_channel = channel * positions..(channel + 1) * positions;
            let (means, squares) = (&means[of_channel.clone()], &squares[of_channel]);
            *mean = total(means) / E::from_usize(positions);
            // The squares around the mean of a column become those around the mean of all.
            let between = means.iter().fold(E::ZERO, |sum, &m| sum + (m - *mean) * (m - *mean));
            *variance = (total(squares) / batch + between) / E::from_usize(positions);
        }
    });
}

/// See [`super::normalize`].
pub(super) fn normalize<E: Float>(
    sizes: &Sizes,
    x: &[E],
    by: Normalization<'_, E>,
    residual: Option<&[E]>,
    rectify: bool,
    y: &mut [E],
) {
    let per_task = sizes.columns() * rows_per_task(sizes.columns());
    of_columns(sizes, [by.mean, by.scale, by.shift], |[mean, scale, shift]| {
        let by = Normalization { mean, scale, shift };
        parallel_chunks_mut(y, per_task, |task, y| {
            let here = |x| &<[E]>::split_at(x, task * per_task).1[..y.len()];
            let (x, residual) = (here(x), residual.map(here));
            E::normalize_columns(NormalizeColumns { x, by, residual, rectify, y });
        });
    });
}

/// See [`super::gradient_sums`].
pub(super) fn gradient_sums<E: Float>(
    sizes: &Sizes,
    x: &[E],
    dy: &[E],
    y: Option<&[E]>,
    mean: &[E],
    sums: &mut [E],
    products: &mut [E],
) {
    let (columns, positions) = (sizes.columns(), sizes.positions);
    scratch::with(2 * columns, |room: &mut [E]| {
        of_columns(sizes, [mean], |[means]| {
            in_pieces(sizes, room, |rows, from, sums: [&mut [E]; 2]| {
                let [x, dy, result] = [x, dy, y.unwrap_or(dy)].map(|x| &x[from..]);
                let means = &means[from % columns..];
                let rectified = y.is_some();
                let kernel = SumColumnGradients { rows, columns, x, dy, result, rectified, means, sums };
                E::sum_column_gradients(kernel);
            });
        });
        for (to, room) in [sums, products].into_iter().zip(room.chunks_exact(columns)) {
            to.iter_mut()
                .zip(room.chunks_exact(positions))
                .for_each(|(to, of_channel)| *to = total(of_channel));
        }
    });
}

/// See [`super::input_gradient`].
pub(super) fn input_gradient<E: Float>(
    sizes: &Sizes,
    x: &[E],
    dy: &[E],
    y: Option<&[E]>,
    by: Backward<'_, E>,
    dx: &mut [E],
) {
    let per_task = sizes.columns() * rows_per_task(sizes.columns());
    of_columns(sizes, [by.mean, by.scale, by.slope, by.shift], |[mean, scale, slope, shift]| {
        let by = Backward { mean, scale, slope, shift };
        parallel_chunks_mut(dx, per_task, |task, dx| {
            let here = |x| &<[E]>::split_at(x, task * per_task).1[..dx.len()];
            let (x, dy, y) = (here(x), here(dy), y.map(here));
            E::gradient_columns(GradientColumns { x, dy, y, by, dx });
        });
    });
}

fn rows_per_task(columns: usize) -> usize {
    (BLOCK / columns.max(1)).max(1)
}

#[inline(always)]
fn total<E: Float>(numbers: &[E]) -> E {
    numbers.iter().fold(E::ZERO, |sum, &number| sum + number)
}

/// Calls `f` with numbers of channels as those of columns.
fn of_columns<E: Float, const N: usize>(sizes: &Sizes, of_channels: [&[E]; N], f: impl FnOnce([&[E]; N])) {
    if sizes.positions == 1 {
        return f(of_channels);
    }
    let columns = sizes.columns();
    scratch::with(N * columns, |room: &mut [E]| {
        for (columns, channels) in room.chunks_exact_mut(columns).zip(of_channels) {
            for (columns, &channel) in columns.chunks_exact_mut(sizes.positions).zip(channels) {
                columns.fill(channel);
            }
        }
        f(std::array::from_fn(|i| &room[i * columns..][..columns]));
    });
}

/// Calls `task` with a number of rows, the place of the first element, and `N` sums of each of some
/// neighboring columns to write; `sums` are then those over all rows.
fn in_pieces<E: Float, const N: usize>(
    sizes: &Sizes,
    sums: &mut [E],
    task: impl Fn(usize, usize, [&mut [E]; N]) + Sync,
) {
    let columns = sizes.columns();
    let rows = rows_per_task(columns.min(PIECE));
    let (n_parts, n_pieces) = (sizes.batch.div_ceil(rows), columns.div_ceil(PIECE));
    scratch::with(n_parts * N * columns, |partial: &mut [E]| {
        let places = Disjoint::new(partial);
        parallel_for(n_parts * n_pieces, |i| {
            let (part, first) = (i / n_pieces, i % n_pieces * PIECE);
            let width = PIECE.min(columns - first);
            // SAFETY: no two tasks have the same columns of the same part.
            let sums =
                std::array::from_fn(|n| unsafe { places.slice((part * N + n) * columns + first, width) });
            task(rows.min(sizes.batch - part * rows), part * rows * columns + first, sums);
        });
        sum(partial, Axis { outer: 1, len: n_parts, inner: N * columns }, sums);
    });
}

/// For columns beside each other, the sums of the squared deviations from their means.
pub(crate) struct SumColumnSquares<'a, 'y, E> {
    rows: usize,
    columns: usize,
    x: &'a [E],
    means: &'a [E],
    sums: [&'y mut [E]; 1],
}

impl<E: Float> Kernel for SumColumnSquares<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let SumColumnSquares { rows, columns, x, means, sums } = self;
        // SAFETY: kernels run where the machine has the instructions.
        unsafe {
            column_sums::<E, S, 2, 1>(SquaredDistances, rows, [Rows::of(x, columns), Rows::same(means)], sums)
        }
    }
}

/// For columns beside each other, the sums of [`super::gradient_sums`].
pub(crate) struct SumColumnGradients<'a, 'y, E> {
    rows: usize,
    columns: usize,
    x: &'a [E],
    dy: &'a [E],
    /// What is above 0 where `dy` counts.
    result: &'a [E],
    rectified: bool,
    means: &'a [E],
    sums: [&'y mut [E]; 2],
}

impl<E: Float> Kernel for SumColumnGradients<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let SumColumnGradients { rows, columns, x, dy, result, rectified, means, sums } = self;
        let [x, dy, result] = [x, dy, result].map(|x| Rows::of(x, columns));
        let terms = GradientTerms { rectified };
        // SAFETY: kernels run where the machine has the instructions.
        unsafe { column_sums::<E, S, 4, 2>(terms, rows, [x, dy, result, Rows::same(means)], sums) }
    }
}

/// Normalizes whole rows.
pub(crate) struct NormalizeColumns<'a, 'y, E> {
    x: &'a [E],
    by: Normalization<'a, E>,
    residual: Option<&'a [E]>,
    rectify: bool,
    y: &'y mut [E],
}

impl<E: Float> Kernel for NormalizeColumns<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let NormalizeColumns { x, by: Normalization { mean, scale, shift }, residual, rectify, y } = self;
        let columns = mean.len();
        for (row, y) in y.chunks_exact_mut(columns).enumerate() {
            let here = |x| &<[E]>::split_at(x, row * columns).1[..columns];
            let normalized = here(x).iter().zip(mean).zip(scale.iter().zip(shift));
            let normalized = normalized.map(|((&x, &mean), (&scale, &shift))| (x - mean) * scale + shift);
            match residual.map(here) {
                None => y.iter_mut().zip(normalized).for_each(|(y, x)| *y = rectified(rectify, x)),
                Some(residual) => {
                    for ((y, x), &r) in y.iter_mut().zip(normalized).zip(residual) {
                        *y = rectified(rectify, x + r);
                    }
                }
            }
        }
    }
}

/// The cotangents of whole rows of the input.
pub(crate) struct GradientColumns<'a, 'y, E> {
    x: &'a [E],
    dy: &'a [E],
    y: Option<&'a [E]>,
    by: Backward<'a, E>,
    dx: &'y mut [E],
}

impl<E: Float> Kernel for GradientColumns<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let GradientColumns { x, dy, y, by: Backward { mean, scale, slope, shift }, dx } = self;
        let columns = mean.len();
        for (row, dx) in dx.chunks_exact_mut(columns).enumerate() {
            let here = |x| &<[E]>::split_at(x, row * columns).1[..columns];
            let by = mean.iter().zip(scale).zip(slope.iter().zip(shift));
            let rows = dx.iter_mut().zip(here(x)).zip(here(dy));
            match y.map(here) {
                None => {
                    for (((dx, &x), &dy), ((&mean, &scale), (&slope, &shift))) in rows.zip(by) {
                        *dx = dy * scale + (x - mean) * slope + shift;
                    }
                }
                Some(y) => {
                    for ((((dx, &x), &dy), &y), ((&mean, &scale), (&slope, &shift))) in rows.zip(y).zip(by) {
                        let dy = if y <= E::ZERO { E::ZERO } else { dy };
                        *dx = dy * scale + (x - mean) * slope + shift;
                    }
                }
            }
        }
    }
}
