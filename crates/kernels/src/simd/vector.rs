//! What the kernels ask of an instruction set.

use crate::Float;

/// An instruction set, as a type.
pub trait Simd: Copy + Send + Sync + 'static {
    /// Whether a fused multiply-add is one instruction.
    const FMA: bool;
    /// How many vector registers there are: what a register tile may use.
    const REGISTERS: usize;
    /// A register full of `f32`.
    type F32: Vector<f32>;
    /// A register full of `f64`.
    type F64: Vector<f64>;

    /// Asks for the cache line at `address`, which need not be readable.
    fn prefetch<E>(address: *const E);

    /// Asks for the cache line at `address`, which need not be readable, to come to the second-level cache.
    fn prefetch_far<E>(address: *const E);
}

/// A register full of numbers.
///
/// The methods of the x86 vectors are instructions that the machine may lack, so they are to be
/// called only inside a [`Kernel`](super::Kernel) that [`dispatch`](super::dispatch) runs; that is why all are `unsafe`.
pub trait Vector<E>: Copy {
    /// How many numbers it holds.
    const LANES: usize;
    /// The side of the squares that [`Vector::transpose`] exchanges; divides `LANES`.
    const SQUARE: usize;

    /// # Safety
    /// The machine has the instructions.
    unsafe fn splat(value: E) -> Self;
    /// # Safety
    /// The machine has the instructions and `LANES` numbers can be read at `from`.
    unsafe fn load(from: *const E) -> Self;
    /// # Safety
    /// The machine has the instructions and `LANES` numbers can be written at `to`.
    unsafe fn store(self, to: *mut E);
    /// Reads `n ≤ LANES` numbers; the other lanes are 0.
    ///
    /// # Safety
    /// The machine has the instructions and `n` numbers can be read at `from`.
    unsafe fn load_first(from: *const E, n: usize) -> Self;
    /// Reads `n ≤ LANES` numbers, each the second after the one before; the other lanes are 0.
    ///
    /// # Safety
    /// The machine has the instructions and `2 n − 1` numbers can be read at `from`.
    unsafe fn load_second(from: *const E, n: usize) -> Self;
    /// Reads `n ≤ LANES` pairs: the first number of each, and the second; the other lanes are 0.
    ///
    /// # Safety
    /// The machine has the instructions and `2 n` numbers can be read at `from`.
    unsafe fn load_pairs(from: *const E, n: usize) -> (Self, Self);
    /// Writes the first `n ≤ LANES` numbers.
    ///
    /// # Safety
    /// The machine has the instructions and `n` numbers can be written at `to`.
    unsafe fn store_first(self, to: *mut E, n: usize);
    /// The first `n ≤ LANES` numbers; the other lanes are 0.
    ///
    /// # Safety
    /// The machine has the instructions.
    unsafe fn keep_first(self, n: usize) -> Self;
    /// # Safety
    /// The machine has the instructions.
    unsafe fn add(self, other: Self) -> Self;
    /// # Safety
    /// The machine has the instructions.
    unsafe fn sub(self, other: Self) -> Self;
    /// # Safety
    /// The machine has the instructions.
    unsafe fn mul(self, other: Self) -> Self;
    /// `self · factor + term`.
    ///
    /// # Safety
    /// The machine has the instructions.
    unsafe fn mul_add(self, factor: Self, term: Self) -> Self;
    /// The larger of each pair of lanes; `other` where `self` is NaN.
    ///
    /// # Safety
    /// The machine has the instructions.
    unsafe fn max(self, other: Self) -> Self;
    /// A step of looking for the largest number and its place: `other` and `other_place` where `other`
    /// is larger than `self` or NaN, elsewhere `self` and `place`.
    ///
    /// # Safety
    /// The machine has the instructions.
    unsafe fn larger(self, place: Self, other: Self, other_place: Self) -> (Self, Self);
    /// `to[i] = offset + self[i]` for the first `n ≤ LANES` numbers, which are integers of 0 to 2³¹ − 1.
    ///
    /// # Safety
    /// The machine has the instructions and `n` integers can be written at `to`.
    unsafe fn store_indices(self, offset: u32, to: *mut u32, n: usize);
    /// The sum of the lanes.
    ///
    /// # Safety
    /// The machine has the instructions.
    unsafe fn sum(self) -> E;
    /// The numbers of both in turn, `self`'s first: the first half of all, and the second.
    ///
    /// # Safety
    /// The machine has the instructions.
    unsafe fn interleave(self, other: Self) -> (Self, Self);
    /// `to[j · to_stride + i] = from[i · from_stride + j]` for `i < n ≤ SQUARE` and `j < SQUARE`; from
    /// n on, `to` is left as it is, or, if it is written as a `whole`, overwritten in any way.
    ///
    /// # Safety
    /// The machine has the instructions; the places can be read and written, and `n` is not 0.
    unsafe fn transpose(
        from: *const E,
        from_stride: isize,
        n: usize,
        to: *mut E,
        to_stride: usize,
        whole: bool,
    );
}

/// `to[i] = from[i]`, for rows that are too short for a call of `memcpy`.
///
/// # Safety
/// The machine has the instructions.
#[inline(always)]
pub(crate) unsafe fn copy_row<E: Float, S: Simd>(from: &[E], to: &mut [E]) {
    assert_eq!(from.len(), to.len(), "elements of a row");
    let lanes = <E::Vector<S> as Vector<E>>::LANES;
    for first in (0..from.len()).step_by(lanes) {
        let n = (from.len() - first).min(lanes);
        // SAFETY: `n` elements from `first` on are in both rows.
        unsafe {
            let row = E::Vector::<S>::load_first(from.as_ptr().add(first), n);
            row.store_first(to.as_mut_ptr().add(first), n);
        }
    }
}

/// `to[i · pitch + j] = from[i · steps[0] + j · steps[1]]` for `i < n` and `j < width`, of which there
/// is at least one.
///
/// # Safety
/// The machine has the instructions.
#[inline(always)]
pub(crate) unsafe fn copy_rows<E: Float, S: Simd>(
    from: &[E],
    steps: [usize; 2],
    to: &mut [E],
    pitch: usize,
    [n, width]: [usize; 2],
) {
    assert!((n - 1) * steps[0] + (width - 1) * steps[1] < from.len());
    assert!((n - 1) * pitch + width <= to.len());
    let lanes = <E::Vector<S> as Vector<E>>::LANES;
    for i in 0..n {
        // SAFETY: the elements read and written are in both slices, as asserted.
        unsafe {
            let (from, to) = (from.as_ptr().add(i * steps[0]), to.as_mut_ptr().add(i * pitch));
            match steps[1] {
                1 if width < lanes => E::Vector::<S>::load_first(from, width).store_first(to, width),
                1 => {
                    for j in (0..width - lanes).step_by(lanes) {
                        E::Vector::<S>::load(from.add(j)).store(to.add(j));
                    }
                    // The last vector overlaps the one before it.
                    E::Vector::<S>::load(from.add(width - lanes)).store(to.add(width - lanes));
                }
                2 if width < lanes => E::Vector::<S>::load_second(from, width).store_first(to, width),
                2 => {
                    for j in (0..width).step_by(lanes) {
                        // As above.
                        let j = j.min(width - lanes);
                        E::Vector::<S>::load_second(from.add(2 * j), lanes).store(to.add(j));
                    }
                }
                step => {
                    for j in 0..width {
                        *to.add(j) = *from.add(j * step);
                    }
                }
            }
        }
    }
}
