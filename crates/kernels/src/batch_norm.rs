//! Normalization of each channel of `(N, C, positions)` over all examples and positions.
//!
//! The mean and the variance of a channel come from one walk over memory: a plane is read twice
//! while it is in the cache, and what is known of the planes is then combined. Deviations are taken
//! from the mean before anything is multiplied, so that a large mean costs no digits.

use crate::reduce::Sum;
use crate::reduce::fold::{SquaredDeviations, Terms, sums};
use crate::simd::{Kernel, Simd, Vector};
use crate::threads::{num_threads, parallel_chunks_mut, parallel_chunks_mut2};
use crate::{Float, scratch};

pub(crate) mod columns;

/// About how many elements a task reads.
const BLOCK: usize = 32 * 1024;
/// How many tasks with neighboring channels there are for each thread.
const TASKS: usize = 2;

/// The sizes of a tensor seen as `(N, C, positions)`, row by row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// N, the number of examples.
    pub batch: usize,
    /// C, the number of channels.
    pub channels: usize,
    /// The number of positions of a channel: H·W of images, 1 of feature vectors.
    pub positions: usize,
}

impl Sizes {
    /// The elements of the whole tensor.
    pub fn numel(&self) -> usize {
        self.batch * self.channels * self.positions
    }

    /// The numbers that each channel is normalized over.
    pub fn per_channel(&self) -> usize {
        self.batch * self.positions
    }

    /// As many neighbors as leave some tasks for each thread: the more, the longer are the runs of memory
    /// that a task reads.
    fn channels_per_task(&self) -> usize {
        let enough = BLOCK / self.per_channel().max(1);
        self.channels.div_ceil(TASKS * num_threads()).max(enough).max(1)
    }

    fn planes_per_task(&self) -> usize {
        (BLOCK / self.positions.max(1)).max(1)
    }

    fn check(&self, elements: usize, channels: usize) {
        assert_eq!(elements, self.numel(), "elements of {self:?}");
        assert_eq!(channels, self.channels, "channels of {self:?}");
    }

    /// The plane of a channel of example `n`.
    #[inline(always)]
    fn plane<'a, E>(&self, x: &'a [E], n: usize, channel: usize) -> &'a [E] {
        &x[(n * self.channels + channel) * self.positions..][..self.positions]
    }
}

/// The mean and the variance of each channel, the latter divided by the number of elements; both
/// NaN if there are none.
pub fn moments<E: Float>(sizes: &Sizes, x: &[E], mean: &mut [E], variance: &mut [E]) {
    sizes.check(x.len(), mean.len());
    assert_eq!(mean.len(), variance.len(), "channels of {sizes:?}");
    if sizes.in_columns() {
        return columns::moments(sizes, x, mean, variance);
    }
    let n = sizes.channels_per_task();
    parallel_chunks_mut2(mean, n, variance, n, |task, mean, variance| {
        scratch::with(sizes.batch * mean.len(), |plane_means: &mut [E]| {
            E::channel_moments(ChannelMoments { sizes, x, first: task * n, plane_means, mean, variance });
        });
    });
}

/// How each channel is normalized: `y = (x − mean) · scale + shift`.
#[derive(Clone, Copy, Debug)]
pub struct Normalization<'a, E> {
    /// What is subtracted.
    pub mean: &'a [E],
    /// What the deviation is multiplied by.
    pub scale: &'a [E],
    /// What is then added.
    pub shift: &'a [E],
}

/// `y = (x − mean) · scale + shift`, plus the `residual` if there is one; then, where `rectify` is
/// set, 0 in place of what is negative.
pub fn normalize<E: Float>(
    sizes: &Sizes,
    x: &[E],
    by: Normalization<'_, E>,
    residual: Option<&[E]>,
    rectify: bool,
    y: &mut [E],
) {
    sizes.check(x.len(), by.mean.len());
    assert_eq!((x.len(), residual.map_or(x.len(), <[E]>::len)), (y.len(), y.len()), "elements of {sizes:?}");
    if sizes.in_columns() {
        return columns::normalize(sizes, x, by, residual, rectify, y);
    }
    let n = sizes.planes_per_task();
    parallel_chunks_mut(y, n * sizes.positions, |task, y| {
        let first_plane = task * n;
        E::normalize_planes(NormalizePlanes { sizes, x, by, residual, rectify, first_plane, y });
    });
}

/// For each channel the sum of `dy` and that of `dy · (x − mean)`. Where the result `y` of a
/// rectified normalization is given, `dy` counts only where it is above 0.
pub fn gradient_sums<E: Float>(
    sizes: &Sizes,
    x: &[E],
    dy: &[E],
    y: Option<&[E]>,
    mean: &[E],
    sums: &mut [E],
    products: &mut [E],
) {
    sizes.check(x.len(), mean.len());
    assert_eq!((dy.len(), y.map_or(dy.len(), <[E]>::len)), (x.len(), x.len()), "elements of {sizes:?}");
    if sizes.in_columns() {
        return columns::gradient_sums(sizes, x, dy, y, mean, sums, products);
    }
    let n = sizes.channels_per_task();
    parallel_chunks_mut2(sums, n, products, n, |task, sums, products| {
        let first = task * n;
        let mean = &mean[first..][..sums.len()];
        E::channel_sums(ChannelSums { sizes, x, dy, y, mean, first, sums, products });
    });
}

/// How the cotangent of the input follows in each channel:
/// `dx = dy · scale + (x − mean) · slope + shift`.
#[derive(Clone, Copy, Debug)]
pub struct Backward<'a, E> {
    /// The mean of the input.
    pub mean: &'a [E],
    /// What `dy` is multiplied by.
    pub scale: &'a [E],
    /// What the deviation is multiplied by.
    pub slope: &'a [E],
    /// What is added.
    pub shift: &'a [E],
}

/// `dx = dy · scale + (x − mean) · slope + shift`, where `dy` counts as in [`gradient_sums`].
pub fn input_gradient<E: Float>(
    sizes: &Sizes,
    x: &[E],
    dy: &[E],
    y: Option<&[E]>,
    by: Backward<'_, E>,
    dx: &mut [E],
) {
    sizes.check(x.len(), by.mean.len());
    assert_eq!((dy.len(), y.map_or(dx.len(), <[E]>::len)), (dx.len(), dx.len()), "elements of {sizes:?}");
    if sizes.in_columns() {
        return columns::input_gradient(sizes, x, dy, y, by, dx);
    }
    let n = sizes.planes_per_task();
    parallel_chunks_mut(dx, n * sizes.positions, |task, dx| {
        let first_plane = task * n;
        E::gradient_planes(GradientPlanes { sizes, x, dy, y, by, first_plane, dx });
    });
}

/// The mean and the variance of neighboring channels. Their planes are read in the order of memory.
pub(crate) struct ChannelMoments<'a, 'y, E> {
    sizes: &'a Sizes,
    x: &'a [E],
    first: usize,
    /// Room for a number of each plane, channel by channel.
    plane_means: &'y mut [E],
    mean: &'y mut [E],
    variance: &'y mut [E],
}

impl<E: Float> Kernel for ChannelMoments<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let ChannelMoments { sizes, x, first, plane_means, mean, variance } = self;
        let (batch, positions) = (E::from_usize(sizes.batch), E::from_usize(sizes.positions));
        variance.fill(E::ZERO);
        for n in 0..sizes.batch {
            for (i, squares) in variance.iter_mut().enumerate() {
                let plane = sizes.plane(x, n, first + i);
                let plane_mean = Sum(plane).run::<S>() / positions;
                *squares += squared_deviations::<E, S>(plane, plane_mean);
                plane_means[i * sizes.batch + n] = plane_mean;
            }
        }
        for (i, (mean, variance)) in mean.iter_mut().zip(variance).enumerate() {
            let plane_means = &plane_means[i * sizes.batch..][..sizes.batch];
            *mean = Sum(plane_means).run::<S>() / batch;
            // The squares around the mean of a plane become those around the mean of all.
            *variance += positions * squared_deviations::<E, S>(plane_means, *mean);
            *variance /= batch * positions;
        }
    }
}

#[inline(always)]
fn squared_deviations<E: Float, S: Simd>(x: &[E], mean: E) -> E {
    // SAFETY: kernels run where the machine has the instructions.
    unsafe { sums::<E, S, 1, 1>(SquaredDeviations(mean), [x])[0] }
}

/// What is negative becomes 0 where that is asked for. Written so that a NaN stays one.
#[inline(always)]
fn rectified<E: Float>(rectify: bool, y: E) -> E {
    if rectify && y <= E::ZERO { E::ZERO } else { y }
}

pub(crate) struct NormalizePlanes<'a, 'y, E> {
    sizes: &'a Sizes,
    x: &'a [E],
    by: Normalization<'a, E>,
    residual: Option<&'a [E]>,
    rectify: bool,
    first_plane: usize,
    y: &'y mut [E],
}

impl<E: Float> Kernel for NormalizePlanes<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let NormalizePlanes { sizes, x, by, residual, rectify, first_plane, y } = self;
        for (i, y) in y.chunks_exact_mut(sizes.positions).enumerate() {
            let (start, channel) = ((first_plane + i) * sizes.positions, (first_plane + i) % sizes.channels);
            let (mean, scale, shift) = (by.mean[channel], by.scale[channel], by.shift[channel]);
            let x = &x[start..][..y.len()];
            match residual {
                None => y
                    .iter_mut()
                    .zip(x)
                    .for_each(|(y, &x)| *y = rectified(rectify, (x - mean) * scale + shift)),
                Some(residual) => {
                    for ((y, &x), &r) in y.iter_mut().zip(x).zip(&residual[start..]) {
                        *y = rectified(rectify, (x - mean) * scale + shift + r);
                    }
                }
            }
        }
    }
}

/// The sums of [`gradient_sums`] of neighboring channels. Their planes are read in the order of memory.
pub(crate) struct ChannelSums<'a, 'y, E> {
    sizes: &'a Sizes,
    x: &'a [E],
    dy: &'a [E],
    y: Option<&'a [E]>,
    mean: &'a [E],
    first: usize,
    sums: &'y mut [E],
    products: &'y mut [E],
}

impl<E: Float> Kernel for ChannelSums<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let ChannelSums { sizes, x, dy, y, mean, first, sums: totals, products } = self;
        totals.fill(E::ZERO);
        products.fill(E::ZERO);
        for n in 0..sizes.batch {
            for (i, ((total, product), &mean)) in totals.iter_mut().zip(&mut *products).zip(mean).enumerate()
            {
                let plane = |x| sizes.plane(x, n, first + i);
                let terms = PlaneTerms(GradientTerms { rectified: y.is_some() }, mean);
                // Where there is no result to look at, `dy` stands for it and is not looked at.
                let rows = [plane(x), plane(dy), plane(y.unwrap_or(dy))];
                // SAFETY: kernels run where the machine has the instructions.
                let [plane_sum, plane_product] = unsafe { sums::<E, S, 3, 2>(terms, rows) };
                *total += plane_sum;
                *product += plane_product;
            }
        }
    }
}

/// `dy` and `dy · (x − mean)` of rows of x, dy, y and means, where dy counts only where y, if it was
/// `rectified`, is above 0.
#[derive(Clone, Copy)]
struct GradientTerms {
    rectified: bool,
}

impl<E: Float> Terms<E, 4, 2> for GradientTerms {
    #[inline(always)]
    unsafe fn of<S: Simd>(self, [x, dy, y, mean]: [E::Vector<S>; 4]) -> [E::Vector<S>; 2] {
        // SAFETY: by the caller's promise.
        unsafe {
            let zero = E::Vector::<S>::splat(E::ZERO);
            let dy = if self.rectified { zero.larger(zero, y, dy).1 } else { dy };
            [dy, dy.mul(x.sub(mean))]
        }
    }
}

/// [`GradientTerms`] of a plane, all of which has one mean.
#[derive(Clone, Copy)]
struct PlaneTerms<E>(GradientTerms, E);

impl<E: Float> Terms<E, 3, 2> for PlaneTerms<E> {
    #[inline(always)]
    unsafe fn of<S: Simd>(self, [x, dy, y]: [E::Vector<S>; 3]) -> [E::Vector<S>; 2] {
        // SAFETY: by the caller's promise.
        unsafe { Terms::<E, 4, 2>::of::<S>(self.0, [x, dy, y, E::Vector::<S>::splat(self.1)]) }
    }
}

pub(crate) struct GradientPlanes<'a, 'y, E> {
    sizes: &'a Sizes,
    x: &'a [E],
    dy: &'a [E],
    y: Option<&'a [E]>,
    by: Backward<'a, E>,
    first_plane: usize,
    dx: &'y mut [E],
}

impl<E: Float> Kernel for GradientPlanes<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let GradientPlanes { sizes, x, dy, y, by, first_plane, dx } = self;
        for (i, dx) in dx.chunks_exact_mut(sizes.positions).enumerate() {
            let (start, channel) = ((first_plane + i) * sizes.positions, (first_plane + i) % sizes.channels);
            let (mean, scale) = (by.mean[channel], by.scale[channel]);
            let (slope, shift) = (by.slope[channel], by.shift[channel]);
            let (x, dy) = (&x[start..][..dx.len()], &dy[start..][..dx.len()]);
            match y {
                None => {
                    for ((dx, &x), &dy) in dx.iter_mut().zip(x).zip(dy) {
                        *dx = dy * scale + (x - mean) * slope + shift;
                    }
                }
                Some(y) => {
                    for (((dx, &x), &dy), &y) in dx.iter_mut().zip(x).zip(dy).zip(&y[start..]) {
                        let dy = if y <= E::ZERO { E::ZERO } else { dy };
                        *dx = dy * scale + (x - mean) * slope + shift;
                    }
                }
            }
        }
    }
}
