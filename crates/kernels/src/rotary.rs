//! Pairs of numbers turned by angles that grow with their place.

use crate::simd::{Kernel, Simd};
use crate::threads::{Disjoint, parallel_chunks_mut, parallel_for};
use crate::{Float, scratch};

/// About how many elements a task has.
const BLOCK: usize = 16 * 1024;
/// The angles of so many places are added up from the first of them, which begins a block of as many.
const PLACES: usize = 16;

/// Which elements of a vector are turned together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pairing {
    /// Element i with element i + D/2.
    #[default]
    Halves,
    /// Element 2i with element 2i + 1.
    Neighbors,
}

/// Which way pairs are turned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turn {
    /// By the angle.
    #[default]
    Forth,
    /// By the negative angle, which undoes it.
    Back,
}

/// The angles: pair i of a vector of D numbers at place t is turned by `t · base^(−2i/D)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rotary {
    /// How much slower the last pairs turn than the first.
    pub base: f64,
    /// Which elements are a pair.
    pub pairing: Pairing,
    /// The place of the first vector.
    pub start: usize,
}

/// The sizes of a tensor of vectors, row by row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// The places of a text.
    pub time: usize,
    /// The vectors of one place.
    pub heads: usize,
    /// The numbers of a vector.
    pub size: usize,
}

/// Turns the vectors of `(…, time, heads, size)`, row by row: the pair (a, b) becomes
/// `(a cos φ − b sin φ, a sin φ + b cos φ)`.
///
/// # Panics
/// If `size` is odd or the lengths differ.
pub fn rotate<E: Float>(rotary: &Rotary, turn: Turn, sizes: Sizes, x: &[E], y: &mut [E]) {
    let Sizes { time, heads, size } = sizes;
    assert_eq!(x.len(), y.len(), "elements of the input and of the output");
    assert!(size.is_multiple_of(2), "vectors of {size} numbers have no pairs");
    if y.is_empty() {
        return;
    }
    assert!(y.len().is_multiple_of(time * heads * size), "whole texts of {sizes:?}");
    scratch::with(time * size, |turns: &mut [E]| {
        fill_turns(rotary, turn, size, turns);
        let turns = &*turns;
        let rows = (BLOCK / size).max(1);
        parallel_chunks_mut(y, rows * size, |task, y| {
            let x = &x[task * rows * size..][..y.len()];
            E::rotate_rows(RotateRows {
                pairing: rotary.pairing,
                sizes,
                turns,
                first_row: task * rows,
                x,
                y,
            });
        });
    });
}

/// The cosines of each place, and behind them its sines.
fn fill_turns<E: Float>(rotary: &Rotary, turn: Turn, size: usize, turns: &mut [E]) {
    // What is computed of a place depends on nothing else, wherever a text starts.
    let ahead = rotary.start % PLACES;
    let sign = if turn == Turn::Forth { 1.0 } else { -1.0 };
    let time = turns.len() / size;
    let turns = Disjoint::new(turns);
    parallel_for((ahead + time).div_ceil(PLACES), |block| {
        let first = (block * PLACES).max(ahead) - ahead;
        let end = ((block + 1) * PLACES - ahead).min(time);
        // SAFETY: blocks do not overlap.
        let turns = unsafe { turns.slice(first * size, (end - first) * size) };
        let block_start = rotary.start - ahead + block * PLACES;
        for i in 0..size / 2 {
            // In double precision, because the places of a long text are large.
            let step = rotary.base.powf(-2.0 * i as f64 / size as f64);
            let (step_sine, step_cosine) = step.sin_cos();
            let (mut sine, mut cosine) = (block_start as f64 * step).sin_cos();
            for place in block_start..rotary.start + end {
                if place >= rotary.start + first {
                    let turns = &mut turns[(place - rotary.start - first) * size..][..size];
                    turns[i] = E::from_f64(cosine);
                    turns[size / 2 + i] = E::from_f64(sign * sine);
                }
                (cosine, sine) =
                    (cosine * step_cosine - sine * step_sine, sine * step_cosine + cosine * step_sine);
            }
        }
    });
}

/// Turns vectors below each other, of which the first is number `first_row` of all.
pub(crate) struct RotateRows<'a, 'y, E> {
    pairing: Pairing,
    sizes: Sizes,
    turns: &'a [E],
    first_row: usize,
    x: &'a [E],
    y: &'y mut [E],
}

impl<E: Float> Kernel for RotateRows<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let RotateRows { pairing, sizes: Sizes { time, heads, size }, turns, first_row, x, y } = self;
        for (row, (x, y)) in x.chunks_exact(size).zip(y.chunks_exact_mut(size)).enumerate() {
            let place = (first_row + row) / heads % time;
            let (cosines, sines) = turns[place * size..][..size].split_at(size / 2);
            let turns = cosines.iter().zip(sines);
            match pairing {
                Pairing::Halves => {
                    let (x, y) = (x.split_at(size / 2), y.split_at_mut(size / 2));
                    let pairs = x.0.iter().zip(x.1).zip(y.0.iter_mut().zip(y.1));
                    for (((&a, &b), (to_a, to_b)), (&cosine, &sine)) in pairs.zip(turns) {
                        (*to_a, *to_b) = (a * cosine - b * sine, a * sine + b * cosine);
                    }
                }
                Pairing::Neighbors => {
                    let (x, y) = (x.as_chunks::<2>().0, y.as_chunks_mut::<2>().0);
                    for ((&[a, b], to), (&cosine, &sine)) in x.iter().zip(y).zip(turns) {
                        *to = [a * cosine - b * sine, a * sine + b * cosine];
                    }
                }
            }
        }
    }
}
