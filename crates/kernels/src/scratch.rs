//! Temporary buffers that each thread keeps and hands out again, so that a steady training step
//! asks the system for no memory.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::mem::size_of;

/// A type for which every pattern of bits is a value.
///
/// # Safety
/// It is, and the alignment is at most that of a `CacheLine`.
pub unsafe trait Plain: Copy {}

// SAFETY: any bits are an f32.
unsafe impl Plain for f32 {}
// SAFETY: any bits are an f64.
unsafe impl Plain for f64 {}
// SAFETY: any bits are a u32.
unsafe impl Plain for u32 {}
// SAFETY: any bits are a usize.
unsafe impl Plain for usize {}

/// The unit of allocation, aligned for the widest vectors.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct CacheLine {
    _words: [u64; 8],
}

impl CacheLine {
    const ZERO: CacheLine = CacheLine { _words: [0; 8] };

    /// How many hold `len` elements.
    fn number<T>(len: usize) -> usize {
        (len * size_of::<T>()).div_ceil(size_of::<CacheLine>())
    }
}

/// Elements aligned to a cache line that stay longer than a call.
#[derive(Debug)]
pub(crate) struct Lines<T> {
    lines: Vec<CacheLine>,
    len: usize,
    element: PhantomData<T>,
}

impl<T: Plain> Lines<T> {
    /// So many elements, whose bits are 0.
    pub(crate) fn new(len: usize) -> Self {
        Lines { lines: vec![CacheLine::ZERO; CacheLine::number::<T>(len)], len, element: PhantomData }
    }

    pub(crate) fn as_slice(&self) -> &[T] {
        // SAFETY: the lines hold `len` elements, are aligned for `T`, and any bits are a `T`.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast::<T>(), self.len) }
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [T] {
        // SAFETY: as above, and they are borrowed mutably for as long as the slice lives.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast::<T>(), self.len) }
    }
}

thread_local! {
    /// Buffers that are not in use. Nested calls take them from the end and put them back in
    /// order, so that each nesting level finds its own buffer again, grown to what it needs.
    static FREE: RefCell<Vec<Vec<CacheLine>>> = const { RefCell::new(Vec::new()) };
}

/// Calls `f` with `len` elements of unspecified content, aligned to a cache line.
pub(crate) fn with<T: Plain, R>(len: usize, f: impl FnOnce(&mut [T]) -> R) -> R {
    let n_lines = CacheLine::number::<T>(len);
    let mut buffer = FREE.with_borrow_mut(Vec::pop).unwrap_or_default();
    if buffer.len() < n_lines {
        buffer.resize(n_lines, CacheLine::ZERO);
    }
    // SAFETY: the buffer holds at least `len` elements of initialized memory, is aligned for `T`,
    // and any bits are a `T`; it is borrowed mutably for as long as the slice lives.
    let slice = unsafe { std::slice::from_raw_parts_mut(buffer.as_mut_ptr().cast::<T>(), len) };
    let result = f(slice);
    FREE.with_borrow_mut(|free| free.push(buffer));
    result
}
