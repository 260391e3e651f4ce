//! The mean of bins that divide an image, however large it is.

use std::ops::Range;

use tenon_kernels::reduce;
use tenon_kernels::threads::parallel_chunks_mut;
use tenon_shape::{Dim, Image, StaticDim};

use crate::proof::{Draw, Naive, Proof, for_each_index, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Tensor, Value, Vjp};

impl<X: Image, B: Backend> Tensor<X, B> {
    /// The mean of each of `H' × W'` bins: bin `i` of an axis of size `H` reaches from `⌊iH/H'⌋` to
    /// `⌈(i + 1)H/H'⌉`, so that bins of an axis that `H'` does not divide overlap.
    ///
    /// # Shapes
    /// `x: (N, C, H, W) → (N, C, H', W')`
    ///
    /// # Gradient
    /// `dy` divided by the size of the bin goes to every element of it. Keeps nothing.
    ///
    /// # Source
    /// PyTorch's `adaptive_avg_pool2d`.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U1, U1, U1, U3)> = Tensor::from([[[[1.0, 3.0, 8.0]]]]);
    /// let y: Tensor<(U1, U1, U1, U2)> = x.adaptive_avg_pool2d();
    /// assert_eq!(y.to_vec(), [2.0, 5.5]);
    /// ```
    pub fn adaptive_avg_pool2d<H: StaticDim, W: StaticDim>(&self) -> Tensor<(X::B, X::C, H, W), B> {
        let (n, c, _, _) = self.shape.bchw();
        let value = AdaptiveAvgPool2d { bins: [H::N, W::N] }.on([self.value.clone()]);
        Tensor { shape: (n, c, H::default(), W::default()), value }
    }

    /// The mean of each channel of each image.
    ///
    /// # Shapes
    /// `x: (N, C, H, W) → (N, C)`
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U1, U2, U1, U2)> = Tensor::from([[[[1.0, 3.0]], [[4.0, 8.0]]]]);
    /// assert_eq!(x.global_avg_pool2d().to_vec(), [2.0, 6.0]);
    /// ```
    pub fn global_avg_pool2d(&self) -> Tensor<(X::B, X::C), B> {
        let (n, c, _, _) = self.shape.bchw();
        let pooled = AdaptiveAvgPool2d { bins: [1, 1] }.on([self.value.clone()]);
        Tensor { shape: (n, c), value: pooled.reshaped(Dims::new(&[n.size(), c.size()])) }
    }
}

/// The operation of [`Tensor::adaptive_avg_pool2d`].
#[derive(Clone, Copy, Debug)]
pub struct AdaptiveAvgPool2d {
    /// The number of bins along height and width.
    pub bins: [usize; 2],
}

/// The positions of bin `i` of `n` along an axis of size `size`.
fn bin(i: usize, n: usize, size: usize) -> Range<usize> {
    i * size / n..((i + 1) * size).div_ceil(n)
}

/// Calls `f` with the place of each bin among the bins of a plane, and with its rows and columns.
fn for_each_bin(bins: [usize; 2], dims: Dims, mut f: impl FnMut(usize, Range<usize>, Range<usize>)) {
    let [height, width] = bins;
    for i in 0..height {
        for j in 0..width {
            f(i * width + j, bin(i, height, dims[2]), bin(j, width, dims[3]));
        }
    }
}

/// How many planes of so many elements a task has.
fn planes_per_task(plane: usize) -> usize {
    const BLOCK: usize = 16 * 1024;
    (BLOCK / plane).max(1)
}

impl Op<1> for AdaptiveAvgPool2d {
    const NAME: &'static str = "adaptive_avg_pool2d";
    const READS: Reads<1> = Reads::NOTHING;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        let (dims, width) = (x.dims(), x.dims()[3]);
        let x = x.contiguous();
        let numbers = x.as_slice().expect("contiguous");
        let [bin_rows, bin_columns] = self.bins;
        Array::write(dims.with(2, bin_rows).with(3, bin_columns), |y| {
            if self.bins == [1, 1] {
                let planes = reduce::Axis { outer: dims[0] * dims[1], len: dims[2] * width, inner: 1 };
                reduce::sum(numbers, planes, y);
                let n = E::from_usize(planes.len);
                y.iter_mut().for_each(|y| *y /= n);
                return;
            }
            if numbers.is_empty() {
                // The means of nothing.
                return y.fill(E::NAN);
            }
            let (plane, n_bins) = (dims[2] * width, (bin_rows * bin_columns).max(1));
            let n_planes = planes_per_task(plane);
            parallel_chunks_mut(y, n_planes * n_bins, |task, y| {
                let planes = numbers[task * n_planes * plane..].chunks_exact(plane);
                for (x, y) in planes.zip(y.chunks_exact_mut(n_bins)) {
                    for_each_bin(self.bins, dims, |at, rows, columns| {
                        let n = E::from_usize(rows.len() * columns.len());
                        let sum_of = |row: usize| x[row * width..][columns.clone()].iter().copied().sum::<E>();
                        y[at] = rows.map(sum_of).sum::<E>() / n;
                    });
                }
            });
        })
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        [Some(AdaptiveAvgPool2dInput { dims: at.dims(0) }.on([at.dy]))]
    }
}

/// The cotangent of the images of an [`AdaptiveAvgPool2d`]: its transpose.
#[derive(Clone, Copy, Debug)]
pub struct AdaptiveAvgPool2dInput {
    /// The dims of the images.
    pub dims: Dims,
}

impl Op<1> for AdaptiveAvgPool2dInput {
    const NAME: &'static str = "adaptive_avg_pool2d_input";
    const READS: Reads<1> = Reads::NOTHING;

    fn forward<E: Element>(&self, [dy]: [Array<E>; 1]) -> Array<E> {
        let (bins, width) = ([dy.dims()[2], dy.dims()[3]], self.dims[3]);
        let (plane, n_bins) = ((self.dims[2] * width).max(1), (bins[0] * bins[1]).max(1));
        let dy = dy.contiguous();
        let dy = dy.as_slice().expect("contiguous");
        if dy.is_empty() {
            return Array::full(self.dims, E::ZERO);
        }
        let n_planes = planes_per_task(plane);
        Array::write(self.dims, |dx| {
            parallel_chunks_mut(dx, n_planes * plane, |task, dx| {
                let planes = dy[task * n_planes * n_bins..].chunks_exact(n_bins);
                for (dx, dy) in dx.chunks_exact_mut(plane).zip(planes) {
                    if bins == [1, 1] {
                        dx.fill(dy[0] / E::from_usize(plane));
                        continue;
                    }
                    dx.fill(E::ZERO);
                    for_each_bin(bins, self.dims, |at, rows, columns| {
                        let share = dy[at] / E::from_usize(rows.len() * columns.len());
                        for row in rows {
                            dx[row * width..][columns.clone()].iter_mut().for_each(|dx| *dx += share);
                        }
                    });
                }
            });
        })
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        let bins = [at.dims(0)[2], at.dims(0)[3]];
        [Some(AdaptiveAvgPool2d { bins }.on([at.dy]))]
    }
}

/// Draws dims of images, and numbers of bins.
fn draw_bins(draw: &mut Draw<'_>) -> (Dims, [usize; 2]) {
    let dims = draw.dims(4);
    (dims, [draw.between(1, 3), draw.between(1, 3)])
}

/// Calls `f` with the index of each bin, that of each element of it, and their number.
fn for_each_element(bins: [usize; 2], dims: Dims, mut f: impl FnMut(&[usize], &[usize], f64)) {
    for_each_index(dims.with(2, bins[0]).with(3, bins[1]), |to| {
        let (rows, columns) = (bin(to[2], bins[0], dims[2]), bin(to[3], bins[1], dims[3]));
        for row in rows.clone() {
            for column in columns.clone() {
                f(to, &[to[0], to[1], row, column], (rows.len() * columns.len()) as f64);
            }
        }
    });
}

impl Proof<1> for AdaptiveAvgPool2d {
    const PROVES: &'static str = "adaptive_avg_pool2d";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let (dims, bins) = draw_bins(draw);
        (AdaptiveAvgPool2d { bins }, [dims])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        self.on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        let mut mean = Naive::zeros(x.dims.with(2, self.bins[0]).with(3, self.bins[1]));
        for_each_element(self.bins, x.dims, |to, from, n| *mean.at_mut(to) += x.at(from) / n);
        mean
    }
}

impl Proof<1> for AdaptiveAvgPool2dInput {
    const PROVES: &'static str = "adaptive_avg_pool2d_input";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let (dims, bins) = draw_bins(draw);
        (AdaptiveAvgPool2dInput { dims }, [dims.with(2, bins[0]).with(3, bins[1])])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        self.on(args)
    }

    fn oracle(&self, [dy]: [&Naive; 1]) -> Naive {
        let mut dx = Naive::zeros(self.dims);
        let bins = [dy.dims[2], dy.dims[3]];
        for_each_element(bins, self.dims, |to, from, n| *dx.at_mut(from) += dy.at(to) / n);
        dx
    }
}

register!(AdaptiveAvgPool2d, AdaptiveAvgPool2dInput);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_of_several_tasks_are_pooled_as_each_alone() {
        let count = |dims: &[usize]| {
            let dims = Dims::new(dims);
            Array::from_vec(dims, (0..dims.numel()).map(|i| (i % 97) as f64).collect())
        };
        let each_alone = |op: &dyn Fn(Array<f64>) -> Array<f64>, x: &Array<f64>| -> Vec<f64> {
            (0..x.dims()[0]).flat_map(|n| op(x.narrowed(0, n, 1)).to_vec()).collect()
        };
        for bins in [[1, 1], [3, 2]] {
            let x = count(&[9, 1, 70, 71]);
            let pool = |x: Array<f64>| AdaptiveAvgPool2d { bins }.forward([x]);
            assert_eq!(pool(x.clone()).to_vec(), each_alone(&pool, &x));
            let dy = count(&[9, 1, bins[0], bins[1]]);
            let spread = |dy: Array<f64>| {
                let dims = Dims::new(&[dy.dims()[0], 1, 70, 71]);
                AdaptiveAvgPool2dInput { dims }.forward([dy])
            };
            assert_eq!(spread(dy.clone()).to_vec(), each_alone(&spread, &dy));
        }
    }
}
