//! The run-time sizes of an array: at most six axes, stored inline.

use std::fmt;
use std::ops::Deref;

/// The largest number of axes an array may have.
pub const MAX_RANK: usize = 6;

/// The sizes of the axes of an array, outermost first.
///
/// # Example
/// ```
/// use tenon_tensor::Dims;
/// let dims = Dims::new(&[2, 3, 4]);
/// assert_eq!(dims.numel(), 24);
/// assert_eq!(dims.without(1), Dims::new(&[2, 4]));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dims {
    sizes: [usize; MAX_RANK],
    rank: u8,
}

impl Dims {
    /// The dims with these sizes.
    ///
    /// # Panics
    /// When there are more than [`MAX_RANK`] axes.
    pub fn new(sizes: &[usize]) -> Self {
        assert!(sizes.len() <= MAX_RANK, "rank {} is above the largest rank, {MAX_RANK}", sizes.len());
        let mut dims = Dims { sizes: [0; MAX_RANK], rank: sizes.len() as u8 };
        dims.sizes[..sizes.len()].copy_from_slice(sizes);
        dims
    }

    /// The number of elements: the product of the sizes.
    pub fn numel(&self) -> usize {
        self.iter().product()
    }

    /// The same dims with axis `axis` of size `size`.
    pub fn with(mut self, axis: usize, size: usize) -> Self {
        assert!(axis < self.len(), "axis {axis} is out of range for {self:?}");
        self.sizes[axis] = size;
        self
    }

    /// The same dims without axis `axis`.
    pub fn without(&self, axis: usize) -> Self {
        let mut sizes = [0; MAX_RANK];
        let rank = self.len() - 1;
        for (target, source) in (0..self.len()).filter(|&i| i != axis).enumerate() {
            sizes[target] = self[source];
        }
        Dims::new(&sizes[..rank])
    }

    /// The same dims with a new axis of size `size` before axis `axis`.
    pub fn inserted(&self, axis: usize, size: usize) -> Self {
        let mut sizes = [0; MAX_RANK];
        sizes[..axis].copy_from_slice(&self[..axis]);
        sizes[axis] = size;
        sizes[axis + 1..=self.len()].copy_from_slice(&self[axis..]);
        Dims::new(&sizes[..self.len() + 1])
    }

    /// The sizes before, at and after `axis`, each side multiplied together.
    pub fn around(&self, axis: usize) -> (usize, usize, usize) {
        (self[..axis].iter().product(), self[axis], self[axis + 1..].iter().product())
    }

    /// The strides of a row-major array of these dims.
    pub fn row_major(&self) -> Strides {
        let mut strides = Strides([0; MAX_RANK]);
        let mut step = 1;
        for axis in (0..self.len()).rev() {
            strides.0[axis] = step;
            step *= self[axis] as isize;
        }
        strides
    }
}

impl Deref for Dims {
    type Target = [usize];
    fn deref(&self) -> &[usize] {
        &self.sizes[..self.rank as usize]
    }
}

impl fmt::Debug for Dims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

/// The distance, in elements, between neighbours along each axis; 0 repeats one element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strides(pub(crate) [isize; MAX_RANK]);

impl Strides {
    /// The strides of the first `rank` axes.
    pub fn of_rank(&self, rank: usize) -> &[isize] {
        &self.0[..rank]
    }
}
