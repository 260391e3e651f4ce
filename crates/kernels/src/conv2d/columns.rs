//! The columns of a product, copied from planes.

use crate::Float;
use crate::simd::{Kernel, Simd, Vector};

/// No tile has more columns.
const MAX_COLUMNS: usize = 32;

/// Copies columns from the planes of some images into panels of a right operand: for each of their
/// pixels, row by row, what lies `offsets` behind it.
pub(crate) struct CopyColumns<'a, 'y, E> {
    pub(super) planes: &'a [E],
    /// The elements of an image's planes, and of their rows.
    pub(super) unit: usize,
    pub(super) pitch: usize,
    /// The images, the rows of each and the pixels of a row.
    pub(super) size: [usize; 3],
    pub(super) offsets: &'a [usize],
    /// The columns of a panel.
    pub(super) width: usize,
    /// The panels, and room for a vector behind the last.
    pub(super) to: &'y mut [E],
}

impl<E: Float> Kernel for CopyColumns<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let CopyColumns { planes, unit, pitch, size: [n, height, row], offsets, width, to } = self;
        let lanes = <E::Vector<S> as Vector<E>>::LANES;
        let n_columns = n * height * row;
        let furthest = offsets.iter().copied().max().unwrap_or(0);
        if n_columns == 0 || offsets.is_empty() {
            return;
        }
        assert!(furthest + (n - 1) * unit + (height - 1) * pitch + row - 1 + lanes <= planes.len());
        assert!(n_columns.next_multiple_of(width) * offsets.len() + lanes <= to.len());
        assert!(width <= MAX_COLUMNS, "columns of a tile");
        for (tile, first) in (0..n_columns).step_by(width).enumerate() {
            // Where neighbors lie that a vector holds, and their first column.
            let mut pieces = [(0, 0); MAX_COLUMNS];
            let mut n_pieces = 0;
            let (mut column, end) = (first, n_columns.min(first + width));
            while column < end {
                let (line, j) = (column / row, column % row);
                pieces[n_pieces] = (line / height * unit + line % height * pitch + j, column - first);
                n_pieces += 1;
                column += (row - j).min(lanes);
            }
            let mut to = to[tile * width * offsets.len()..].as_mut_ptr();
            for &offset in offsets {
                for &(from, column) in &pieces[..n_pieces] {
                    // SAFETY: kernels run where the machine has the instructions; all vectors are inside
                    // of the planes and of the panels, as asserted. What one writes behind its piece
                    // is overwritten by the next piece, row or panel.
                    unsafe {
                        let vector = E::Vector::<S>::load(planes.as_ptr().add(offset + from));
                        vector.store(to.add(column));
                    }
                }
                to = to.wrapping_add(width);
            }
        }
    }
}
