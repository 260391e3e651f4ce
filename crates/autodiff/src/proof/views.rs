//! The same numbers, laid out in other ways.

use std::fmt;

use tenon_tensor::proof::Naive;
use tenon_tensor::{Array, Dims, Element};

use super::run::array;

/// How the elements of an array lie in its buffer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Layout {
    /// With the axes in reversed order.
    Transposed,
    /// Repeated by a stride of zero, where all are equal.
    Repeated,
    /// Inside a larger array, which is NaN elsewhere.
    Sliced,
}

impl Layout {
    pub(super) const ALL: [Layout; 3] = [Layout::Transposed, Layout::Repeated, Layout::Sliced];
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Layout::Transposed => "transposed",
            Layout::Repeated => "repeated",
            Layout::Sliced => "sliced",
        })
    }
}

/// An array of the same numbers in the given layout.
pub(super) fn laid_out<E: Element>(x: &Naive, layout: Layout) -> Array<E> {
    let rank = x.dims.len();
    match layout {
        Layout::Transposed => {
            let reversed: Vec<usize> = x.dims.iter().rev().copied().collect();
            let stored = Naive::from_fn(Dims::new(&reversed), |index| {
                x.at(&index.iter().rev().copied().collect::<Vec<_>>())
            });
            array(&stored).permuted(&(0..rank).rev().collect::<Vec<_>>())
        }
        Layout::Repeated => match x.data.split_first() {
            Some((&first, others)) if others.iter().all(|&x| x == first) => {
                Array::full(x.dims, E::from_f64(first))
            }
            _ => array(x),
        },
        Layout::Sliced => {
            const MARGIN: usize = 1;
            let larger: Vec<usize> = x.dims.iter().map(|size| size + 2 * MARGIN).collect();
            let stored = Naive::from_fn(Dims::new(&larger), |index| {
                let inner: Option<Vec<usize>> = index.iter().map(|i| i.checked_sub(MARGIN)).collect();
                let is_inside =
                    |inner: &Vec<usize>| inner.iter().zip(x.dims.iter()).all(|(i, size)| i < size);
                inner.filter(is_inside).map_or(f64::NAN, |inner| x.at(&inner))
            });
            (0..rank).fold(array(&stored), |array, axis| array.narrowed(axis, MARGIN, x.dims[axis]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_differ_and_numbers_do_not() {
        let mut next = 0.0;
        let x = Naive::from_fn(Dims::new(&[2, 3, 4]), |_| {
            next += 1.0;
            next
        });
        for layout in [Layout::Transposed, Layout::Sliced] {
            let array = laid_out::<f64>(&x, layout);
            assert!(!array.is_contiguous());
            assert_eq!(array.to_vec(), x.data);
        }
        let repeated = laid_out::<f64>(&x.map(|_| 0.5), Layout::Repeated);
        assert_eq!(repeated.strides(), [0, 0, 0]);
        assert_eq!(repeated.to_vec(), [0.5; 24]);
    }
}
