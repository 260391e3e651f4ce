//! Matrix products: `C = act(α·A·B + β·C + bias)`.
//!
//! Operands are views with any strides, so a transposed operand is never copied as a whole. Every
//! element of the result is a sum over k in an order that depends on the sizes alone: tasks split
//! the result, never the sum.

use crate::Float;
use crate::layout::View;
use crate::threads::{Disjoint, parallel_for};

/// A read-only matrix: element `(i, j)` is `data[offset + i·row_stride + j·col_stride]`.
#[derive(Clone, Copy, Debug)]
pub struct MatRef<'a, E> {
    data: &'a [E],
    offset: usize,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
}

impl<'a, E: Float> MatRef<'a, E> {
    /// A matrix inside `data`.
    ///
    /// # Panics
    /// If it reaches outside of `data`.
    pub fn new(
        data: &'a [E],
        offset: usize,
        [rows, cols]: [usize; 2],
        [row_stride, col_stride]: [isize; 2],
    ) -> Self {
        // The view checks the bounds.
        View::new(data, offset, &[rows, cols], &[row_stride, col_stride]);
        MatRef {
            data,
            offset,
            rows,
            cols,
            row_stride,
            col_stride,
        }
    }

    /// All of `data`, row by row.
    pub fn row_major(data: &'a [E], rows: usize, cols: usize) -> Self {
        assert_eq!(
            data.len(),
            rows * cols,
            "elements of a {rows} × {cols} matrix"
        );
        MatRef {
            data,
            offset: 0,
            rows,
            cols,
            row_stride: cols as isize,
            col_stride: 1,
        }
    }

    /// The first matrix of a view: its last two axes at index 0 of all others.
    ///
    /// # Panics
    /// If the view has fewer than two axes.
    pub fn last_axes(view: View<'a, E>) -> Self {
        let rank = view.dims().len();
        let [rows, cols] = [rank - 2, rank - 1].map(|axis| view.dims()[axis]);
        let [row_stride, col_stride] = [rank - 2, rank - 1].map(|axis| view.strides()[axis]);
        let (data, offset) = view.parts();
        MatRef { data, offset, rows, cols, row_stride, col_stride }
    }

    /// The same matrix with rows and columns exchanged.
    pub fn transposed(self) -> Self {
        MatRef {
            rows: self.cols,
            cols: self.rows,
            row_stride: self.col_stride,
            col_stride: self.row_stride,
            ..self
        }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Element `(i, j)`.
    pub(crate) fn at(&self, i: usize, j: usize) -> &'a E {
        assert!(i < self.rows && j < self.cols, "element of a matrix");
        let place =
            self.offset as isize + i as isize * self.row_stride + j as isize * self.col_stride;
        &self.data[place as usize]
    }

    /// The matrix that starts `by` elements further on.
    fn moved(self, by: isize) -> Self {
        MatRef {
            offset: (self.offset as isize + by) as usize,
            ..self
        }
    }

    fn block(&self, rows: std::ops::Range<usize>, cols: std::ops::Range<usize>) -> Self {
        self.moved(rows.start as isize * self.row_stride + cols.start as isize * self.col_stride)
            .resized(rows.len(), cols.len())
    }

    fn resized(self, rows: usize, cols: usize) -> Self {
        MatRef { rows, cols, ..self }
    }

    /// The address of element (0, 0), which exists.
    fn start(&self) -> *const E {
        self.data[self.offset..].as_ptr()
    }
}

/// A matrix to be written: element `(i, j)` is `data[i·row_stride + j]`.
#[derive(Debug)]
pub struct MatMut<'a, E> {
    data: &'a mut [E],
    rows: usize,
    cols: usize,
    row_stride: usize,
}

impl<'a, E> MatMut<'a, E> {
    /// A matrix whose rows start `row_stride` elements apart.
    ///
    /// # Panics
    /// If rows overlap or reach outside of `data`.
    pub fn new(data: &'a mut [E], rows: usize, cols: usize, row_stride: usize) -> Self {
        if rows > 0 && cols > 0 {
            assert!(rows == 1 || row_stride >= cols, "rows that do not overlap");
            let end = (rows - 1) * row_stride + cols;
            assert!(
                end <= data.len(),
                "{rows} × {cols} of {} elements",
                data.len()
            );
        }
        MatMut {
            data,
            rows,
            cols,
            row_stride,
        }
    }

    /// All of `data`, row by row.
    pub fn row_major(data: &'a mut [E], rows: usize, cols: usize) -> Self {
        assert_eq!(
            data.len(),
            rows * cols,
            "elements of a {rows} × {cols} matrix"
        );
        MatMut {
            data,
            rows,
            cols,
            row_stride: cols,
        }
    }
}

/// What is added to a product.
#[derive(Clone, Copy, Debug, Default)]
pub enum Bias<'a, E> {
    /// Nothing.
    #[default]
    None,
    /// A number for each row.
    PerRow(&'a [E]),
    /// A number for each column.
    PerColumn(&'a [E]),
}

/// What is applied to a product at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Activation {
    /// x.
    #[default]
    Identity,
    /// max(x, 0).
    Relu,
}

/// What happens to each element of a product while it is still in a register.
#[derive(Clone, Copy, Debug, Default)]
pub struct Epilogue<'a, E> {
    /// Added first.
    pub bias: Bias<'a, E>,
    /// Applied then.
    pub activation: Activation,
}

/// `C = act(α·A·B + β·C + bias)`. With β = 0, C is not read.
///
/// # Panics
/// If the sizes do not fit.
///
/// # Example
/// ```
/// use tenon_kernels::gemm::{Epilogue, MatMut, MatRef, gemm};
/// let a = MatRef::row_major(&[1.0, 2.0, 3.0, 4.0], 2, 2);
/// let mut c = [0.0; 4];
/// gemm(1.0, a, a.transposed(), 0.0, MatMut::row_major(&mut c, 2, 2), Epilogue::default());
/// assert_eq!(c, [5.0, 11.0, 11.0, 25.0]);
/// ```
pub fn gemm<E: Float>(
    alpha: E,
    a: MatRef<'_, E>,
    b: MatRef<'_, E>,
    beta: E,
    c: MatMut<'_, E>,
    epilogue: Epilogue<'_, E>,
) {
    let MatMut {
        data,
        rows,
        cols,
        row_stride,
    } = c;
    check_sizes(&a, &b, rows, cols, &epilogue);
    let c = Disjoint::new(data);
    let blocks = [rows.div_ceil(BLOCK_ROWS), cols.div_ceil(BLOCK_COLS)];
    parallel_for(blocks[0] * blocks[1], |task| {
        let (i, j) = (task / blocks[1] * BLOCK_ROWS, task % blocks[1] * BLOCK_COLS);
        let (row_range, col_range) = (i..rows.min(i + BLOCK_ROWS), j..cols.min(j + BLOCK_COLS));
        // SAFETY: the blocks of C do not overlap and are inside of it.
        unsafe {
            product(
                alpha,
                a.block(row_range.clone(), 0..a.cols),
                b.block(0..b.rows, col_range),
                beta,
                c.as_ptr().add(i * row_stride + j),
                row_stride,
                epilogue,
                [i, j],
            );
        }
    });
}

/// A matrix product for each index of a batch: `C[…] = act(α·A[…]·B[…] + β·C[…] + bias)`.
///
/// `a` and `b` are the first matrices of the batch, the others follow at the strides given for
/// each axis of `batch`; a stride of 0 uses the same matrix again. The results lie row by row.
///
/// # Panics
/// If the sizes do not fit or an operand reaches outside of its data.
pub fn batched_gemm<E: Float>(
    batch: &[usize],
    alpha: E,
    a: MatRef<'_, E>,
    a_strides: &[isize],
    b: MatRef<'_, E>,
    b_strides: &[isize],
    beta: E,
    c: &mut [E],
    epilogue: Epilogue<'_, E>,
) {
    check_batch(batch, &a, a_strides);
    check_batch(batch, &b, b_strides);
    let (rows, cols) = (a.rows, b.cols);
    let n: usize = batch.iter().product();
    check_sizes(&a, &b, rows, cols, &epilogue);
    assert_eq!(
        c.len(),
        n * rows * cols,
        "elements of {n} products of {rows} × {cols}"
    );
    if c.is_empty() {
        return;
    }
    for (index, c) in c.chunks_exact_mut(rows * cols).enumerate() {
        let (a_offset, b_offset) = batch_offsets(batch, index, a_strides, b_strides);
        let c = MatMut::row_major(c, rows, cols);
        gemm(
            alpha,
            a.moved(a_offset),
            b.moved(b_offset),
            beta,
            c,
            epilogue,
        );
    }
}

const BLOCK_ROWS: usize = 128;
const BLOCK_COLS: usize = 512;

fn check_sizes<E: Float>(
    a: &MatRef<'_, E>,
    b: &MatRef<'_, E>,
    rows: usize,
    cols: usize,
    epilogue: &Epilogue<'_, E>,
) {
    assert!(
        a.cols == b.rows && a.rows == rows && b.cols == cols,
        "{} × {} times {} × {} is not {rows} × {cols}",
        a.rows,
        a.cols,
        b.rows,
        b.cols,
    );
    match epilogue.bias {
        Bias::None => {}
        Bias::PerRow(bias) => assert_eq!(bias.len(), rows, "a bias for each row"),
        Bias::PerColumn(bias) => assert_eq!(bias.len(), cols, "a bias for each column"),
    }
}

fn check_batch<E: Float>(batch: &[usize], first: &MatRef<'_, E>, strides: &[isize]) {
    assert_eq!(
        batch.len(),
        strides.len(),
        "a stride for each axis of the batch"
    );
    let mut dims = [0; crate::layout::MAX_RANK];
    let mut all_strides = [0; crate::layout::MAX_RANK];
    let rank = batch.len() + 2;
    assert!(
        rank <= dims.len(),
        "at most {} axes of a batch",
        dims.len() - 2
    );
    dims[..batch.len()].copy_from_slice(batch);
    dims[batch.len()..rank].copy_from_slice(&[first.rows, first.cols]);
    all_strides[..batch.len()].copy_from_slice(strides);
    all_strides[batch.len()..rank].copy_from_slice(&[first.row_stride, first.col_stride]);
    View::new(
        first.data,
        first.offset,
        &dims[..rank],
        &all_strides[..rank],
    );
}

fn batch_offsets(
    batch: &[usize],
    index: usize,
    a_strides: &[isize],
    b_strides: &[isize],
) -> (isize, isize) {
    let (mut a, mut b, mut rest) = (0, 0, index);
    for (axis, &dim) in batch.iter().enumerate().rev() {
        let here = (rest % dim) as isize;
        rest /= dim;
        a += here * a_strides[axis];
        b += here * b_strides[axis];
    }
    (a, b)
}

/// One block of a product, on one thread; `origin` is its place in the whole result.
///
/// # Safety
/// `c` is the first of `a.rows()` rows of `b.cols()` elements, `row_stride` apart, that nobody
/// else uses.
pub(crate) unsafe fn product<E: Float>(
    alpha: E,
    a: MatRef<'_, E>,
    b: MatRef<'_, E>,
    beta: E,
    c: *mut E,
    row_stride: usize,
    epilogue: Epilogue<'_, E>,
    origin: [usize; 2],
) {
    let (rows, cols) = (a.rows, b.cols);
    if rows == 0 || cols == 0 {
        return;
    }
    if a.cols > 0 {
        // SAFETY: the operands are inside their data, and C by the caller's promise.
        unsafe {
            E::matrix_multiply(
                [rows, a.cols, cols],
                alpha,
                (a.start(), a.row_stride, a.col_stride),
                (b.start(), b.row_stride, b.col_stride),
                beta,
                (c, row_stride as isize),
            );
        }
    }
    for i in 0..rows {
        // SAFETY: row i of C, by the caller's promise.
        let row = unsafe { std::slice::from_raw_parts_mut(c.add(i * row_stride), cols) };
        if a.cols == 0 {
            for c in row.iter_mut() {
                *c = if beta == E::ZERO { E::ZERO } else { beta * *c };
            }
        }
        match epilogue.bias {
            Bias::None => {}
            Bias::PerRow(bias) => row.iter_mut().for_each(|c| *c += bias[origin[0] + i]),
            Bias::PerColumn(bias) => {
                row.iter_mut()
                    .zip(&bias[origin[1]..])
                    .for_each(|(c, &bias)| *c += bias);
            }
        }
        if epilogue.activation == Activation::Relu {
            row.iter_mut()
                .filter(|c| **c < E::ZERO)
                .for_each(|c| *c = E::ZERO);
        }
    }
}
