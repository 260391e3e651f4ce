//! The largest elements along an axis, in order.

use std::cmp::Ordering;

use crate::reduce::{Axis, LANES};
use crate::simd::{Kernel, Simd};
use crate::threads::parallel_chunks_mut;
use crate::{Float, scratch};

/// About how many elements a task reads.
const BLOCK: usize = 16 * 1024;
/// Of more, so many times as many are gathered before the largest of them are chosen.
const ROOM: usize = 2;
/// Up to this many, the largest are kept in order while the others pass by.
const FEW: usize = 32;

/// `places[o, j, i]`: the place along the axis of the element of `x[o, :, i]` that comes at rank
/// j < k when they are sorted: the largest first, of equals the first, and NaN before all numbers.
///
/// # Panics
/// If the axis has fewer than `k` elements.
pub fn top_k<E: Float>(x: &[E], axis: Axis, k: usize, places: &mut [u32]) {
    let Axis { outer, len, inner } = axis;
    assert_eq!(x.len(), axis.numel(), "elements of {axis:?}");
    assert_eq!(places.len(), outer * k * inner, "places of the {k} largest along {axis:?}");
    assert!(k <= len || places.is_empty(), "the {k} largest of {len}");
    if inner == 1 {
        let rows = (BLOCK / len.max(1)).max(1);
        parallel_chunks_mut(places, rows * k, |i, places| {
            for (row, places) in places.chunks_exact_mut(k).enumerate() {
                top_of_line(&x[(i * rows + row) * len..][..len], places);
            }
        });
        return;
    }
    // Lines that are not contiguous are gathered, and their places put back.
    parallel_chunks_mut(places, k * inner, |slab, places| {
        scratch::with(len, |line: &mut [E]| {
            scratch::with(k, |line_places: &mut [u32]| {
                for column in 0..inner {
                    for (at, element) in line.iter_mut().enumerate() {
                        *element = x[(slab * len + at) * inner + column];
                    }
                    top_of_line(line, line_places);
                    for (rank, &place) in line_places.iter().enumerate() {
                        places[rank * inner + column] = place;
                    }
                }
            });
        });
    });
}

/// The places of as many of the largest as there is room for.
fn top_of_line<E: Float>(x: &[E], places: &mut [u32]) {
    if places.len() <= FEW {
        return E::top_few(TopFew { x, places });
    }
    let falling = |&a: &u32, &b: &u32| {
        let (x, y) = (x[a as usize], x[b as usize]);
        if above(x, y) {
            Ordering::Less
        } else if above(y, x) {
            Ordering::Greater
        } else {
            a.cmp(&b)
        }
    };
    let k = places.len();
    // Room for what comes after the k largest so far, and for the last block that is looked through.
    scratch::with(x.len().min(ROOM * k + LANES), |order: &mut [u32]| {
        let (mut kept, mut next, mut last) = (0, 0, None);
        loop {
            let found = E::find_above(FindAbove { x, first: next, last, places: &mut order[kept..] });
            (kept, next) = (kept + found.count, found.next);
            if kept > k {
                order[..kept].select_nth_unstable_by(k - 1, falling);
                kept = k;
                last = Some(x[order[k - 1] as usize]);
            }
            if next == x.len() {
                break;
            }
        }
        order[..k].sort_unstable_by(falling);
        places.copy_from_slice(&order[..k]);
    });
}

/// Whether `x` comes before `y` wherever they are.
#[inline(always)]
fn above<E: Float>(x: E, y: E) -> bool {
    (x > y) | (x.is_nan() & !y.is_nan())
}

/// The places of the largest elements of a line, at most [`FEW`].
pub(crate) struct TopFew<'a, 'y, E> {
    x: &'a [E],
    places: &'y mut [u32],
}

impl<E: Float> Kernel for TopFew<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let TopFew { x, places } = self;
        let k = places.len();
        let mut values = [E::ZERO; FEW];
        let values = &mut values[..k];
        for (i, &x) in x.iter().enumerate().take(k) {
            insert(x, i, i, values, places);
        }
        // The others pass in blocks, most of which have nothing above the last that is kept.
        let mut first = k;
        while first < x.len() {
            let block = &x[first..x.len().min(first + LANES)];
            let last = values[k - 1];
            let mut candidates = match <&[E; LANES]>::try_from(block) {
                Ok(block) => bits_above(block, last),
                Err(_) => bits_above(block, last),
            };
            while candidates != 0 {
                let at = candidates.trailing_zeros() as usize;
                candidates &= candidates - 1;
                if above(block[at], values[k - 1]) {
                    insert(block[at], first + at, k - 1, values, places);
                }
            }
            first += block.len();
        }
    }
}

/// The places of the elements from `first` on that are above `last`, or of all if there is none, as long as
/// there is room for a block of them or for all that are left.
pub(crate) struct FindAbove<'a, 'y, E> {
    x: &'a [E],
    first: usize,
    last: Option<E>,
    places: &'y mut [u32],
}

/// How many places there are, and where to go on.
pub(crate) struct Found {
    count: usize,
    next: usize,
}

impl<E: Float> Kernel for FindAbove<'_, '_, E> {
    type Output = Found;

    #[inline(always)]
    fn run<S: Simd>(self) -> Found {
        let FindAbove { x, first, last, places } = self;
        let (mut count, mut next) = (0, first);
        while next < x.len() {
            let block = &x[next..x.len().min(next + LANES)];
            if places.len() - count < block.len() {
                break;
            }
            let mut candidates = match (last, <&[E; LANES]>::try_from(block)) {
                (None, _) => u32::MAX >> (LANES - block.len()),
                (Some(last), Ok(block)) => bits_above(block, last),
                (Some(last), Err(_)) => bits_above(block, last),
            };
            while candidates != 0 {
                places[count] = (next + candidates.trailing_zeros() as usize) as u32;
                count += 1;
                candidates &= candidates - 1;
            }
            next += block.len();
        }
        Found { count, next }
    }
}

/// A bit for each element of a block that is above `last`.
#[inline(always)]
fn bits_above<E: Float>(block: &[E], last: E) -> u32 {
    let mut bits = 0;
    for (i, &x) in block.iter().enumerate() {
        bits |= u32::from(above(x, last)) << i;
    }
    bits
}

/// Puts `x` of place `i` where it belongs among the first `n`, which are in order, and drops what
/// was behind them.
#[inline(always)]
fn insert<E: Float>(x: E, i: usize, n: usize, values: &mut [E], places: &mut [u32]) {
    let mut rank = n;
    while rank > 0 && above(x, values[rank - 1]) {
        (values[rank], places[rank]) = (values[rank - 1], places[rank - 1]);
        rank -= 1;
    }
    (values[rank], places[rank]) = (x, i as u32);
}
