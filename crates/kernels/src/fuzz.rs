//! What the fuzzer runs, as functions that ordinary tests can call too.

use crate::conv2d::{self, Conv2d, Weights};
use crate::gemm::{Activation, Epilogue, MatMut, MatRef, batched_gemm, gemm};
use crate::naive;

/// Draws sizes, strides and values of a matrix product from `data` and compares [`gemm`], and a
/// batch of the same product, with the naive product. Panics where they differ by more than rounding
/// explains.
pub fn check_gemm(data: &[u8]) {
    const BATCH: usize = 3;
    let mut bytes = data.iter().copied();
    let mut draw = |below: usize| bytes.next().map_or(0, usize::from) % below;

    let [m, k, n] = std::array::from_fn(|_| draw(70));
    let mut operand = |rows: usize, cols: usize| {
        // Either axis may be the inner one, be spread out, be broadcast or run backwards.
        let (inner, gap) = (draw(2), draw(3));
        let sizes = [rows, cols];
        let spread = draw(3) as isize;
        let mut strides = [0; 2];
        strides[inner] = spread;
        strides[1 - inner] = (sizes[inner] as isize * spread.max(1)) + gap as isize;
        let mut offset = 0;
        for (stride, size) in strides.iter_mut().zip(sizes) {
            if draw(2) == 1 {
                *stride = -*stride;
                offset += stride.unsigned_abs() * size.saturating_sub(1);
            }
        }
        let reach: usize =
            strides.iter().zip(sizes).map(|(s, n)| s.unsigned_abs() * n.saturating_sub(1)).sum();
        let seed = draw(256);
        let values: Vec<f32> =
            (0..reach + 1).map(|i| ((i * 37 + seed * 101) % 255) as f32 / 64.0 - 2.0).collect();
        (values, offset, sizes, strides)
    };
    let (a, a_offset, a_sizes, a_strides) = operand(m, k);
    let (b, b_offset, b_sizes, b_strides) = operand(k, n);
    let a = MatRef::new(&a, a_offset, a_sizes, a_strides);
    let b = MatRef::new(&b, b_offset, b_sizes, b_strides);

    let mut c = vec![f32::NAN; (1 + BATCH) * m * n];
    let (one, batch) = c.split_at_mut(m * n);
    gemm(1.0, a, b, 0.0, MatMut::row_major(one, m, n), Epilogue::default());
    batched_gemm(&[BATCH], 1.0, a, &[0], b, &[0], 0.0, batch, Epilogue::default());
    // Values are below 2, so each of the k products and k sums is off by at most 4·k·ε/2.
    let tolerance = 4.0 * (k * k) as f32 * f32::EPSILON;
    let want = naive::gemm(a, b);
    for (place, (got, want)) in c.iter().zip(want.iter().cycle()).enumerate() {
        assert!(
            (got - want).abs() <= tolerance,
            "{m} × {k} × {n}, strides {a_strides:?} and {b_strides:?}, element {place}: {got} instead of {want}"
        );
    }
}

/// Draws the sizes and values of a convolution from `data` and compares it and its derivatives with
/// the naive ones. Panics where they differ by more than rounding explains.
pub fn check_conv2d(data: &[u8]) {
    let mut bytes = data.iter().copied();
    let mut draw = |below: usize| bytes.next().map_or(0, usize::from) % below;

    let (batch, groups) = (draw(6), 1 + draw(3));
    let (mut c, mut o) = (1 + draw(20), 1 + draw(20));
    // Every second is one that may be computed by tiles, some with as many channels as that takes; of the
    // others every second has so many channels that columns may be copied.
    let plain = [Some(3), None, Some(5), None][data.len() % 4];
    match data.len() % 8 {
        1 | 5 => o *= 8,
        4 | 6 => (c, o) = (3 * c, 3 * o),
        _ => {}
    }
    let mut axis = || {
        let [kernel, stride, dilation] =
            plain.map_or_else(|| [1 + draw(4), 1 + draw(3), 1 + draw(2)], |side| [side, 1, 1]);
        let (padding, extra) = (draw(4), draw(14));
        let size = ((kernel - 1) * dilation + 1 + extra).saturating_sub(2 * padding).max(1);
        [size, kernel, stride, dilation, padding]
    };
    let axes = [axis(), axis()];
    let pair = |i: usize| axes.map(|axis| axis[i]);
    let [height, width] = pair(0);
    let sizes = Conv2d {
        batch,
        in_channels: groups * c,
        height,
        width,
        out_channels: groups * o,
        kernel: pair(1),
        stride: pair(2),
        padding: pair(4),
        dilation: pair(3),
        groups,
    };
    let seed = draw(256);
    let values = |n: usize, step: usize| -> Vec<f32> {
        (0..n).map(|i| ((i * step + seed * 101) % 255) as f32 / 127.0 - 1.0).collect()
    };
    let (x, w) = (values(sizes.input_len(), 37), values(sizes.weight_len(), 53));
    let dy = values(sizes.output_len(), 71);

    let bounds = naive::conv2d_bounds::<f32>(&sizes);
    let mut y = vec![f32::NAN; dy.len()];
    conv2d::forward(&sizes, &x, Weights::new(&w), None, Activation::Identity, &mut y);
    assert_near(&sizes, &y, &naive::conv2d(&sizes, &x, &w, None), bounds[0]);
    let mut dx = vec![f32::NAN; x.len()];
    conv2d::input_gradient(&sizes, &dy, Weights::new(&w), &mut dx);
    assert_near(&sizes, &dx, &naive::conv2d_input_gradient(&sizes, &dy, &w), bounds[1]);
    let mut dw = vec![f32::NAN; w.len()];
    conv2d::weight_gradient(&sizes, &x, &dy, &mut dw);
    assert_near(&sizes, &dw, &naive::conv2d_weight_gradient(&sizes, &x, &dy), bounds[2]);
}

fn assert_near(sizes: &Conv2d, got: &[f32], want: &[f32], bound: f64) {
    for (place, (got, want)) in got.iter().zip(want).enumerate() {
        let off = f64::from((got - want).abs());
        assert!(off <= bound, "{sizes:?}, element {place}: {got} instead of {want}");
    }
}
