//! The result of a product and what happens to its elements.

use std::ops::Range;

use super::operand::{Activation, Bias};
use crate::Float;
use crate::simd::{Simd, Vector};

/// A result and what is done to it.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a, E> {
    start: *mut E,
    row_stride: usize,
    rows: usize,
    cols: usize,
    pub(crate) alpha: E,
    pub(crate) beta: E,
    pub(crate) bias: Bias<'a, E>,
    pub(crate) activation: Activation,
}

// SAFETY: who makes a target promises that tasks write parts that do not overlap.
unsafe impl<E: Float> Sync for Target<'_, E> {}

impl<E: Float> Target<'_, E> {
    /// A result that is overwritten: α is 1, β is 0, and nothing is added or applied.
    ///
    /// # Safety
    /// `start` is the first of `rows` rows of `cols` elements, `row_stride` apart, that can be
    /// written for as long as the target is used, and tiles that are computed at the same time do
    /// not overlap.
    pub(crate) unsafe fn new(start: *mut E, row_stride: usize, rows: usize, cols: usize) -> Self {
        Target {
            start,
            row_stride,
            rows,
            cols,
            alpha: E::ONE,
            beta: E::ZERO,
            bias: Bias::None,
            activation: Activation::Identity,
        }
    }

    /// The same result, to which nothing is added and nothing applied.
    pub(crate) fn plain(self) -> Self {
        Target { bias: Bias::None, activation: Activation::Identity, ..self }
    }

    /// The address of an element.
    ///
    /// # Safety
    /// It is inside of the result.
    #[inline(always)]
    pub(super) unsafe fn place(&self, row: usize, col: usize) -> *mut E {
        // SAFETY: by the caller's promise.
        unsafe { self.start.add(row * self.row_stride + col) }
    }

    /// How far it is from row to row.
    pub(super) fn row_stride(&self) -> usize {
        self.row_stride
    }

    /// How many rows it has.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns it has.
    pub(crate) fn cols(&self) -> usize {
        self.cols
    }

    /// Some of its columns.
    pub(super) fn columns(self, cols: Range<usize>) -> Self {
        assert!(cols.start <= cols.end && cols.end <= self.cols);
        let bias = match self.bias {
            Bias::PerColumn(bias) => Bias::PerColumn(&bias[cols.clone()]),
            bias => bias,
        };
        Target { start: self.start.wrapping_add(cols.start), cols: cols.len(), bias, ..self }
    }

    /// Some of its rows.
    pub(super) fn block(self, rows: Range<usize>) -> Self {
        assert!(rows.start <= rows.end && rows.end <= self.rows);
        let bias = match self.bias {
            Bias::PerRow(bias) => Bias::PerRow(&bias[rows.clone()]),
            bias => bias,
        };
        Target {
            // Rows of the result, or one past the last.
            start: self.start.wrapping_add(rows.start * self.row_stride),
            rows: rows.len(),
            bias,
            ..self
        }
    }
}

/// Writes `n` products, with α, to row `row` of the target from column `col` on.
///
/// # Safety
/// They are inside of the target; the machine has the instructions of `S`.
#[inline(always)]
pub(super) unsafe fn finish<E: Float, S: Simd>(
    target: &Target<'_, E>,
    row: usize,
    col: usize,
    n: usize,
    product: E::Vector<S>,
) {
    // SAFETY: by the caller's promise.
    unsafe {
        let place = target.place(row, col);
        let mut value = product;
        if target.beta != E::ZERO {
            let old = E::Vector::<S>::load_first(place, n);
            value = old.mul_add(E::Vector::<S>::splat(target.beta), value);
        }
        match target.bias {
            Bias::None => {}
            Bias::PerRow(bias) => value = value.add(E::Vector::<S>::splat(bias[row])),
            Bias::PerColumn(bias) => {
                let bias = &bias[col..col + n];
                value = value.add(E::Vector::<S>::load_first(bias.as_ptr(), n));
            }
        }
        if target.activation == Activation::Relu {
            // In this order NaN stays NaN.
            value = E::Vector::<S>::splat(E::ZERO).max(value);
        }
        value.store_first(place, n);
    }
}
