//! Which elements of the window a sum reads, and where.

use crate::conv2d::Conv2d;
use crate::conv2d::input_gradient::Phase;
use crate::conv2d::planes::Planes;
use crate::scratch::Plain;

/// The most elements of a column: their weights, a register for each of several sums and one for what
/// is read fit into 16 registers.
pub(super) const TAPS: usize = 4;

/// Elements of the window that see neighboring rows of the planes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    /// How far from the output's pixel the first lies; the others follow a row apart.
    pub(super) offset: usize,
    /// How many there are, at most `TAPS`.
    pub(super) taps: usize,
    /// The place of the first weight, and how far it is to the next.
    pub(super) weight: usize,
    pub(super) step: isize,
}

// SAFETY: any bits are four numbers.
unsafe impl Plain for Column {}

impl Column {
    /// The place of the weight of element `tap`.
    #[inline(always)]
    pub(super) fn weight(&self, tap: usize) -> usize {
        self.weight.wrapping_add_signed(tap as isize * self.step)
    }

    /// Demands that sums over `rows` rows and `width` columns read inside of `len` elements, and one of
    /// `weights` weights for each element.
    #[inline(always)]
    pub(super) fn check(&self, pitch: usize, [rows, width]: [usize; 2], len: usize, weights: usize) {
        assert!((1..=TAPS).contains(&self.taps) && self.offset < len);
        assert!(self.offset + (self.taps - 1 + rows - 1) * pitch + width <= len);
        assert!(self.weight < weights && self.weight(self.taps - 1) < weights);
    }
}

/// Joins elements of the window, given by how far they are from the output's pixel and by the places
/// of their weights, to columns, and says how many those are. Columns of equal length are neighbors.
fn gather(pitch: usize, terms: impl Iterator<Item = (usize, usize)>, columns: &mut [Column]) -> usize {
    let mut n = 0;
    for (offset, weight) in terms {
        if let Some(last) = columns[..n].last_mut()
            && offset == last.offset + last.taps * pitch
            && last.taps < TAPS
            && (last.taps == 1 || last.weight(last.taps) == weight)
        {
            last.step = weight.wrapping_sub(last.weight(last.taps - 1)) as isize;
            last.taps += 1;
        } else {
            columns[n] = Column { offset, taps: 1, weight, step: 0 };
            n += 1;
        }
    }
    columns[..n].sort_unstable_by_key(|column| (column.taps, column.offset));
    n
}

/// The columns of a window in the planes of x.
pub(super) fn input_columns(sizes: &Conv2d, planes: &Planes, columns: &mut [Column]) -> usize {
    let Conv2d { kernel, stride, .. } = *sizes;
    let rows = move || (0..stride[0]).flat_map(move |first| (first..kernel[0]).step_by(stride[0]));
    let terms = (0..kernel[1]).flat_map(|q| rows().map(move |p| (planes.offset(0, p, q), p * kernel[1] + q)));
    gather(planes.pitch(), terms, columns)
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

    /// The columns of the elements of the window that meet a phase.
    pub(super) fn columns(&self, phase: &Phase, planes: &Planes, columns: &mut [Column]) -> usize {
        let Conv2d { kernel, groups, out_channels, .. } = self.sizes;
        let place = |axis: usize, tap: usize| (self.first(axis, tap) + self.before[axis]) as usize;
        let terms = (0..out_channels / groups).flat_map(|channel| {
            phase.taps(1).flat_map(move |q| {
                phase.taps(0).rev().map(move |p| {
                    let weight = (channel * kernel[0] + p) * kernel[1] + q;
                    (planes.shifted(channel, place(0, p), place(1, q)), weight)
                })
            })
        });
        gather(planes.pitch(), terms, columns)
    }
}
