//! Products by the crate `matrixmultiply`, for machines without kernels of their own here.

use super::operand::{Activation, Bias, Epilogue, MatRef};
use crate::Float;
use crate::threads::{Disjoint, parallel_for};

/// The rows and columns of the result that a task computes.
const BLOCK_ROWS: usize = 128;
const BLOCK_COLS: usize = 512;

/// `C = act(α·A·B + β·C + bias)`.
///
/// # Safety
/// The sizes fit, and C is `a.rows()` rows of `b.cols()` elements, `row_stride` apart, that nobody
/// else uses.
pub(super) unsafe fn gemm<E: Float>(
    alpha: E,
    a: MatRef<'_, E>,
    b: MatRef<'_, E>,
    beta: E,
    c: *mut E,
    row_stride: usize,
    epilogue: Epilogue<'_, E>,
) {
    let (m, k, n) = (a.rows(), a.cols(), b.cols());
    // SAFETY: from the first to the last element of C; the gaps between rows are not touched.
    let c = unsafe { std::slice::from_raw_parts_mut(c, (m - 1) * row_stride + n) };
    let c = Disjoint::new(c);
    let grid = [m.div_ceil(BLOCK_ROWS), n.div_ceil(BLOCK_COLS)];
    parallel_for(grid[0] * grid[1], |task| {
        let (i, j) = (task / grid[1] * BLOCK_ROWS, task % grid[1] * BLOCK_COLS);
        let (rows, cols) = (i..m.min(i + BLOCK_ROWS), j..n.min(j + BLOCK_COLS));
        if k > 0 {
            let (a, b) = (a.block(rows.clone(), 0..k), b.block(0..k, cols.clone()));
            let [a_rows, a_cols] = a.strides();
            let [b_rows, b_cols] = b.strides();
            // SAFETY: the operands are inside of their data, and the block is this task's own.
            unsafe {
                E::matrix_multiply(
                    [rows.len(), k, cols.len()],
                    alpha,
                    (a.start(), a_rows, a_cols),
                    (b.start(), b_rows, b_cols),
                    beta,
                    (c.as_ptr().add(i * row_stride + j), row_stride as isize),
                );
            }
        }
        for row in rows {
            // SAFETY: a row of this task's block.
            let c = unsafe { c.slice(row * row_stride + j, cols.len()) };
            if k == 0 {
                c.iter_mut().for_each(|c| *c = if beta == E::ZERO { beta } else { beta * *c });
            }
            match epilogue.bias {
                Bias::None => {}
                Bias::PerRow(bias) => c.iter_mut().for_each(|c| *c += bias[row]),
                Bias::PerColumn(bias) => {
                    c.iter_mut().zip(&bias[cols.clone()]).for_each(|(c, &bias)| *c += bias);
                }
            }
            if epilogue.activation == Activation::Relu {
                c.iter_mut().filter(|c| **c < E::ZERO).for_each(|c| *c = E::ZERO);
            }
        }
    });
}
