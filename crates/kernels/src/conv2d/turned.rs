//! Images read backwards: what the derivative with respect to an input reads of that of a result.

use super::Conv2d;
use super::planes::Planes;

/// Every s-th pixel of the padded dx.
pub(super) struct Phase {
    pub(super) sizes: Conv2d,
    pub(super) at: [usize; 2],
}

impl Phase {
    /// The phase whose first pixel of dx is at this row and column, each less than the stride.
    pub(super) fn starting_at(sizes: &Conv2d, first: [usize; 2]) -> Phase {
        let at = [0, 1].map(|axis| (first[axis] + sizes.padding[axis]) % sizes.stride[axis]);
        Phase { sizes: *sizes, at }
    }

    /// The elements of the window that meet the phase.
    pub(super) fn taps(&self, axis: usize) -> impl DoubleEndedIterator<Item = usize> + use<> {
        let (stride, dilation, at) = (self.sizes.stride[axis], self.sizes.dilation[axis], self.at[axis]);
        (0..self.sizes.kernel[axis]).filter(move |tap| tap * dilation % stride == at)
    }

    /// How many these are along both axes.
    pub(super) fn n_taps(&self) -> usize {
        self.taps(0).count() * self.taps(1).count()
    }

    /// The first pixel of dx in the phase, its number in the phase of the padded dx, and how many
    /// there are.
    pub(super) fn pixels(&self, axis: usize) -> (usize, usize, usize) {
        let size = [self.sizes.height, self.sizes.width][axis];
        let (stride, padding) = (self.sizes.stride[axis], self.sizes.padding[axis]);
        let number = padding.saturating_sub(self.at[axis]).div_ceil(stride);
        let first = number * stride + self.at[axis] - padding;
        (first, number, size.saturating_sub(first).div_ceil(stride))
    }
}

/// Planes of dy that serve every phase of dx (see [`Phase`]).
pub(super) struct TurnedPlanes {
    sizes: Conv2d,
    /// How many zeros precede the first pixel; where negative, how many pixels are skipped.
    before: [isize; 2],
    /// How far the furthest pixel is that a sum reads.
    reach: [usize; 2],
    /// The pixels of the largest phase.
    pub(super) size: [usize; 2],
}

impl TurnedPlanes {
    pub(super) fn new(sizes: &Conv2d) -> TurnedPlanes {
        let mut turned = TurnedPlanes { sizes: *sizes, before: [0; 2], reach: [0; 2], size: [0; 2] };
        for axis in 0..2 {
            let pixels = |at| Phase { sizes: *sizes, at: [at; 2] }.pixels(axis).2;
            turned.size[axis] = (0..sizes.stride[axis]).map(pixels).max().unwrap_or(0);
            let places = || (0..sizes.kernel[axis]).map(|tap| turned.first(axis, tap));
            let (least, most) = (places().min().unwrap_or(0), places().max().unwrap_or(0));
            turned.before[axis] = -least;
            turned.reach[axis] = (most - least) as usize;
        }
        turned
    }

    /// Which pixel of dy the first pixel of a phase sees at `tap`.
    fn first(&self, axis: usize, tap: usize) -> isize {
        let (stride, tap) = (self.sizes.stride[axis], tap * self.sizes.dilation[axis]);
        let (_, number, _) = Phase { sizes: self.sizes, at: [tap % stride; 2] }.pixels(axis);
        number as isize - (tap / stride) as isize
    }

    /// What `rows` rows of each phase read.
    pub(super) fn planes(&self, rows: usize) -> Planes {
        Planes::of_output(&self.sizes, rows, self.size[1], self.reach, self.before)
    }

    /// How far the pixel is that a phase sees at `tap` behind its own.
    pub(super) fn place(&self, axis: usize, tap: usize) -> usize {
        (self.first(axis, tap) + self.before[axis]) as usize
    }
}
