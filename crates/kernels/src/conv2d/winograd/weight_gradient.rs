//! The derivative with respect to the windows, in the same way.
//!
//! With `U = G w Gᵀ`, `V = Bᵀ x B` and `y = Aᵀ (U ∘ V) A` of a tile, and the derivatives `dy` of its
//! results, `dw = Gᵀ ((A dy Aᵀ) ∘ V) G`: for each place there is a product of a matrix `(O, tiles)`
//! with a matrix `(tiles, C)`, both of which lie as tiles do; what is added up is transformed at last.

use crate::gemm::MatRef;
use crate::gemm::pack::pack_panel;
use crate::gemm::shape::Shape;
use crate::gemm::target::Target;
use crate::gemm::tile::{Columns, Left, Tiles};
use crate::reduce::{Axis, sum};
use crate::threads::{Disjoint, parallel_chunks_mut, parallel_for};
use crate::{Float, scratch};

use super::from_places::FromPlaces;
use super::images::{Images, Room};
use super::pieces::{Piece, Pieces};
use super::points::PLACES;
use super::to_tiles::Of;
use super::{PARTS, Winograd};

/// In how many runs the pieces are added up, so that as many tasks can work on them …
const RUNS: usize = 8;
/// … as long as each has at least so many tiles: else all threads work on the same piece …
const LEAST_TILES: usize = 64;
/// … and the derivatives of all runs have at most this many elements.
const PARTIAL: usize = 1024 * 1024;

/// What it costs to add up and transform the derivative of a window, in multiplications.
const SUMS: usize = 600;

impl Winograd {
    /// `dw[o, c, p, q] = Σ dy[n, o, i, j] · x[n, c, i + p − p₀, j + q − p₁]`.
    ///
    /// Pieces are added up in runs whose number depends on the sizes, and the runs in order.
    pub(in crate::conv2d) fn weight_gradient<E: Float>(&self, x: &[E], dy: &[E], dw: &mut [E]) {
        let Winograd { groups, in_channels, out_channels, size, out, padding, window, .. } = *self;
        let (results, taps) = (self.results(), window * window);
        let (pieces, rooms, n_runs) = self.runs::<E>();
        let images = [
            Images { of: Of::Pixels, results, numbers: x, channels: in_channels, size, padding },
            Images {
                of: Of::Results,
                results,
                numbers: dy,
                channels: out_channels,
                size: out,
                padding: [0, 0],
            },
        ];
        let sums = Sums { winograd: self, pieces, rooms, images, n_runs };
        let windows = taps * rooms[0].channels;
        let len = groups * out_channels * windows;
        scratch::with((n_runs + 1) * len, |buffer: &mut [E]| {
            let (partial, whole) = buffer.split_at_mut(n_runs * len);
            let parts = Disjoint::new(&mut *partial);
            scratch::with(2 * rooms[0].tiles, |lists: &mut [usize]| {
                let (starts, offsets) = lists.split_at_mut(rooms[0].tiles);
                starts.iter_mut().enumerate().for_each(|(k, start)| *start = k * rooms[1].channels);
                offsets.iter_mut().enumerate().for_each(|(k, offset)| *offset = k * rooms[0].channels);
                let lists = [&*starts, &*offsets];
                if pieces.shared {
                    (0..groups).for_each(|group| sums.share_out(group, lists, &parts));
                } else {
                    parallel_for(n_runs * groups, |task| {
                        let (run, group) = (task / groups, task % groups);
                        // SAFETY: each task has its own group of its own run.
                        let to = unsafe { parts.slice(task * (len / groups), len / groups) };
                        sums.add_up(run, group, lists, to);
                    });
                }
            });
            let windows_of_runs = if n_runs == 1 {
                &*partial
            } else {
                sum(partial, Axis { outer: 1, len: n_runs, inner: len }, whole);
                &*whole
            };
            parallel_chunks_mut(dw, in_channels * taps, |o, dw| {
                let strides = [rooms[0].channels as isize, 1];
                let from = MatRef::new(windows_of_runs, o * windows, [taps, in_channels], strides);
                pack_panel(from, dw);
            });
        });
    }

    /// The pieces, how their tiles lie, and in how many runs they are added up.
    pub(super) fn runs<E: Float>(&self) -> (Pieces, [Room; 2], usize) {
        let [c, o] = [self.in_channels, self.out_channels];
        let few = self.units * self.tiles().iter().product::<usize>() < RUNS * self.groups * LEAST_TILES;
        let (pieces, rooms) = self.pieces::<E>(few || Pieces::share(c * o));
        let most = (PARTIAL / (self.groups * o * self.window.pow(2) * rooms[0].channels)).max(1);
        let n_runs = if pieces.shared { 1 } else { RUNS.min(pieces.len()).min(most) };
        (pieces, rooms, n_runs)
    }

    /// Whether this is the faster way for the derivative with respect to the windows, where the other
    /// takes as long as `other` multiplications.
    pub(in crate::conv2d) fn pays_for_weights<E: Float>(&self, other: usize) -> bool {
        if self.units == 0 {
            return false;
        }
        let (_, _, n_runs) = self.runs::<E>();
        self.cost::<E>(n_runs * SUMS) < other
    }
}

/// The sums over all tiles.
struct Sums<'a, E> {
    winograd: &'a Winograd,
    pieces: Pieces,
    /// How the tiles of images lie, and those of results.
    rooms: [Room; 2],
    images: [Images<'a, E>; 2],
    n_runs: usize,
}

impl<E: Float> Sums<'_, E> {
    /// The sums of a group, place by place, each a matrix `(O, C)`.
    fn len(&self) -> usize {
        PLACES * self.winograd.out_channels * self.rooms[0].channels
    }

    /// The pieces of a group in a run.
    fn run(&self, run: usize, group: usize) -> impl Iterator<Item = Piece> {
        let n = self.pieces.len();
        let pieces = (run * n / self.n_runs..(run + 1) * n / self.n_runs).map(|i| self.pieces.piece(i));
        pieces.filter(move |piece| piece.units.start % self.winograd.groups == group)
    }

    /// Adds up a run for a group: derivatives of windows, for each output channel tap by tap.
    fn add_up(&self, run: usize, group: usize, lists: [&[usize]; 2], to: &mut [E]) {
        let Winograd { in_channels: c, out_channels: o, .. } = *self.winograd;
        let [pixels_len, results_len] = self.rooms.map(Room::len);
        scratch::with(self.len() + pixels_len + results_len, |buffer: &mut [E]| {
            let (sums, buffer) = buffer.split_at_mut(self.len());
            let (pixels, results) = buffer.split_at_mut(pixels_len);
            let mut first = true;
            for piece in self.run(run, group) {
                // SAFETY: nobody else has these buffers.
                unsafe {
                    self.images[0].transform(&piece, 0..c, self.rooms[0], &Disjoint::new(&mut *pixels));
                    self.images[1].transform(&piece, 0..o, self.rooms[1], &Disjoint::new(&mut *results));
                }
                for (place, sums) in sums.chunks_exact_mut(self.len() / PLACES).enumerate() {
                    self.multiply(&piece, place, pixels, results, lists, first, sums);
                }
                first = false;
            }
            if first {
                to.fill(E::ZERO);
            } else {
                E::from_places(self.windows(sums, 0, to));
            }
        });
    }

    /// All pieces of a group, one after the other, with every thread at the same step.
    fn share_out(&self, group: usize, lists: [&[usize]; 2], to: &Disjoint<'_, E>) {
        let Winograd { in_channels: c, out_channels: o, .. } = *self.winograd;
        let [pixels_len, results_len] = self.rooms.map(Room::len);
        let lanes = Shape::of::<E>().lanes();
        scratch::with(self.len() + pixels_len + results_len, |buffer: &mut [E]| {
            let (sums, buffer) = buffer.split_at_mut(self.len());
            let (pixels, results) = buffer.split_at_mut(pixels_len);
            let mut first = true;
            for piece in self.run(0, group) {
                let buffers = [Disjoint::new(&mut *pixels), Disjoint::new(&mut *results)];
                let blocks = [c, o].map(|n| n.div_ceil(PARTS).next_multiple_of(lanes));
                let n_blocks = [c.div_ceil(blocks[0]), o.div_ceil(blocks[1])];
                parallel_for(n_blocks[0] + n_blocks[1], |i| {
                    let (which, i) = if i < n_blocks[0] { (0, i) } else { (1, i - n_blocks[0]) };
                    let channels = i * blocks[which]..[c, o][which].min((i + 1) * blocks[which]);
                    let (images, room) = (&self.images[which], self.rooms[which]);
                    // SAFETY: each task has its own channels.
                    unsafe { images.transform(&piece, channels, room, &buffers[which]) };
                });
                parallel_chunks_mut(sums, self.len() / PLACES, |place, sums| {
                    self.multiply(&piece, place, pixels, results, lists, first, sums);
                });
                first = false;
            }
            let windows = self.winograd.window.pow(2) * self.rooms[0].channels;
            parallel_for(o, |row| {
                // SAFETY: each task has its own output channel.
                let to = unsafe { to.slice((group * o + row) * windows, windows) };
                E::from_places(self.windows(sums, row, to));
            });
        });
    }

    /// How the derivatives of windows come from the sums, for output channels from `first` on.
    fn windows<'s, 'y>(&self, sums: &'s [E], first: usize, to: &'y mut [E]) -> FromPlaces<'s, 'y, E> {
        let Winograd { window, out_channels: rows, .. } = *self.winograd;
        FromPlaces { window, sums, rows, channels: self.rooms[0].channels, first, to }
    }

    /// Adds the products of a place to its sums, or writes the first there.
    fn multiply(
        &self,
        piece: &Piece,
        place: usize,
        pixels: &[E],
        results: &[E],
        [starts, offsets]: [&[usize]; 2],
        first: bool,
        sums: &mut [E],
    ) {
        let (o, n, cols) = (self.winograd.out_channels, piece.n_tiles(), self.rooms[0].channels);
        let shape = Shape::of::<E>();
        // SAFETY: the sums are borrowed by this function, which computes one tile at a time.
        let mut target = unsafe { Target::new(sums.as_mut_ptr(), cols, o, cols) };
        target.beta = if first { E::ZERO } else { E::ONE };
        E::tiles(Tiles {
            height: shape.panel_rows(o),
            rows: 0..o,
            cols: 0..cols,
            left: Left::Columns(&results[place * self.rooms[1].step()..], &starts[..n]),
            right: &pixels[place * self.rooms[0].step()..],
            columns: Columns::Tiles(shape.cols),
            offsets: &offsets[..n],
            target,
        });
    }
}
