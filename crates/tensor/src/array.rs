//! Arrays: strided views over shared, recycled buffers.

use std::fmt;

use tenon_kernels::conv2d::Weights;
use tenon_kernels::gemm::MatRef;
use tenon_kernels::{View, elementwise};

use crate::buffer::{Buffer, Element};
use crate::dims::{Dims, Strides};

/// Numbers arranged along at most six axes, with sizes known at run time.
///
/// An array is a view: transposing, slicing and expanding share the buffer. Cloning costs a
/// reference count.
///
/// # Example
/// ```
/// use tenon_tensor::{Array, Dims};
/// let array = Array::from_vec(Dims::new(&[2, 3]), vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
/// assert_eq!(array.permuted(&[1, 0]).to_vec(), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
/// ```
#[derive(Clone)]
pub struct Array<E: Element> {
    buffer: Buffer<E>,
    start: usize,
    dims: Dims,
    strides: Strides,
}

impl<E: Element> Array<E> {
    /// An array of the given numbers in row-major order.
    ///
    /// # Panics
    /// When there are not as many numbers as `dims` has elements.
    pub fn from_vec(dims: Dims, numbers: Vec<E>) -> Self {
        assert_eq!(numbers.len(), dims.numel(), "an array of dims {dims:?} needs as many numbers");
        Array::over(dims, Buffer::copy_of(&numbers))
    }

    /// A new row-major array that `write` fills.
    ///
    /// `write` is given arbitrary numbers and must overwrite every one.
    pub fn write(dims: Dims, write: impl FnOnce(&mut [E])) -> Self {
        let mut buffer = Buffer::arbitrary(dims.numel());
        write(buffer.get_mut().expect("a new buffer has one handle"));
        Array::over(dims, buffer)
    }

    /// An array of one repeated number.
    pub fn full(dims: Dims, number: E) -> Self {
        let one = Array::write(Dims::new(&[]), |out| out[0] = number);
        one.expanded(dims)
    }

    fn over(dims: Dims, buffer: Buffer<E>) -> Self {
        Array { buffer, start: 0, dims, strides: dims.row_major() }
    }

    /// The sizes of the axes.
    pub fn dims(&self) -> Dims {
        self.dims
    }

    /// The number of elements.
    pub fn numel(&self) -> usize {
        self.dims.numel()
    }

    /// The distance between neighbours along each axis.
    pub fn strides(&self) -> &[isize] {
        self.strides.of_rank(self.dims.len())
    }

    /// Where the buffer is, and its bytes: views of one buffer have the same.
    pub fn storage(&self) -> (usize, usize) {
        let numbers: &[E] = &self.buffer;
        (numbers.as_ptr().addr(), size_of_val(numbers))
    }

    /// Whether the elements lie in row-major order without gaps.
    pub fn is_contiguous(&self) -> bool {
        let row_major = self.dims.row_major();
        (0..self.dims.len()).all(|axis| self.dims[axis] == 1 || self.strides.0[axis] == row_major.0[axis])
            || self.numel() == 0
    }

    /// The elements in row-major order, when they lie so.
    pub fn as_slice(&self) -> Option<&[E]> {
        self.is_contiguous().then(|| &self.buffer[self.start..self.start + self.numel()])
    }

    /// Whether an operation may work in place on this array.
    pub fn is_unique(&mut self) -> bool {
        self.as_mut_slice().is_some()
    }

    /// The elements for writing, when they lie in row-major order and this is the only handle to
    /// them: an operation that receives such an array works in place.
    pub fn as_mut_slice(&mut self) -> Option<&mut [E]> {
        if !self.is_contiguous() {
            return None;
        }
        let range = self.start..self.start + self.numel();
        self.buffer.get_mut().map(|numbers| &mut numbers[range])
    }

    /// The same elements in row-major order; copies them only when they do not lie so.
    pub fn contiguous(self) -> Self {
        if self.is_contiguous() {
            return self;
        }
        Array::write(self.dims, |out| elementwise::copy(self.view(), out))
    }

    /// Row-major elements that may be written to: this array's own when it is their only handle,
    /// else a copy.
    pub fn make_mut(&mut self) -> &mut [E] {
        if self.as_mut_slice().is_none() {
            let dims = self.dims;
            *self = Array::write(dims, |out| elementwise::copy(self.view(), out));
        }
        self.as_mut_slice().expect("the copy has one handle")
    }

    /// The array as kernels read it.
    pub fn view(&self) -> View<'_, E> {
        View::new(&self.buffer, self.start, &self.dims, self.strides())
    }

    /// The array as products read it: the matrix of its last two axes at index 0 of all others.
    pub fn matrix(&self) -> MatRef<'_, E> {
        let matrix = MatRef::last_axes(self.view());
        self.buffer.kept().map_or(matrix, |kept| matrix.kept_in(kept))
    }

    /// The array as convolutions read their weights.
    ///
    /// # Panics
    /// When the elements do not lie in row-major order.
    pub fn weights(&self) -> Weights<'_, E> {
        let weights = Weights::new(self.as_slice().expect("contiguous"));
        let is_all = self.numel() == self.buffer.len();
        self.buffer.kept().filter(|_| is_all).map_or(weights, |kept| weights.kept_in(kept))
    }

    /// A row-major copy of the elements.
    pub fn to_vec(&self) -> Vec<E> {
        let mut numbers = vec![E::ZERO; self.numel()];
        elementwise::copy(self.view(), &mut numbers);
        numbers
    }

    /// The only element of an array that has one.
    ///
    /// # Panics
    /// When the array does not have exactly one element.
    pub fn item(&self) -> E {
        assert_eq!(self.numel(), 1, "an array of dims {:?} is not a single number", self.dims);
        self.buffer[self.start]
    }

    /// The same elements under other dims. Copies when a view cannot do it.
    ///
    /// # Panics
    /// When the numbers of elements differ.
    pub fn reshaped(self, dims: Dims) -> Self {
        assert_eq!(self.numel(), dims.numel(), "cannot reshape {:?} into {dims:?}", self.dims);
        if let Some(strides) = self.strides_under(dims) {
            return Array { dims, strides, ..self };
        }
        let copy = self.contiguous();
        Array { dims, strides: dims.row_major(), ..copy }
    }

    /// The strides that show these elements under `dims` without moving them, where that is
    /// possible: where axes that are joined follow each other in memory.
    fn strides_under(&self, dims: Dims) -> Option<Strides> {
        if self.is_contiguous() {
            return Some(dims.row_major());
        }
        // The runs of elements at equal distances, from the last on: how many, and how far apart.
        let mut runs: Vec<(usize, isize)> = Vec::new();
        for axis in (0..self.dims.len()).rev().filter(|&axis| self.dims[axis] != 1) {
            let (size, step) = (self.dims[axis], self.strides.0[axis]);
            match runs.last_mut() {
                Some((len, inner)) if step == *inner * *len as isize => *len *= size,
                _ => runs.push((size, step)),
            }
        }
        let mut strides = dims.row_major();
        let mut runs = runs.into_iter();
        let (mut left, mut step) = runs.next()?;
        for axis in (0..dims.len()).rev().filter(|&axis| dims[axis] != 1) {
            if !left.is_multiple_of(dims[axis]) {
                return None;
            }
            strides.0[axis] = step;
            left /= dims[axis];
            step *= dims[axis] as isize;
            if left == 1 {
                (left, step) = runs.next().unwrap_or((1, step));
            }
        }
        Some(strides)
    }

    /// The axes in another order: axis `i` of the result is axis `order[i]` of this array.
    pub fn permuted(&self, order: &[usize]) -> Self {
        let mut dims = self.dims;
        let mut strides = self.strides;
        for (target, &source) in order.iter().enumerate() {
            dims = dims.with(target, self.dims[source]);
            strides.0[target] = self.strides.0[source];
        }
        Array { buffer: self.buffer.clone(), start: self.start, dims, strides }
    }

    /// The elements `start .. start + len` along `axis`.
    pub fn narrowed(&self, axis: usize, start: usize, len: usize) -> Self {
        let size = self.dims[axis];
        assert!(
            start + len <= size,
            "slice {start}..{} is out of range for an axis of size {size}",
            start + len
        );
        let first = (self.start as isize + start as isize * self.strides.0[axis]) as usize;
        // An empty slice at the end would start behind the last element.
        let first = if len == 0 { self.start } else { first };
        Array {
            buffer: self.buffer.clone(),
            start: first,
            dims: self.dims.with(axis, len),
            strides: self.strides,
        }
    }

    /// The array repeated to `dims` by numpy's rules: axes are aligned at the right, and axes of
    /// size 1 and missing axes repeat.
    ///
    /// # Panics
    /// When an axis is neither 1 nor of the wanted size.
    pub fn expanded(&self, dims: Dims) -> Self {
        let missing = dims.len().checked_sub(self.dims.len());
        let missing = missing.unwrap_or_else(|| panic!("cannot expand {:?} to {dims:?}", self.dims));
        let mut strides = Strides([0; crate::dims::MAX_RANK]);
        for axis in 0..self.dims.len() {
            let size = self.dims[axis];
            let wanted = dims[axis + missing];
            assert!(size == wanted || size == 1, "cannot expand {:?} to {dims:?}", self.dims);
            strides.0[axis + missing] = if size == wanted { self.strides.0[axis] } else { 0 };
        }
        Array { buffer: self.buffer.clone(), start: self.start, dims, strides }
    }

    /// The same elements, in row-major order where neighbours lie far apart and others beside each
    /// other: to copy such elements tile by tile and to read the copy is faster than to read them one
    /// by one.
    fn laid_out(self) -> Self {
        let counts = |axis: &usize| self.dims[*axis] > 1;
        let last = (0..self.dims.len()).rev().find(counts);
        let is_turned = last.is_some_and(|last| {
            self.strides.0[last].abs() > 1 && (0..last).filter(counts).any(|axis| self.strides.0[axis] == 1)
        });
        if is_turned { self.contiguous() } else { self }
    }

    /// `f` of every element, in place when this is the only handle.
    ///
    /// It borrows nothing: what lies behind a reference would be read again for each element, and the
    /// loop would not be vectorized.
    pub fn map(mut self, f: impl Fn(E) -> E + Sync + Copy + 'static) -> Self {
        self = self.laid_out();
        if let Some(numbers) = self.as_mut_slice() {
            elementwise::map_mut(numbers, f);
            return self;
        }
        Array::write(self.dims, |out| elementwise::map(self.view(), out, f))
    }

    /// A kernel on whole slices, in place when this is the only handle.
    pub fn map_slices(mut self, f: impl FnOnce(&[E], &mut [E]), f_mut: impl FnOnce(&mut [E])) -> Self {
        if let Some(numbers) = self.as_mut_slice() {
            f_mut(numbers);
            return self;
        }
        let x = self.contiguous();
        Array::write(x.dims, |out| f(x.as_slice().expect("contiguous"), out))
    }

    /// `f` of every pair of elements, in place in `self` when this is its only handle; as in
    /// [`map`](Self::map), it borrows nothing.
    pub fn zip(mut self, other: &Array<E>, f: impl Fn(E, E) -> E + Sync + Copy + 'static) -> Self {
        self = self.laid_out();
        let other = other.clone().laid_out();
        if let Some(numbers) = self.as_mut_slice() {
            elementwise::zip_mut(numbers, other.view(), f);
            return self;
        }
        Array::write(self.dims, |out| elementwise::zip(self.view(), other.view(), out, f))
    }
}

impl<E: Element> fmt::Debug for Array<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}{:?}", self.dims, self.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Op;
    use crate::ops::matmul::MatMul;

    #[test]
    fn a_view_is_reshaped_in_place_where_joined_axes_follow_each_other() {
        let numbers = Array::from_vec(Dims::new(&[4, 6, 5]), (0..120u8).map(f32::from).collect());
        let part = numbers.narrowed(1, 2, 4);
        let views = [
            (part.clone(), vec![4, 2, 2, 5], true),
            (part.clone(), vec![2, 2, 20], true),
            (part.clone(), vec![16, 5], false),
            (part.clone(), vec![1, 4, 4, 1, 5], true),
            (part.permuted(&[1, 0, 2]), vec![4, 2, 2, 5], true),
            (part.permuted(&[1, 0, 2]), vec![16, 5], false),
            (numbers.narrowed(0, 1, 1).expanded(Dims::new(&[3, 6, 5])), vec![3, 30], true),
            (numbers.narrowed(0, 1, 1).expanded(Dims::new(&[3, 6, 5])), vec![90], false),
        ];
        for (view, dims, in_place) in views {
            let reshaped = view.clone().reshaped(Dims::new(&dims));
            assert_eq!(reshaped.to_vec(), view.to_vec(), "{:?} as {dims:?}", view.dims());
            let address = |x: &Array<f32>| x.buffer.as_ptr();
            assert_eq!(address(&reshaped) == address(&view), in_place, "{:?} as {dims:?}", view.dims());
        }
    }

    #[test]
    fn what_products_keep_of_weights_goes_when_these_change() {
        let numbers = |n: usize| (0..n).map(|i| (i % 7) as f32).collect::<Vec<_>>();
        let x = Array::from_vec(Dims::new(&[32, 64]), numbers(32 * 64));
        let mut weight = Array::from_vec(Dims::new(&[64, 48]), numbers(64 * 48));
        for _ in 0..3 {
            weight.make_mut()[5] += 1.0;
            // A copy is multiplied for the first time.
            let copy = Array::from_vec(weight.dims(), weight.to_vec());
            let want = MatMul.forward([x.clone(), copy]).to_vec();
            for _ in 0..3 {
                assert_eq!(MatMul.forward([x.clone(), weight.clone()]).to_vec(), want);
            }
        }
    }
}
