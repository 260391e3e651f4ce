//! Matrix products: `C = act(α·A·B + β·C + bias)`.
//!
//! Operands are views with any strides, so a transposed operand is never copied as a whole. Every
//! element of the result is a sum over k in an order that depends on the sizes alone: tasks split
//! the result, and the sum only where there are few rows, in as many parts as the sizes say.

mod blocked;
pub(crate) mod few_rows;
mod operand;
pub(crate) mod pack;
mod portable;
pub(crate) mod shape;
pub(crate) mod small;
pub(crate) mod target;
pub(crate) mod tasks;
pub(crate) mod tile;

use crate::layout::View;
use crate::simd::{CACHE_LINE, Level, level};
use crate::threads::{num_threads, parallel_chunks_mut};
use crate::{Float, scratch};

use blocked::{PAGE, Panels};
use small::{Batch, SmallProducts};
use tasks::LEAST_TASK;

pub use operand::{Activation, Bias, Epilogue, MatMut, MatRef};

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
    let MatMut { data, rows, cols, row_stride } = c;
    check_sizes(&a, &b, rows, cols, &epilogue);
    // SAFETY: the sizes fit, and C is inside of its data.
    unsafe { product(alpha, a, b, None, beta, data.as_mut_ptr(), row_stride, epilogue) };
}

/// How far apart rows of `width` numbers best begin that products read: right behind each other, or a line
/// of the cache further where they would all meet in the same few lines.
///
/// # Example
/// ```
/// use tenon_kernels::gemm::row_pitch;
/// assert_eq!((row_pitch::<f32>(1000), row_pitch::<f32>(1024)), (1000, 1040));
/// ```
pub fn row_pitch<E>(width: usize) -> usize {
    let bytes = width * size_of::<E>();
    if bytes > 0 && bytes.is_multiple_of(PAGE) { width + CACHE_LINE / size_of::<E>() } else { width }
}

/// From so many products for each thread on, each is computed by one.
const PRODUCTS: usize = 4;

/// A right operand that many products share, packed once where that serves them.
#[derive(Clone, Copy, Debug)]
pub struct Packed<'a, E> {
    b: MatRef<'a, E>,
    /// The panels that begin with it, and the level of instructions that they are for.
    panels: Option<(Panels<'a, E>, Level)>,
}

impl<E: Float> Packed<'_, E> {
    /// Calls `f` with `b`, packed for left operands of `rows` rows.
    ///
    /// # Example
    /// ```
    /// use tenon_kernels::gemm::{Epilogue, MatMut, MatRef, Packed};
    /// let b = MatRef::row_major(&[1.0, 2.0, 3.0, 4.0], 2, 2);
    /// let mut c = [0.0; 2];
    /// Packed::with(b, 1, |b| {
    ///     let a = MatRef::row_major(&[1.0, 1.0], 1, 2);
    ///     b.gemm(1.0, a, 0.0, MatMut::row_major(&mut c, 1, 2), Epilogue::default());
    /// });
    /// assert_eq!(c, [4.0, 6.0]);
    /// ```
    pub fn with<R>(b: MatRef<'_, E>, rows: usize, f: impl FnOnce(Packed<'_, E>) -> R) -> R {
        if few_rows::serves_best(rows, &b) || level() == Level::Portable || b.rows() == 0 || b.cols() == 0 {
            return f(Packed { b, panels: None });
        }
        if let Some(panels) = blocked::kept(rows, &b) {
            return f(Packed { b, panels: Some((Panels::of(panels.as_slice(), &b), level())) });
        }
        scratch::with(blocked::packed_len::<E>(b.rows(), b.cols()), |panels: &mut [E]| {
            blocked::pack(b, panels);
            f(Packed { b, panels: Some((Panels::of(panels, &b), level())) })
        })
    }

    /// Its first rows and columns, of each of which there is at least one.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn first(self, rows: usize, cols: usize) -> Self {
        let fits = (1..=self.b.rows()).contains(&rows) && (1..=self.b.cols()).contains(&cols);
        assert!(fits, "{rows} × {cols} of {} × {}", self.b.rows(), self.b.cols());
        Packed { b: self.b.block(0..rows, 0..cols), ..self }
    }

    /// As [`gemm`](fn@gemm), with this right operand.
    ///
    /// # Panics
    /// If the sizes do not fit.
    pub fn gemm(self, alpha: E, a: MatRef<'_, E>, beta: E, c: MatMut<'_, E>, epilogue: Epilogue<'_, E>) {
        let MatMut { data, rows, cols, row_stride } = c;
        check_sizes(&a, &self.b, rows, cols, &epilogue);
        // Panels are of no use to other instructions than those they were packed for.
        let panels = self.panels.filter(|(_, packed_for)| *packed_for == level()).map(|(panels, _)| panels);
        // SAFETY: the sizes fit, and C is inside of its data.
        unsafe { product(alpha, a, self.b, panels, beta, data.as_mut_ptr(), row_stride, epilogue) };
    }
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
    let (rows, cols) = (a.rows(), b.cols());
    let n: usize = batch.iter().product();
    check_sizes(&a, &b, rows, cols, &epilogue);
    assert_eq!(c.len(), n * rows * cols, "elements of {n} products of {rows} × {cols}");
    if c.is_empty() {
        return;
    }
    let product = |index: usize, c: &mut [E]| {
        let (a_offset, b_offset) = batch_offsets(batch, index, a_strides, b_strides);
        let c = MatMut::row_major(c, rows, cols);
        gemm(alpha, a.moved(a_offset), b.moved(b_offset), beta, c, epilogue);
    };
    let work = rows * a.cols() * cols;
    if n > 1 && small::serves(&a, &b, beta, &epilogue) {
        let (a, b) = (Batch { first: a, strides: a_strides }, Batch { first: b, strides: b_strides });
        let per_task = (LEAST_TASK / work).max(1);
        return parallel_chunks_mut(c, per_task * rows * cols, |task, c| {
            E::small_products(SmallProducts { batch, first_product: task * per_task, alpha, a, b, c });
        });
    }
    if n >= PRODUCTS * num_threads() || work < LEAST_TASK {
        let per_task = (LEAST_TASK / work.max(1)).clamp(1, n);
        parallel_chunks_mut(c, per_task * rows * cols, |task, c| {
            c.chunks_exact_mut(rows * cols).enumerate().for_each(|(i, c)| product(task * per_task + i, c));
        });
    } else {
        c.chunks_exact_mut(rows * cols).enumerate().for_each(|(i, c)| product(i, c));
    }
}

fn check_sizes<E: Float>(
    a: &MatRef<'_, E>,
    b: &MatRef<'_, E>,
    rows: usize,
    cols: usize,
    epilogue: &Epilogue<'_, E>,
) {
    assert!(
        a.cols() == b.rows() && a.rows() == rows && b.cols() == cols,
        "{} × {} times {} × {} is not {rows} × {cols}",
        a.rows(),
        a.cols(),
        b.rows(),
        b.cols(),
    );
    match epilogue.bias {
        Bias::None => {}
        Bias::PerRow(bias) => assert_eq!(bias.len(), rows, "a bias for each row"),
        Bias::PerColumn(bias) => assert_eq!(bias.len(), cols, "a bias for each column"),
    }
}

fn check_batch<E: Float>(batch: &[usize], first: &MatRef<'_, E>, strides: &[isize]) {
    assert_eq!(batch.len(), strides.len(), "a stride for each axis of the batch");
    let mut dims = [0; crate::layout::MAX_RANK];
    let mut all_strides = [0; crate::layout::MAX_RANK];
    let rank = batch.len() + 2;
    assert!(rank <= dims.len(), "at most {} axes of a batch", dims.len() - 2);
    dims[..batch.len()].copy_from_slice(batch);
    dims[batch.len()..rank].copy_from_slice(&[first.rows(), first.cols()]);
    all_strides[..batch.len()].copy_from_slice(strides);
    all_strides[batch.len()..rank].copy_from_slice(&first.strides());
    let (data, offset) = first.parts();
    View::new(data, offset, &dims[..rank], &all_strides[..rank]);
}

fn batch_offsets(batch: &[usize], index: usize, a_strides: &[isize], b_strides: &[isize]) -> (isize, isize) {
    let (mut a, mut b, mut rest) = (0, 0, index);
    for (axis, &dim) in batch.iter().enumerate().rev() {
        let here = (rest % dim) as isize;
        rest /= dim;
        a += here * a_strides[axis];
        b += here * b_strides[axis];
    }
    (a, b)
}

/// [`gemm`](fn@gemm) by the way that suits the sizes and the machine; `panels` begin with B, if there
/// are any.
///
/// # Safety
/// The sizes fit, and C is `a.rows()` rows of `b.cols()` elements, `row_stride` apart, that nobody
/// else uses.
unsafe fn product<E: Float>(
    alpha: E,
    a: MatRef<'_, E>,
    b: MatRef<'_, E>,
    panels: Option<Panels<'_, E>>,
    beta: E,
    c: *mut E,
    row_stride: usize,
    epilogue: Epilogue<'_, E>,
) {
    if a.rows() == 0 || b.cols() == 0 {
        return;
    }
    // SAFETY: by the caller's promise.
    unsafe {
        if a.cols() > 0 && panels.is_none() && few_rows::serves(&a, &b) {
            few_rows::gemm(alpha, a, b, beta, c, row_stride, epilogue);
        } else if level() == Level::Portable || a.cols() == 0 {
            portable::gemm(alpha, a, b, beta, c, row_stride, epilogue);
        } else {
            let kept = if panels.is_none() { blocked::kept(a.rows(), &b) } else { None };
            let kept = kept.as_deref().map(|panels| Panels::of(panels.as_slice(), &b));
            blocked::gemm(alpha, a, b, panels.or(kept), beta, c, row_stride, epilogue);
        }
    }
}
