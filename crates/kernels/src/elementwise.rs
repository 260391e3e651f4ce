//! One function applied to every element of one, two or three views.
//!
//! Views are read in row-by-row order whatever their strides, so broadcasting is nothing but a
//! view with strides of 0. Axes are merged first (see [`crate::layout`]); what remains is a row
//! loop whose common cases, each operand contiguous or constant, are vectorized.
//!
//! Functions are passed by value, and those that hold numbers hold them by value (`move`): what is
//! behind a reference could change with every element written, and would be read for each again.

mod copy;

use crate::layout::{Loops, View};
use crate::simd::{Kernel, Simd, dispatch};
use crate::threads::parallel_chunks_mut;

pub(crate) use copy::Turn;
pub use copy::copy;

/// How many elements a task has: large enough to be worth handing over, small enough to balance.
const BLOCK: usize = 16 * 1024;

/// `y[i] = f(x[i])`.
pub fn map<T, Y>(x: View<'_, T>, y: &mut [Y], f: impl Fn(T) -> Y + Sync + Copy)
where
    T: Copy + Sync,
    Y: Copy + Send,
{
    assert_eq!(x.len(), y.len(), "elements of the input and of the output");
    let loops = Loops::new(x.dims(), [x.strides()]);
    parallel_chunks_mut(y, BLOCK, |i, y| {
        dispatch(Map { x, loops: &loops, start: i * BLOCK, y, f });
    });
}

/// `y[i] = f(y[i])`.
pub fn map_mut<T: Copy + Send>(y: &mut [T], f: impl Fn(T) -> T + Sync + Copy) {
    parallel_chunks_mut(y, BLOCK, |_, y| dispatch(MapMut { y, f }));
}

/// `y[i] = f(a[i], b[i])`; the dims of `a` and `b` are equal.
pub fn zip<A, B, Y>(a: View<'_, A>, b: View<'_, B>, y: &mut [Y], f: impl Fn(A, B) -> Y + Sync + Copy)
where
    A: Copy + Sync,
    B: Copy + Sync,
    Y: Copy + Send,
{
    assert_eq!(a.dims(), b.dims(), "dims of both operands");
    assert_eq!(a.len(), y.len(), "elements of the operands and of the output");
    let loops = Loops::new(a.dims(), [a.strides(), b.strides()]);
    parallel_chunks_mut(y, BLOCK, |i, y| {
        dispatch(Zip { a, b, loops: &loops, start: i * BLOCK, y, f });
    });
}

/// `a[i] = f(a[i], b[i])`, with `a` row by row in the dims of `b`.
pub fn zip_mut<A, B>(a: &mut [A], b: View<'_, B>, f: impl Fn(A, B) -> A + Sync + Copy)
where
    A: Copy + Send,
    B: Copy + Sync,
{
    assert_eq!(a.len(), b.len(), "elements of both operands");
    let loops = Loops::new(b.dims(), [b.strides()]);
    parallel_chunks_mut(a, BLOCK, |i, a| {
        dispatch(ZipMut { a, b, loops: &loops, start: i * BLOCK, f });
    });
}

/// `y[i] = f(a[i], b[i], c[i])`; the dims of `a`, `b` and `c` are equal.
pub fn zip3<A, B, C, Y>(
    a: View<'_, A>,
    b: View<'_, B>,
    c: View<'_, C>,
    y: &mut [Y],
    f: impl Fn(A, B, C) -> Y + Sync + Copy,
) where
    A: Copy + Sync,
    B: Copy + Sync,
    C: Copy + Sync,
    Y: Copy + Send,
{
    assert!(a.dims() == b.dims() && b.dims() == c.dims(), "dims of all operands");
    assert_eq!(a.len(), y.len(), "elements of the operands and of the output");
    let loops = Loops::new(a.dims(), [a.strides(), b.strides(), c.strides()]);
    parallel_chunks_mut(y, BLOCK, |i, y| {
        dispatch(Zip3 { a, b, c, loops: &loops, start: i * BLOCK, y, f });
    });
}

/// `y[i] = value`.
pub fn fill<T: Copy + Send + Sync>(y: &mut [T], value: T) {
    parallel_chunks_mut(y, BLOCK, |_, y| y.fill(value));
}

struct Map<'a, 'y, T, Y, F> {
    x: View<'a, T>,
    loops: &'a Loops<1>,
    start: usize,
    y: &'y mut [Y],
    f: F,
}

impl<T: Copy, Y: Copy, F: Fn(T) -> Y> Kernel for Map<'_, '_, T, Y, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Map { x, loops, start, y, f } = self;
        let x = x.start();
        let [stride] = loops.row_strides();
        for (place, [offset], n) in loops.rows(start, y.len()) {
            let y = &mut y[place..place + n];
            // SAFETY: the loops stay inside the view.
            let x = unsafe { Row::new(x.offset(offset), stride, n) };
            match x {
                Row::Contiguous(x) => {
                    for (y, &x) in y.iter_mut().zip(x) {
                        *y = f(x);
                    }
                }
                Row::Constant(x) => y.fill(f(x)),
                Row::Strided(x) => {
                    for (i, y) in y.iter_mut().enumerate() {
                        *y = f(x.get(i));
                    }
                }
            }
        }
    }
}

struct MapMut<'y, T, F> {
    y: &'y mut [T],
    f: F,
}

impl<T: Copy, F: Fn(T) -> T> Kernel for MapMut<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let MapMut { y, f } = self;
        for y in y {
            *y = f(*y);
        }
    }
}

struct Zip<'a, 'y, A, B, Y, F> {
    a: View<'a, A>,
    b: View<'a, B>,
    loops: &'a Loops<2>,
    start: usize,
    y: &'y mut [Y],
    f: F,
}

impl<A: Copy, B: Copy, Y: Copy, F: Fn(A, B) -> Y> Kernel for Zip<'_, '_, A, B, Y, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Zip { a, b, loops, start, y, f } = self;
        let (a, b) = (a.start(), b.start());
        let [a_stride, b_stride] = loops.row_strides();
        for (place, [a_offset, b_offset], n) in loops.rows(start, y.len()) {
            let y = &mut y[place..place + n];
            // SAFETY: the loops stay inside both views.
            let (a, b) = unsafe {
                (Row::new(a.offset(a_offset), a_stride, n), Row::new(b.offset(b_offset), b_stride, n))
            };
            match (a, b) {
                (Row::Contiguous(a), Row::Contiguous(b)) => {
                    for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
                        *y = f(a, b);
                    }
                }
                (Row::Contiguous(a), Row::Constant(b)) => {
                    for (y, &a) in y.iter_mut().zip(a) {
                        *y = f(a, b);
                    }
                }
                (Row::Constant(a), Row::Contiguous(b)) => {
                    for (y, &b) in y.iter_mut().zip(b) {
                        *y = f(a, b);
                    }
                }
                (a, b) => {
                    for (i, y) in y.iter_mut().enumerate() {
                        *y = f(a.get(i), b.get(i));
                    }
                }
            }
        }
    }
}

struct ZipMut<'a, 'y, A, B, F> {
    a: &'y mut [A],
    b: View<'a, B>,
    loops: &'a Loops<1>,
    start: usize,
    f: F,
}

impl<A: Copy, B: Copy, F: Fn(A, B) -> A> Kernel for ZipMut<'_, '_, A, B, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let ZipMut { a, b, loops, start, f } = self;
        let b = b.start();
        let [stride] = loops.row_strides();
        for (place, [offset], n) in loops.rows(start, a.len()) {
            let a = &mut a[place..place + n];
            // SAFETY: the loops stay inside the view.
            let b = unsafe { Row::new(b.offset(offset), stride, n) };
            match b {
                Row::Contiguous(b) => {
                    for (a, &b) in a.iter_mut().zip(b) {
                        *a = f(*a, b);
                    }
                }
                Row::Constant(b) => {
                    for a in a {
                        *a = f(*a, b);
                    }
                }
                Row::Strided(b) => {
                    for (i, a) in a.iter_mut().enumerate() {
                        *a = f(*a, b.get(i));
                    }
                }
            }
        }
    }
}

struct Zip3<'a, 'y, A, B, C, Y, F> {
    a: View<'a, A>,
    b: View<'a, B>,
    c: View<'a, C>,
    loops: &'a Loops<3>,
    start: usize,
    y: &'y mut [Y],
    f: F,
}

impl<A: Copy, B: Copy, C: Copy, Y: Copy, F> Kernel for Zip3<'_, '_, A, B, C, Y, F>
where
    F: Fn(A, B, C) -> Y,
{
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Zip3 { a, b, c, loops, start, y, f } = self;
        let (a, b, c) = (a.start(), b.start(), c.start());
        let [a_stride, b_stride, c_stride] = loops.row_strides();
        for (place, [a_offset, b_offset, c_offset], n) in loops.rows(start, y.len()) {
            let y = &mut y[place..place + n];
            // SAFETY: the loops stay inside the three views.
            let (a, b, c) = unsafe {
                (
                    Row::new(a.offset(a_offset), a_stride, n),
                    Row::new(b.offset(b_offset), b_stride, n),
                    Row::new(c.offset(c_offset), c_stride, n),
                )
            };
            if let (Row::Contiguous(a), Row::Contiguous(b), Row::Contiguous(c)) = (&a, &b, &c) {
                for (((y, &a), &b), &c) in y.iter_mut().zip(*a).zip(*b).zip(*c) {
                    *y = f(a, b, c);
                }
            } else {
                for (i, y) in y.iter_mut().enumerate() {
                    *y = f(a.get(i), b.get(i), c.get(i));
                }
            }
        }
    }
}

/// Elements at equal distances, sorted by how they can be read.
enum Row<'a, T> {
    Contiguous(&'a [T]),
    Constant(T),
    Strided(StridedRow<T>),
}

struct StridedRow<T> {
    start: *const T,
    stride: isize,
    len: usize,
}

impl<T: Copy> Row<'_, T> {
    /// # Safety
    /// `n ≥ 1` elements, `stride` apart, can be read from `start` on for as long as the row lives.
    #[inline(always)]
    unsafe fn new(start: *const T, stride: isize, n: usize) -> Self {
        match stride {
            // SAFETY: by the caller's promise.
            1 => Row::Contiguous(unsafe { std::slice::from_raw_parts(start, n) }),
            // SAFETY: by the caller's promise.
            0 => Row::Constant(unsafe { start.read() }),
            _ => Row::Strided(StridedRow { start, stride, len: n }),
        }
    }

    #[inline(always)]
    fn get(&self, i: usize) -> T {
        match self {
            Row::Contiguous(row) => row[i],
            Row::Constant(value) => *value,
            Row::Strided(row) => row.get(i),
        }
    }
}

impl<T: Copy> StridedRow<T> {
    #[inline(always)]
    fn get(&self, i: usize) -> T {
        assert!(i < self.len);
        // SAFETY: `i` is inside the row, which can be read (see `Row::new`).
        unsafe { self.start.offset(i as isize * self.stride).read() }
    }
}
