//! Strided views, and how to walk over several of them at once.

/// The largest number of axes of a view.
pub const MAX_RANK: usize = 6;

/// A read-only view of up to six axes: element `(i, j, …)` is
/// `data[offset + i·strides[0] + j·strides[1] + …]`.
///
/// Strides may be 0 (an axis that is broadcast) or negative (an axis that is flipped).
#[derive(Clone, Copy, Debug)]
pub struct View<'a, T> {
    data: &'a [T],
    offset: usize,
    rank: usize,
    dims: [usize; MAX_RANK],
    strides: [isize; MAX_RANK],
}

impl<'a, T> View<'a, T> {
    /// A view of `data`.
    ///
    /// # Panics
    /// If the view has more than [`MAX_RANK`] axes or reaches outside of `data`.
    pub fn new(data: &'a [T], offset: usize, dims: &[usize], strides: &[isize]) -> Self {
        assert_eq!(dims.len(), strides.len(), "a stride for each axis");
        assert!(dims.len() <= MAX_RANK, "at most {MAX_RANK} axes, not {}", dims.len());
        let mut view = View { data, offset, rank: dims.len(), dims: [1; MAX_RANK], strides: [0; MAX_RANK] };
        view.dims[..dims.len()].copy_from_slice(dims);
        view.strides[..dims.len()].copy_from_slice(strides);
        if !view.is_empty() {
            let (mut low, mut high) = (offset as isize, offset as isize);
            for (&dim, &stride) in dims.iter().zip(strides) {
                let reach = (dim as isize - 1) * stride;
                low += reach.min(0);
                high += reach.max(0);
            }
            assert!(
                low >= 0 && (high as usize) < data.len(),
                "a view of {dims:?} with strides {strides:?} from {offset} of {} elements",
                data.len()
            );
        }
        view
    }

    /// All of `data`, row by row.
    ///
    /// # Panics
    /// If `dims` does not hold as many elements as `data`.
    pub fn contiguous(data: &'a [T], dims: &[usize]) -> Self {
        assert_eq!(data.len(), dims.iter().product::<usize>(), "elements of {dims:?}");
        let mut strides = [0; MAX_RANK];
        let mut stride = 1;
        for (axis, &dim) in dims.iter().enumerate().rev() {
            strides[axis] = stride;
            stride *= dim as isize;
        }
        View::new(data, 0, dims, &strides[..dims.len()])
    }

    /// All of `data` as one axis.
    pub fn flat(data: &'a [T]) -> Self {
        View::new(data, 0, &[data.len()], &[1])
    }

    /// One number, seen at every place of `dims`.
    pub fn scalar(value: &'a T, dims: &[usize]) -> Self {
        View::new(std::slice::from_ref(value), 0, dims, &[0; MAX_RANK][..dims.len()])
    }

    /// The data, and the place of the first element.
    pub(crate) fn parts(&self) -> (&'a [T], usize) {
        (self.data, self.offset)
    }

    /// The size of each axis.
    pub fn dims(&self) -> &[usize] {
        &self.dims[..self.rank]
    }

    /// How far apart neighbors along each axis are.
    pub fn strides(&self) -> &[isize] {
        &self.strides[..self.rank]
    }

    /// The number of elements that the view shows.
    pub fn len(&self) -> usize {
        self.dims().iter().product()
    }

    /// Whether the view shows nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements as a slice, where they lie row by row.
    pub fn as_slice(&self) -> Option<&'a [T]> {
        let len = self.len();
        if len == 0 {
            return Some(&[]);
        }
        let mut expected = 1;
        for (&dim, &stride) in self.dims().iter().zip(self.strides()).rev() {
            if dim != 1 && stride != expected {
                return None;
            }
            expected *= dim as isize;
        }
        Some(&self.data[self.offset..self.offset + len])
    }

    /// The address of the first element.
    pub(crate) fn start(&self) -> *const T {
        self.data[self.offset..].as_ptr()
    }
}

/// The axes of `N` views of equal dims, merged wherever all `N` allow it: what is left are the
/// loops that have to be run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loops<const N: usize> {
    rank: usize,
    dims: [usize; MAX_RANK],
    strides: [[isize; N]; MAX_RANK],
}

impl<const N: usize> Loops<N> {
    /// `strides[i]` are the strides of view `i`.
    pub(crate) fn new(dims: &[usize], strides: [&[isize]; N]) -> Self {
        let mut loops = Loops { rank: 0, dims: [1; MAX_RANK], strides: [[0; N]; MAX_RANK] };
        for (axis, &dim) in dims.iter().enumerate() {
            if dim == 1 {
                continue;
            }
            let here = strides.map(|s| s[axis]);
            if let Some(outer) = loops.rank.checked_sub(1) {
                let merges = (0..N).all(|i| loops.strides[outer][i] == here[i] * dim as isize);
                if merges {
                    loops.dims[outer] *= dim;
                    loops.strides[outer] = here;
                    continue;
                }
            }
            loops.dims[loops.rank] = dim;
            loops.strides[loops.rank] = here;
            loops.rank += 1;
        }
        loops.rank = loops.rank.max(1);
        loops
    }

    pub(crate) fn dims(&self) -> &[usize] {
        &self.dims[..self.rank]
    }

    pub(crate) fn strides(&self, axis: usize) -> [isize; N] {
        self.strides[axis]
    }

    /// How far apart the elements of each view are within a row.
    pub(crate) fn row_strides(&self) -> [isize; N] {
        self.strides[self.rank - 1]
    }

    /// The elements `start..start + len` of the row-by-row order, as pieces of rows.
    pub(crate) fn rows(&self, start: usize, len: usize) -> Rows<'_, N> {
        let mut index = [0; MAX_RANK];
        let mut rest = start;
        for axis in (0..self.rank).rev() {
            index[axis] = rest % self.dims[axis].max(1);
            rest /= self.dims[axis].max(1);
        }
        let mut offsets = [0; N];
        for (&at, strides) in index.iter().zip(&self.strides[..self.rank]) {
            for (offset, stride) in offsets.iter_mut().zip(strides) {
                *offset += at as isize * stride;
            }
        }
        Rows { loops: self, index, offsets, place: 0, len }
    }
}

/// A walk over rows.
pub(crate) struct Rows<'a, const N: usize> {
    loops: &'a Loops<N>,
    /// Where the next piece starts: in the axes, and in each view.
    index: [usize; MAX_RANK],
    offsets: [isize; N],
    /// How many elements were visited, of how many.
    place: usize,
    len: usize,
}

impl<const N: usize> Iterator for Rows<'_, N> {
    /// How many elements were visited before this piece, where its first lies in each view, and
    /// how many it has.
    type Item = (usize, [isize; N], usize);

    // Called once per row by hundreds of kernels: inlined, it would be most of their code.
    #[inline(never)]
    fn next(&mut self) -> Option<Self::Item> {
        if self.place == self.len {
            return None;
        }
        let Loops { rank, dims, .. } = self.loops;
        let last = rank - 1;
        let n = (dims[last] - self.index[last]).min(self.len - self.place);
        let piece = (self.place, self.offsets, n);
        self.place += n;
        // Back to the start of the row, then one step along the axes above it.
        self.advance(last, -(self.index[last] as isize));
        self.index[last] = 0;
        for axis in (0..last).rev() {
            self.index[axis] += 1;
            if self.index[axis] < dims[axis] {
                self.advance(axis, 1);
                break;
            }
            self.advance(axis, 1 - dims[axis] as isize);
            self.index[axis] = 0;
        }
        Some(piece)
    }
}

impl<const N: usize> Rows<'_, N> {
    fn advance(&mut self, axis: usize, steps: isize) {
        for (offset, stride) in self.offsets.iter_mut().zip(self.loops.strides[axis]) {
            *offset += steps * stride;
        }
    }
}
