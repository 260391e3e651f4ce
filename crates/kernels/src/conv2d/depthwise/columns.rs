//! Which elements of the window a sum reads, and where.

use crate::conv2d::Conv2d;
use crate::conv2d::planes::Planes;
use crate::conv2d::turned::{Phase, TurnedPlanes};
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
    let terms = (0..kernel[1]).flat_map(|q| rows().map(move |p| (planes.offset(p, q), p * kernel[1] + q)));
    gather(planes.pitch(), terms, columns)
}

/// The columns of the elements of the window that meet a phase, in planes of dy.
pub(super) fn turned_columns(
    turned: &TurnedPlanes,
    phase: &Phase,
    planes: &Planes,
    columns: &mut [Column],
) -> usize {
    let Conv2d { kernel, groups, out_channels, .. } = phase.sizes;
    let terms = (0..out_channels / groups).flat_map(|channel| {
        phase.taps(1).flat_map(move |q| {
            phase.taps(0).rev().map(move |p| {
                let weight = (channel * kernel[0] + p) * kernel[1] + q;
                (planes.shifted(channel, turned.place(0, p), turned.place(1, q)), weight)
            })
        })
    });
    gather(planes.pitch(), terms, columns)
}
