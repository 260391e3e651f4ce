//! The same computations written as their equations: the oracle of the tests.
//!
//! Everything is accumulated in `f64` and rounded once, so that an oracle's own error does not
//! count. Nothing here is fast, and nothing here shares code with what it judges.

use crate::Float;
use crate::conv2d::Conv2d;
use crate::gemm::MatRef;
use crate::pool2d::Pool2d;
use crate::reduce::Axis;

/// `C[i, j] = Σₖ A[i, k]·B[k, j]`, row by row.
pub fn gemm<E: Float>(a: MatRef<'_, E>, b: MatRef<'_, E>) -> Vec<E> {
    let mut c = Vec::with_capacity(a.rows() * b.cols());
    for i in 0..a.rows() {
        for j in 0..b.cols() {
            let sum: f64 = (0..a.cols()).map(|k| a.at(i, k).to_f64() * b.at(k, j).to_f64()).sum();
            c.push(E::from_f64(sum));
        }
    }
    c
}

/// Calls `visit(place in x, place in w, place in y)` for every product of a convolution.
fn for_each_product(sizes: &Conv2d, mut visit: impl FnMut(usize, usize, usize)) {
    let (oh, ow) = (sizes.out_height(), sizes.out_width());
    let c_group = sizes.in_channels / sizes.groups;
    let o_group = sizes.out_channels / sizes.groups;
    for n in 0..sizes.batch {
        for o in 0..sizes.out_channels {
            for i in 0..oh {
                for j in 0..ow {
                    for c in 0..c_group {
                        for p in 0..sizes.kernel[0] {
                            for q in 0..sizes.kernel[1] {
                                let h = (i * sizes.stride[0] + p * sizes.dilation[0]) as isize
                                    - sizes.padding[0] as isize;
                                let w = (j * sizes.stride[1] + q * sizes.dilation[1]) as isize
                                    - sizes.padding[1] as isize;
                                let on_image = (0..sizes.height as isize).contains(&h)
                                    && (0..sizes.width as isize).contains(&w);
                                if on_image {
                                    let channel = o / o_group * c_group + c;
                                    let plane = n * sizes.in_channels + channel;
                                    visit(
                                        (plane * sizes.height + h as usize) * sizes.width + w as usize,
                                        ((o * c_group + c) * sizes.kernel[0] + p) * sizes.kernel[1] + q,
                                        ((n * sizes.out_channels + o) * oh + i) * ow + j,
                                    );
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn rounded<E: Float>(sums: Vec<f64>) -> Vec<E> {
    sums.into_iter().map(E::from_f64).collect()
}

/// See [`crate::conv2d::forward`].
pub fn conv2d<E: Float>(sizes: &Conv2d, x: &[E], w: &[E], bias: Option<&[E]>) -> Vec<E> {
    let mut y = vec![0.0; sizes.output_len()];
    if let Some(bias) = bias {
        let pixels = sizes.out_height() * sizes.out_width();
        for (i, y) in y.iter_mut().enumerate() {
            *y = bias[i / pixels % sizes.out_channels].to_f64();
        }
    }
    for_each_product(sizes, |ix, iw, iy| y[iy] += x[ix].to_f64() * w[iw].to_f64());
    rounded(y)
}

/// See [`crate::conv2d::input_gradient`].
pub fn conv2d_input_gradient<E: Float>(sizes: &Conv2d, dy: &[E], w: &[E]) -> Vec<E> {
    let mut dx = vec![0.0; sizes.input_len()];
    for_each_product(sizes, |ix, iw, iy| dx[ix] += dy[iy].to_f64() * w[iw].to_f64());
    rounded(dx)
}

/// See [`crate::conv2d::weight_gradient`].
pub fn conv2d_weight_gradient<E: Float>(sizes: &Conv2d, x: &[E], dy: &[E]) -> Vec<E> {
    let mut dw = vec![0.0; sizes.weight_len()];
    for_each_product(sizes, |ix, iw, iy| dw[iw] += x[ix].to_f64() * dy[iy].to_f64());
    rounded(dw)
}

/// How far a convolution of numbers within [−1, 1] may be off, its derivative with respect to the input,
/// and that with respect to the weights: each product and each addition of a sum of n rounds by half an ε
/// of something that is at most n; a factor of 2 covers the oracle's own rounding and a bias.
///
/// Where it may be computed by tiles, along an axis the sum over the places of what `Aᵀ`, `G` and `Bᵀ` make
/// of ones is at most 23.8 for windows of 3 × 3 and 33.7 for 5 × 5, so its square is what is added up for
/// each channel, by additions of the channels' numbers and at most 24 in the transforms. Of the derivative
/// with respect to weights, what `Gᵀ`, `A` and `Bᵀ` make of ones is at most 28.4 and 19.1, and added up are
/// tiles, of 4 × 4 results or of 2 × 2.
pub fn conv2d_bounds<E: Float>(sizes: &Conv2d) -> [f64; 3] {
    let [c, o] = [sizes.in_channels, sizes.out_channels].map(|channels| channels / sizes.groups);
    let taps = sizes.kernel[0] * sizes.kernel[1];
    let out = [sizes.out_height(), sizes.out_width()];
    let sums = [c * taps, o * taps, sizes.batch * out[0] * out[1]].map(|n| (n + 1).pow(2) as f64);
    let plain = [sizes.stride, sizes.dilation] == [[1, 1]; 2];
    let tiles = match sizes.kernel {
        [3, 3] if plain => Some(([23.8f64, 28.4], 4)),
        [5, 5] if plain => Some(([33.7, 19.1], 2)),
        _ => None,
    };
    let bounds = tiles.map_or(sums, |([of_results, of_weights], results)| {
        let n_tiles = sizes.batch * out.map(|n| n.div_ceil(results)).iter().product::<usize>();
        let [y, dx, dw] = [(of_results, c), (of_results, o), (of_weights, n_tiles)]
            .map(|(axis, n)| axis * axis * (n * (n + 24)) as f64);
        [sums[0].max(y), sums[1].max(dx), sums[2].max(dw)]
    });
    bounds.map(|bound| bound * E::EPSILON.to_f64())
}

/// Calls `visit(plane, window, pixels on the image)` for every window of a pooling.
fn for_each_window(sizes: &Pool2d, mut visit: impl FnMut(usize, usize, &[usize])) {
    let mut pixels = Vec::new();
    for plane in 0..sizes.planes {
        for i in 0..sizes.out_height() {
            for j in 0..sizes.out_width() {
                pixels.clear();
                for p in 0..sizes.kernel[0] {
                    for q in 0..sizes.kernel[1] {
                        let h = (i * sizes.stride[0] + p) as isize - sizes.padding[0] as isize;
                        let w = (j * sizes.stride[1] + q) as isize - sizes.padding[1] as isize;
                        let on_image =
                            (0..sizes.height as isize).contains(&h) && (0..sizes.width as isize).contains(&w);
                        if on_image {
                            pixels.push(h as usize * sizes.width + w as usize);
                        }
                    }
                }
                visit(plane, i * sizes.out_width() + j, &pixels);
            }
        }
    }
}

/// The maximum of each window and its place: see [`crate::pool2d::max_pool_with_indices`].
pub fn max_pool2d<E: Float>(sizes: &Pool2d, x: &[E]) -> (Vec<E>, Vec<u32>) {
    let (mut y, mut indices) = (Vec::new(), Vec::new());
    for_each_window(sizes, |plane, _, pixels| {
        let x = &x[plane * sizes.in_plane()..];
        let mut best = pixels[0];
        for &pixel in pixels {
            if x[pixel] > x[best] || x[pixel].is_nan() {
                best = pixel;
            }
        }
        y.push(x[best]);
        indices.push(best as u32);
    });
    (y, indices)
}

/// See [`crate::pool2d::avg_pool`]; divides by the whole window.
pub fn avg_pool2d<E: Float>(sizes: &Pool2d, x: &[E]) -> Vec<E> {
    let mut y = Vec::new();
    for_each_window(sizes, |plane, _, pixels| {
        let sum: f64 = pixels.iter().map(|&i| x[plane * sizes.in_plane() + i].to_f64()).sum();
        y.push(E::from_f64(sum / (sizes.kernel[0] * sizes.kernel[1]) as f64));
    });
    y
}

/// See [`crate::pool2d::avg_pool_backward`]; divides by the whole window.
pub fn avg_pool2d_backward<E: Float>(sizes: &Pool2d, dy: &[E]) -> Vec<E> {
    let mut dx = vec![0.0; sizes.planes * sizes.in_plane()];
    for_each_window(sizes, |plane, window, pixels| {
        let dy = dy[plane * sizes.out_plane() + window].to_f64();
        for &pixel in pixels {
            dx[plane * sizes.in_plane() + pixel] += dy / (sizes.kernel[0] * sizes.kernel[1]) as f64;
        }
    });
    rounded(dx)
}

/// The elements `x[o, :, i]`, in double precision.
fn line<E: Float>(x: &[E], axis: Axis, reduced: usize) -> Vec<f64> {
    let (o, i) = (reduced / axis.inner, reduced % axis.inner);
    (0..axis.len).map(|k| x[(o * axis.len + k) * axis.inner + i].to_f64()).collect()
}

/// See [`crate::reduce::sum`].
pub fn sum<E: Float>(x: &[E], axis: Axis) -> Vec<E> {
    (0..axis.reduced()).map(|i| E::from_f64(line(x, axis, i).iter().sum())).collect()
}

/// See [`crate::reduce::max`]; without NaN.
pub fn max<E: Float>(x: &[E], axis: Axis) -> Vec<E> {
    (0..axis.reduced())
        .map(|i| E::from_f64(line(x, axis, i).into_iter().fold(f64::NEG_INFINITY, f64::max)))
        .collect()
}

/// See [`crate::reduce::argmax`]; without NaN.
pub fn argmax<E: Float>(x: &[E], axis: Axis) -> Vec<u32> {
    (0..axis.reduced())
        .map(|i| {
            let line = line(x, axis, i);
            let max = line.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            line.iter().position(|&x| x == max).unwrap_or(0) as u32
        })
        .collect()
}

/// See [`crate::softmax::softmax`].
pub fn softmax<E: Float>(x: &[E], axis: Axis) -> Vec<E> {
    let mut y = vec![E::ZERO; x.len()];
    for reduced in 0..axis.reduced() {
        let line = line(x, axis, reduced);
        let max = line.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = line.iter().map(|x| (x - max).exp()).sum();
        let (o, i) = (reduced / axis.inner, reduced % axis.inner);
        for (k, x) in line.iter().enumerate() {
            y[(o * axis.len + k) * axis.inner + i] = E::from_f64((x - max).exp() / sum);
        }
    }
    y
}

/// See [`crate::softmax::log_softmax`].
pub fn log_softmax<E: Float>(x: &[E], axis: Axis) -> Vec<E> {
    let mut y = vec![E::ZERO; x.len()];
    for reduced in 0..axis.reduced() {
        let line = line(x, axis, reduced);
        let max = line.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let log_sum_exp = max + line.iter().map(|x| (x - max).exp()).sum::<f64>().ln();
        let (o, i) = (reduced / axis.inner, reduced % axis.inner);
        for (k, x) in line.iter().enumerate() {
            y[(o * axis.len + k) * axis.inner + i] = E::from_f64(x - log_sum_exp);
        }
    }
    y
}
