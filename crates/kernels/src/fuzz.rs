//! What the fuzzer runs, as a function that ordinary tests can call too.

use crate::gemm::{Epilogue, MatMut, MatRef, gemm};
use crate::naive;

/// Draws sizes, strides and values of a matrix product from `data` and compares [`gemm`] with the
/// naive product. Panics where they differ by more than rounding explains.
pub fn check_gemm(data: &[u8]) {
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

    let mut c = vec![f32::NAN; m * n];
    gemm(1.0, a, b, 0.0, MatMut::row_major(&mut c, m, n), Epilogue::default());
    // Values are below 2, so each of the k products and k sums is off by at most 4·k·ε/2.
    let tolerance = 4.0 * (k * k) as f32 * f32::EPSILON;
    for (place, (got, want)) in c.iter().zip(naive::gemm(a, b)).enumerate() {
        assert!(
            (got - want).abs() <= tolerance,
            "{m} × {k} × {n}, strides {a_strides:?} and {b_strides:?}, element {place}: {got} instead of {want}"
        );
    }
}
