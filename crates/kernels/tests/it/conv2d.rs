//! Convolutions of any size, stride, padding, dilation and number of groups.

use proptest::prelude::*;
use tenon_kernels::conv2d::{self, Conv2d, Weights};
use tenon_kernels::gemm::Activation;
use tenon_kernels::kept::Kept;
use tenon_kernels::simd::Level;
use tenon_kernels::{Float, fuzz, naive};

use crate::support::{at_every_level, check, numbers, replay_corpus, sum_bound};

fn check_all<E: Float>(sizes: &Conv2d) {
    let x = numbers::<E>(1, sizes.input_len());
    let w = numbers::<E>(2, sizes.weight_len());
    let kept = Kept::default();
    let (weights, kept_weights) = (Weights::new(&w), Weights::new(&w).kept_in(&kept));
    let bias = numbers::<E>(3, sizes.out_channels);
    let dy = numbers::<E>(4, sizes.output_len());
    let [bound, dx_bound, dw_bound] = naive::conv2d_bounds::<E>(sizes);
    let want = naive::conv2d(sizes, &x, &w, Some(&bias));
    check(&want, bound, |y| {
        conv2d::forward(sizes, &x, weights, Some(&bias), Activation::Identity, y);
    });
    let rectified: Vec<E> = want.iter().map(|y| y.max(E::ZERO)).collect();
    check(&rectified, bound, |y| {
        conv2d::forward(sizes, &x, weights, Some(&bias), Activation::Relu, y);
    });
    check(&naive::conv2d(sizes, &x, &w, None), bound, |y| {
        conv2d::forward(sizes, &x, kept_weights, None, Activation::Identity, y);
    });

    check(&naive::conv2d_input_gradient(sizes, &dy, &w), dx_bound, |dx| {
        conv2d::input_gradient(sizes, &dy, kept_weights, dx);
    });

    let pixels = sizes.batch * sizes.out_height() * sizes.out_width();
    check(&naive::conv2d_weight_gradient(sizes, &x, &dy), dw_bound, |dw| {
        conv2d::weight_gradient(sizes, &x, &dy, dw);
    });
    let mut sums = vec![0.0; sizes.out_channels];
    for (i, dy) in dy.iter().enumerate() {
        let plane = sizes.out_height() * sizes.out_width();
        sums[i / plane % sizes.out_channels] += dy.to_f64();
    }
    let sums: Vec<E> = sums.into_iter().map(E::from_f64).collect();
    check(&sums, sum_bound::<E>(pixels), |dbias| conv2d::bias_gradient(sizes, &dy, dbias));
}

/// A pair drawn from a range.
fn pair(range: std::ops::Range<usize>) -> impl Strategy<Value = [usize; 2]> {
    (range.clone(), range).prop_map(|(a, b)| [a, b])
}

fn any_sizes() -> impl Strategy<Value = Conv2d> {
    (
        (0usize..4, 1usize..4, 1usize..4, 1usize..4),
        (pair(0..9), pair(1..5), pair(1..5), pair(0..4), pair(1..4)),
    )
        .prop_map(|((batch, groups, c, o), (extra, kernel, stride, padding, dilation))| {
            // The image is as large as the window needs it to be, and a bit more.
            let [height, width] = [0, 1].map(|axis| {
                let window = (kernel[axis] - 1) * dilation[axis] + 1;
                (window + extra[axis]).saturating_sub(2 * padding[axis]).max(1)
            });
            Conv2d {
                batch,
                in_channels: groups * c,
                height,
                width,
                out_channels: groups * o,
                kernel,
                stride,
                padding,
                dilation,
                groups,
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn agrees_with_the_oracle_in_f32(sizes in any_sizes()) {
        check_all::<f32>(&sizes);
    }

    #[test]
    fn agrees_with_the_oracle_in_f64(sizes in any_sizes()) {
        check_all::<f64>(&sizes);
    }
}

/// Square images and windows, the same on both axes.
fn square(batch: usize, c: usize, side: usize, o: usize, k: usize, stride: usize, pad: usize) -> Conv2d {
    Conv2d { stride: [stride; 2], ..Conv2d::square(batch, [c, o], side, k, pad) }
}

#[test]
fn agrees_where_it_is_computed_by_tiles() {
    // Even and odd sides, every padding, results of a tile and less, groups; weights that each thread has
    // and such that all share, of forward and of backward.
    for sizes in [
        square(3, 32, 12, 36, 3, 1, 1),
        square(5, 29, 13, 31, 3, 1, 0),
        square(2, 28, 31, 40, 3, 1, 2),
        square(8, 44, 7, 50, 3, 1, 3),
        square(1, 16, 70, 17, 3, 1, 1),
        square(40, 96, 4, 90, 3, 1, 1),
        square(19, 64, 4, 60, 3, 1, 3),
        square(2, 110, 15, 115, 3, 1, 1),
        square(8, 24, 32, 25, 3, 1, 1),
        square(3, 48, 13, 52, 5, 1, 2),
        square(9, 32, 20, 40, 5, 1, 0),
        square(2, 110, 9, 115, 5, 1, 4),
        Conv2d { width: 31, groups: 2, ..square(6, 64, 9, 96, 3, 1, 1) },
        Conv2d { groups: 2, ..square(8, 48, 32, 48, 3, 1, 1) },
    ] {
        check_all::<f32>(&sizes);
        check_all::<f64>(&sizes);
    }
}

/// The root of the mean square of how far numbers are off.
fn deviation(numbers: &[f32], want: &[f64]) -> f64 {
    let squares = numbers.iter().zip(want).map(|(&got, want)| (f64::from(got) - want).powi(2));
    (squares.sum::<f64>() / want.len() as f64).sqrt()
}

#[test]
fn tiles_are_about_as_accurate_as_sums() {
    for side in [3, 5] {
        let sizes = square(4, 40, 12, 32, side, 1, side / 2);
        let (x, w) = (numbers::<f32>(1, sizes.input_len()), numbers::<f32>(2, sizes.weight_len()));
        let dy = numbers::<f32>(3, sizes.output_len());
        // Sums that are taken one by one, and without rounding errors that count.
        let mut direct = [vec![0.0f32; x.len()], vec![0.0; w.len()], vec![0.0; dy.len()]];
        let mut exact = [vec![0.0f64; x.len()], vec![0.0; w.len()], vec![0.0; dy.len()]];
        for (iw, &weight) in w.iter().enumerate() {
            let (o, c) = (iw / side.pow(2) / 40, iw / side.pow(2) % 40);
            for (n, i, j) in (0..4 * 144).map(|i| (i / 144, i / 12 % 12, i % 12)) {
                let (h, v) = (i + iw / side % side, j + iw % side);
                let (Some(h), Some(v)) = (h.checked_sub(side / 2), v.checked_sub(side / 2)) else { continue };
                if h < 12 && v < 12 {
                    let (ix, iy) = (((n * 40 + c) * 12 + h) * 12 + v, ((n * 32 + o) * 12 + i) * 12 + j);
                    let products = [(ix, dy[iy], weight), (iw, x[ix], dy[iy]), (iy, x[ix], weight)];
                    for ((place, a, b), (direct, exact)) in
                        products.into_iter().zip(direct.iter_mut().zip(&mut exact))
                    {
                        direct[place] += a * b;
                        exact[place] += f64::from(a) * f64::from(b);
                    }
                }
            }
        }
        for (k, name) in ["dx", "dw", "y"].into_iter().enumerate() {
            let results = at_every_level(exact[k].len(), |to: &mut [f32]| match k {
                0 => conv2d::input_gradient(&sizes, &dy, Weights::new(&w), to),
                1 => conv2d::weight_gradient(&sizes, &x, &dy, to),
                _ => conv2d::forward(&sizes, &x, Weights::new(&w), None, Activation::Identity, to),
            });
            let allowed = 4.0 * deviation(&direct[k], &exact[k]);
            for (result, level) in results.iter().zip(Level::available()) {
                let off = deviation(result, &exact[k]);
                assert!(off <= allowed, "{name}, {side} at {level:?}: off by {off:e}, allowed {allowed:e}");
            }
        }
    }
}

#[test]
fn agrees_where_images_are_cut_into_strips_and_sums_into_runs() {
    // LeNet-5's two, a stem with stride 2, many terms, many channels on few pixels.
    for sizes in [
        square(5, 1, 28, 6, 5, 1, 2),
        square(9, 6, 14, 16, 5, 1, 0),
        square(1, 3, 65, 16, 7, 2, 3),
        square(2, 130, 8, 20, 3, 1, 1),
        square(1, 40, 70, 33, 3, 1, 1),
        square(1, 64, 4, 260, 3, 1, 1),
    ] {
        check_all::<f32>(&sizes);
    }
}

#[test]
fn agrees_where_windows_see_many_channels() {
    // Strides, dilations, groups, more padding than window, strips of unequal height, several runs.
    for sizes in [
        square(4, 24, 15, 10, 3, 2, 1),
        square(2, 24, 40, 20, 3, 1, 1),
        square(2, 16, 5, 16, 3, 1, 3),
        square(20, 20, 6, 7, 2, 1, 0),
        Conv2d { dilation: [2, 2], ..square(3, 17, 15, 20, 3, 1, 2) },
        Conv2d { dilation: [1, 3], kernel: [2, 3], ..square(3, 16, 9, 5, 3, 1, 0) },
        Conv2d { dilation: [3, 1], stride: [2, 3], groups: 2, ..square(3, 26, 19, 18, 4, 1, 2) },
    ] {
        check_all::<f32>(&sizes);
        check_all::<f64>(&sizes);
    }
}

#[test]
fn agrees_where_pixels_are_rows() {
    // Images together and in strips, blocks of channels, strides that leave pixels out, dilations,
    // groups, padding that is wider than the window, several runs of terms. With some of the levels of
    // instructions, some of them are computed in another form.
    for sizes in [
        square(5, 16, 27, 80, 5, 1, 2),
        square(9, 24, 4, 150, 3, 1, 1),
        square(40, 20, 2, 130, 3, 1, 1),
        square(7, 33, 14, 96, 3, 2, 1),
        square(3, 96, 9, 100, 4, 2, 1),
        square(2, 70, 19, 72, 2, 3, 0),
        square(2, 70, 11, 90, 3, 1, 4),
        square(2, 600, 5, 130, 2, 1, 0),
        square(1, 64, 3, 260, 2, 1, 0),
        Conv2d { width: 40, dilation: [1, 2], ..square(2, 66, 9, 70, 3, 1, 2) },
        Conv2d { stride: [2, 1], groups: 2, ..square(3, 130, 9, 140, 3, 1, 1) },
        Conv2d { stride: [1, 4], ..square(3, 65, 11, 80, 3, 1, 1) },
    ] {
        check_all::<f32>(&sizes);
    }
    check_all::<f64>(&square(3, 40, 9, 66, 5, 1, 2));
}

#[test]
fn agrees_where_columns_are_copied() {
    // Few channels above whole vectors, which the unit test of the cut holds to this form: strips of an image,
    // images together, several runs of terms, blocks of channels. Derivatives have the others' channels.
    for sizes in [
        square(2, 33, 20, 97, 2, 1, 0),
        square(2, 20, 8, 65, 5, 1, 2),
        square(2, 300, 5, 81, 2, 1, 0),
        square(9, 33, 3, 129, 2, 1, 0),
        square(2, 97, 20, 33, 2, 1, 0),
        square(2, 65, 8, 20, 5, 1, 2),
    ] {
        check_all::<f32>(&sizes);
    }
    check_all::<f64>(&square(2, 33, 9, 97, 2, 1, 0));
}

#[test]
fn agrees_where_a_window_shows_all_of_an_image() {
    for sizes in [
        square(7, 16, 5, 120, 5, 1, 0),
        square(3, 2, 4, 5, 4, 3, 0),
        Conv2d { height: 1, kernel: [1, 6], dilation: [4, 1], ..square(20, 3, 6, 33, 6, 1, 0) },
    ] {
        check_all::<f32>(&sizes);
        check_all::<f64>(&sizes);
    }
}

#[test]
fn agrees_where_a_window_is_one_pixel() {
    for sizes in [
        square(3, 33, 9, 40, 1, 1, 0),
        square(1, 1100, 5, 30, 1, 1, 0),
        square(1, 3, 70, 5, 1, 1, 0),
        square(1, 200, 20, 400, 1, 1, 0),
        square(2, 12, 8, 9, 1, 2, 0),
        square(2, 12, 8, 9, 1, 1, 1),
        Conv2d { groups: 3, ..square(2, 24, 6, 33, 1, 1, 0) },
    ] {
        check_all::<f32>(&sizes);
    }
}

/// Square images of which each channel is seen by `outputs` channels of the result.
fn depthwise(batch: usize, c: usize, side: usize, outputs: usize, k: usize, stride: usize) -> Conv2d {
    Conv2d { groups: c, ..square(batch, c, side, outputs * c, k, stride, k / 2) }
}

#[test]
fn agrees_where_each_channel_is_seen_by_itself() {
    // Widths around those of the vectors, every window and stride, two outputs for a channel.
    for (i, side) in [1, 4, 7, 8, 13, 16, 17, 31, 33].into_iter().enumerate() {
        for k in 1..=7 {
            for stride in 1..=3 {
                let sizes = depthwise(2, 3, side, 1 + (i + k) % 2, k, stride);
                check_all::<f32>(&sizes);
                check_all::<f64>(&sizes);
            }
        }
    }
    for sizes in [
        // Many images for few channels, blocks of channels, strips of rows, no images.
        depthwise(9, 1, 10, 2, 3, 1),
        depthwise(3, 70, 9, 1, 3, 2),
        Conv2d { width: 5, ..depthwise(2, 2, 2000, 1, 3, 2) },
        Conv2d { height: 150, ..depthwise(1, 2, 70, 1, 5, 1) },
        depthwise(0, 4, 8, 1, 3, 1),
        // More padding than half of the window, and than all of it; windows that jump over pixels.
        Conv2d { padding: [2, 3], ..depthwise(2, 3, 9, 1, 3, 1) },
        Conv2d { padding: [5, 4], ..depthwise(2, 3, 18, 1, 3, 2) },
        Conv2d { padding: [0, 1], ..depthwise(2, 3, 11, 2, 2, 5) },
        // Dilations that divide the stride, are multiples of it, and neither.
        Conv2d { dilation: [2, 2], ..depthwise(2, 3, 20, 1, 3, 1) },
        Conv2d { dilation: [2, 4], ..depthwise(2, 3, 20, 1, 3, 2) },
        Conv2d { dilation: [3, 2], stride: [2, 3], ..depthwise(2, 3, 37, 2, 4, 1) },
        Conv2d { dilation: [2, 1], stride: [4, 1], kernel: [5, 3], ..depthwise(2, 3, 23, 1, 3, 1) },
        Conv2d { kernel: [1, 9], padding: [0, 4], ..depthwise(2, 3, 19, 1, 1, 1) },
        Conv2d { kernel: [9, 1], padding: [4, 0], ..depthwise(2, 3, 19, 1, 1, 1) },
    ] {
        check_all::<f32>(&sizes);
        check_all::<f64>(&sizes);
    }
}

#[test]
fn the_corpus_of_the_fuzzer_passes() {
    replay_corpus("conv2d", fuzz::check_conv2d);
}
