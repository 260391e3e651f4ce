//! Positions of elements.

use std::fmt;
use std::ops::Deref;

use crate::buffer::Buffer;

/// Whole numbers that say where elements are, shared and recycled as the elements themselves are.
///
/// # Example
/// ```
/// use tenon_tensor::Indices;
/// let indices: Indices = [2, 0, 1].into_iter().collect();
/// assert_eq!(&indices[..], [2, 0, 1]);
/// ```
#[derive(Clone)]
pub struct Indices(Buffer<u32>);

impl Indices {
    /// Indices that `write` fills.
    ///
    /// `write` is given arbitrary numbers and must overwrite every one.
    pub fn write(len: usize, write: impl FnOnce(&mut [u32])) -> Self {
        let mut buffer = Buffer::arbitrary(len);
        write(buffer.get_mut().expect("a new buffer has one handle"));
        Indices(buffer)
    }

    /// Where the buffer is, and its bytes.
    pub fn storage(&self) -> (usize, usize) {
        (self.0.as_ptr().addr(), self.bytes())
    }

    /// The bytes of the buffer.
    pub fn bytes(&self) -> usize {
        size_of_val::<[u32]>(&self.0)
    }
}

impl Deref for Indices {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        &self.0
    }
}

impl From<&[u32]> for Indices {
    /// A copy, in a recycled buffer.
    fn from(indices: &[u32]) -> Self {
        Indices::write(indices.len(), |out| out.copy_from_slice(indices))
    }
}

impl FromIterator<u32> for Indices {
    fn from_iter<I: IntoIterator<Item = u32>>(indices: I) -> Self {
        Indices(Buffer::copy_of(&Vec::from_iter(indices)))
    }
}

impl fmt::Debug for Indices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
