//! Pairs of numbers turned by angles that grow with their place.

use crate::threads::parallel_chunks_mut;
use crate::{Float, scratch};

/// About how many elements a task has.
const BLOCK: usize = 16 * 1024;

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

/// Turns the vectors of `(planes, time, size)`, row by row: the pair (a, b) becomes
/// `(a cos φ − b sin φ, a sin φ + b cos φ)`.
///
/// # Panics
/// If `size` is odd or the lengths differ.
pub fn rotate<E: Float>(rotary: &Rotary, turn: Turn, [time, size]: [usize; 2], x: &[E], y: &mut [E]) {
    assert_eq!(x.len(), y.len(), "elements of the input and of the output");
    assert!(size.is_multiple_of(2), "vectors of {size} numbers have no pairs");
    if y.is_empty() {
        return;
    }
    assert!(y.len().is_multiple_of(time * size), "whole planes of {time} × {size}");
    let half = size / 2;
    scratch::with(time * size, |turns: &mut [E]| {
        for (t, turns) in turns.chunks_exact_mut(size).enumerate() {
            for i in 0..half {
                // In double precision, because the places of a long text are large.
                let angle = (rotary.start + t) as f64 * rotary.base.powf(-2.0 * i as f64 / size as f64);
                let sine = if turn == Turn::Forth { angle.sin() } else { -angle.sin() };
                turns[2 * i] = E::from_f64(angle.cos());
                turns[2 * i + 1] = E::from_f64(sine);
            }
        }
        let turns = &*turns;
        let (first, second, step) = match rotary.pairing {
            Pairing::Halves => (0, half, 1),
            Pairing::Neighbors => (0, 1, 2),
        };
        let rows = (BLOCK / size).max(1);
        parallel_chunks_mut(y, rows * size, |task, y| {
            let x = &x[task * rows * size..][..y.len()];
            for (row, (x, y)) in x.chunks_exact(size).zip(y.chunks_exact_mut(size)).enumerate() {
                let turns = &turns[(task * rows + row) % time * size..][..size];
                for (i, turn) in turns.chunks_exact(2).enumerate() {
                    let (a, b) = (first + i * step, second + i * step);
                    y[a] = x[a] * turn[0] - x[b] * turn[1];
                    y[b] = x[a] * turn[1] + x[b] * turn[0];
                }
            }
        });
    });
}
