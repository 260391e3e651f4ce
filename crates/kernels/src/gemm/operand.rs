//! The operands of a product and what happens to its result.

use std::ops::Range;

use crate::Float;
use crate::kept::Kept;
use crate::layout::View;

/// A read-only matrix: element `(i, j)` is `data[offset + i·row_stride + j·col_stride]`.
#[derive(Clone, Copy, Debug)]
pub struct MatRef<'a, E> {
    data: &'a [E],
    offset: usize,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
    /// What is kept of it, if it is all of its data.
    kept: Option<&'a Kept<E>>,
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
        MatRef { data, offset, rows, cols, row_stride, col_stride, kept: None }
    }

    /// All of `data`, row by row.
    pub fn row_major(data: &'a [E], rows: usize, cols: usize) -> Self {
        assert_eq!(data.len(), rows * cols, "elements of a {rows} × {cols} matrix");
        MatRef { data, offset: 0, rows, cols, row_stride: cols as isize, col_stride: 1, kept: None }
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
        MatRef { data, offset, rows, cols, row_stride, col_stride, kept: None }
    }

    /// The same matrix, of which `kept` keeps what products make of it, if it is all of its data.
    pub fn kept_in(self, kept: &'a Kept<E>) -> Self {
        let is_all = self.offset == 0 && self.rows * self.cols == self.data.len();
        MatRef { kept: is_all.then_some(kept), ..self }
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

    /// From row to row and from column to column.
    pub(crate) fn strides(&self) -> [isize; 2] {
        [self.row_stride, self.col_stride]
    }

    /// Where the batch's other matrices are checked: the data, and the place of element (0, 0).
    pub(super) fn parts(&self) -> (&'a [E], usize) {
        (self.data, self.offset)
    }

    /// Element `(i, j)`.
    pub(crate) fn at(&self, i: usize, j: usize) -> &'a E {
        assert!(i < self.rows && j < self.cols, "element of a matrix");
        let place = self.offset as isize + i as isize * self.row_stride + j as isize * self.col_stride;
        &self.data[place as usize]
    }

    /// Row `i`, if its elements are neighbors.
    pub(crate) fn row(&self, i: usize) -> Option<&'a [E]> {
        let neighbors = i < self.rows && (self.cols <= 1 || self.col_stride == 1);
        let start = (self.offset as isize + i as isize * self.row_stride) as usize;
        neighbors.then(|| &self.data[start..start + self.cols])
    }

    /// The matrix that starts `by` elements further on.
    pub(super) fn moved(self, by: isize) -> Self {
        let kept = self.kept.filter(|_| by == 0);
        MatRef { offset: (self.offset as isize + by) as usize, kept, ..self }
    }

    /// The part of these rows and columns, of which there is at least one.
    pub(crate) fn block(&self, rows: Range<usize>, cols: Range<usize>) -> Self {
        self.moved(rows.start as isize * self.row_stride + cols.start as isize * self.col_stride)
            .resized(rows.len(), cols.len())
    }

    fn resized(self, rows: usize, cols: usize) -> Self {
        let kept = self.kept.filter(|_| [rows, cols] == [self.rows, self.cols]);
        MatRef { rows, cols, kept, ..self }
    }

    pub(super) fn kept(&self) -> Option<&'a Kept<E>> {
        self.kept
    }

    /// The data from element (0, 0) on, which exists.
    pub(super) fn numbers(&self) -> &'a [E] {
        &self.data[self.offset..]
    }

    /// The address of element (0, 0), which exists.
    pub(crate) fn start(&self) -> *const E {
        self.data[self.offset..].as_ptr()
    }
}

/// A matrix to be written: element `(i, j)` is `data[i·row_stride + j]`.
#[derive(Debug)]
pub struct MatMut<'a, E> {
    pub(super) data: &'a mut [E],
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) row_stride: usize,
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
            assert!(end <= data.len(), "{rows} × {cols} of {} elements", data.len());
        }
        MatMut { data, rows, cols, row_stride }
    }

    /// All of `data`, row by row.
    pub fn row_major(data: &'a mut [E], rows: usize, cols: usize) -> Self {
        assert_eq!(data.len(), rows * cols, "elements of a {rows} × {cols} matrix");
        MatMut { data, rows, cols, row_stride: cols }
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

impl Activation {
    /// The least value that it gives: it is the maximum of this and x.
    #[inline(always)]
    pub(crate) fn least<E: Float>(self) -> E {
        match self {
            Activation::Identity => E::NEG_INFINITY,
            Activation::Relu => E::ZERO,
        }
    }
}

/// What happens to each element of a product while it is still in a register.
#[derive(Clone, Copy, Debug, Default)]
pub struct Epilogue<'a, E> {
    /// Added first.
    pub bias: Bias<'a, E>,
    /// Applied then.
    pub activation: Activation,
}
