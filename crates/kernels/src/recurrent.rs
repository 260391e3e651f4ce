//! One step of recurrent layers: what is done with the gates once their products are there.
//!
//! The arrays of a step are contiguous, a row per sequence; behind the gates of a row there may be
//! numbers of no meaning, as many in each row, that keep rows apart (see [`crate::gemm::row_pitch`]).
//! A row is gone through several times, each time with few arrays, while it is in the first-level
//! cache: the compiler vectorizes short loops, and gives up on one with all arrays at once.

use std::ops::Range;

use crate::Float;
use crate::simd::{Kernel, Simd};
use crate::threads::{Disjoint, parallel_for};

/// About how many hidden units a task has; each takes five exponentials.
const BLOCK: usize = 2 * 1024;

/// A step of an LSTM. `gates` are sums before and activations after, in the order i, f, g, o:
/// `c = f·c₋ + i·g`, `h = o·tanh c`, with σ for i, f, o and tanh for g.
///
/// Each is rows of `width` hidden units, `gates` of at least four times as many.
pub fn lstm_step<E: Float>(
    width: usize,
    gates: &mut [E],
    cell_before: &[E],
    cell: &mut [E],
    hidden: &mut [E],
) {
    let n = cell.len();
    assert!(cell_before.len() == n && hidden.len() == n, "rows of an LSTM");
    let rows = Rows::new(n, width, 4, gates.len());
    let (gates, cell, hidden) = (Disjoint::new(gates), Disjoint::new(cell), Disjoint::new(hidden));
    rows.in_parallel(|units, gate| {
        // SAFETY: tasks have different rows.
        let (gates, cell, hidden) = unsafe {
            (
                gates.slice(gate.start, gate.len()),
                cell.slice(units.start, units.len()),
                hidden.slice(units.start, units.len()),
            )
        };
        E::lstm_step(LstmStep { rows, gates, cell_before: &cell_before[units], cell, hidden });
    });
}

/// The derivative of [`lstm_step`]: the cotangents of the sums of its gates from those of `h`, and
/// that of `c₋` from that of `c`, in place.
pub fn lstm_step_backward<E: Float>(
    width: usize,
    gates: &[E],
    cell_before: &[E],
    cell: &[E],
    dhidden: &[E],
    dcell: &mut [E],
    dgates: &mut [E],
) {
    let n = cell.len();
    assert!(cell_before.len() == n && dhidden.len() == n && dcell.len() == n, "rows of an LSTM");
    assert_eq!(gates.len(), dgates.len(), "rows of an LSTM");
    let rows = Rows::new(n, width, 4, gates.len());
    let (dgates, dcell) = (Disjoint::new(dgates), Disjoint::new(dcell));
    rows.in_parallel(|units, gate| {
        // SAFETY: tasks have different rows.
        let (dgates, dcell) =
            unsafe { (dgates.slice(gate.start, gate.len()), dcell.slice(units.start, units.len())) };
        E::lstm_step_backward(LstmStepBackward {
            rows,
            gates: &gates[gate],
            cell_before: &cell_before[units.clone()],
            cell: &cell[units.clone()],
            dhidden: &dhidden[units],
            dcell,
            dgates,
        });
    });
}

/// A step of a GRU. `gates` are the sums of the input before and activations after, in the order
/// r, z, n; `recurrent` are the sums of the hidden units, with their bias:
/// `n = tanh(xₙ + r·hₙ)`, `h = (1 − z)·n + z·h₋`, with σ for r and z.
///
/// Each is rows of `width` hidden units, gates of at least three times as many.
pub fn gru_step<E: Float>(
    width: usize,
    gates: &mut [E],
    recurrent: &[E],
    hidden_before: &[E],
    hidden: &mut [E],
) {
    let n = hidden.len();
    assert!(recurrent.len() == gates.len() && hidden_before.len() == n, "rows of a GRU");
    let rows = Rows::new(n, width, 3, gates.len());
    let (gates, hidden) = (Disjoint::new(gates), Disjoint::new(hidden));
    rows.in_parallel(|units, gate| {
        // SAFETY: tasks have different rows.
        let (gates, hidden) =
            unsafe { (gates.slice(gate.start, gate.len()), hidden.slice(units.start, units.len())) };
        let recurrent = &recurrent[gate];
        E::gru_step(GruStep { rows, gates, recurrent, hidden_before: &hidden_before[units], hidden });
    });
}

/// The derivative of [`gru_step`]: the cotangents of both kinds of sums, and `dh·z`, which is
/// added to that of `h₋`.
pub fn gru_step_backward<E: Float>(
    width: usize,
    gates: &[E],
    recurrent: &[E],
    hidden_before: &[E],
    dhidden: &[E],
    dhidden_before: &mut [E],
    dgates: &mut [E],
    drecurrent: &mut [E],
) {
    let n = dhidden.len();
    assert!(hidden_before.len() == n && dhidden_before.len() == n, "rows of a GRU");
    for others in [recurrent.len(), dgates.len(), drecurrent.len()] {
        assert_eq!(others, gates.len(), "rows of a GRU");
    }
    let rows = Rows::new(n, width, 3, gates.len());
    let (dgates, drecurrent) = (Disjoint::new(dgates), Disjoint::new(drecurrent));
    let dhidden_before = Disjoint::new(dhidden_before);
    rows.in_parallel(|units, gate| {
        // SAFETY: tasks have different rows.
        let (dgates, drecurrent, dhidden_before) = unsafe {
            (
                dgates.slice(gate.start, gate.len()),
                drecurrent.slice(gate.start, gate.len()),
                dhidden_before.slice(units.start, units.len()),
            )
        };
        E::gru_step_backward(GruStepBackward {
            rows,
            gates: &gates[gate.clone()],
            recurrent: &recurrent[gate],
            hidden_before: &hidden_before[units.clone()],
            dhidden: &dhidden[units],
            dhidden_before,
            dgates,
            drecurrent,
        });
    });
}

/// How the rows of a step lie.
#[derive(Clone, Copy)]
struct Rows {
    n: usize,
    /// The hidden units of each.
    width: usize,
    /// How far apart the gates of each begin.
    pitch: usize,
}

impl Rows {
    /// Of `units` hidden units in all, and `len` numbers of gates.
    fn new(units: usize, width: usize, gates: usize, len: usize) -> Self {
        let n = units.checked_div(width).unwrap_or(0);
        let pitch = len.checked_div(n).unwrap_or(0);
        assert!(n * width == units && n * pitch == len, "{units} hidden units in rows of {width}");
        assert!(n == 0 || pitch >= gates * width, "{gates} gates in rows of {pitch}");
        Rows { n, width, pitch }
    }

    /// Calls `task` for some whole rows each: the places of their hidden units and of their gates.
    fn in_parallel(&self, task: impl Fn(Range<usize>, Range<usize>) + Sync) {
        let &Rows { n, width, pitch } = self;
        let each = (BLOCK / width.max(1)).max(1);
        parallel_for(n.div_ceil(each), |i| {
            let (first, end) = (i * each, n.min((i + 1) * each));
            task(first * width..end * width, first * pitch..end * pitch);
        });
    }
}

pub(crate) struct LstmStep<'a, 'y, E> {
    rows: Rows,
    gates: &'y mut [E],
    cell_before: &'a [E],
    cell: &'y mut [E],
    hidden: &'y mut [E],
}

impl<E: Float> Kernel for LstmStep<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let LstmStep { rows: Rows { width, pitch, .. }, gates, cell_before, cell, hidden } = self;
        let rows = gates.chunks_exact_mut(pitch).zip(cell_before.chunks_exact(width));
        let rows = rows.zip(cell.chunks_exact_mut(width)).zip(hidden.chunks_exact_mut(width));
        for (((gates, before), cell), hidden) in rows {
            let (i_f, g_o) = gates[..4 * width].split_at_mut(2 * width);
            let (g, o) = g_o.split_at_mut(width);
            sigmoid::<E, S>(i_f);
            tanh::<E, S>(g);
            sigmoid::<E, S>(o);
            let (i, f) = i_f.split_at(width);
            for ((cell, &f), &before) in cell.iter_mut().zip(f).zip(before) {
                *cell = f * before;
            }
            for ((cell, &i), &g) in cell.iter_mut().zip(i).zip(&*g) {
                *cell += i * g;
            }
            for ((hidden, &o), &cell) in hidden.iter_mut().zip(&*o).zip(&*cell) {
                *hidden = o * cell.fast_tanh::<S>();
            }
        }
    }
}

pub(crate) struct LstmStepBackward<'a, 'y, E> {
    rows: Rows,
    gates: &'a [E],
    cell_before: &'a [E],
    cell: &'a [E],
    dhidden: &'a [E],
    dcell: &'y mut [E],
    dgates: &'y mut [E],
}

impl<E: Float> Kernel for LstmStepBackward<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let LstmStepBackward { rows, gates, cell_before, cell, dhidden, dcell, dgates } = self;
        let Rows { width, pitch, .. } = rows;
        let rows = gates.chunks_exact(pitch).zip(dgates.chunks_exact_mut(pitch));
        let rows = rows.zip(cell_before.chunks_exact(width)).zip(cell.chunks_exact(width));
        let rows = rows.zip(dhidden.chunks_exact(width)).zip(dcell.chunks_exact_mut(width));
        for (((((gates, dgates), before), cell), dh), dc) in rows {
            let [i, f, g, o] = std::array::from_fn(|gate| &gates[gate * width..][..width]);
            let (di_f, dg_o) = dgates[..4 * width].split_at_mut(2 * width);
            let (di, df) = di_f.split_at_mut(width);
            let (dg, d_o) = dg_o.split_at_mut(width);
            // The place of the cotangent of o holds tanh c until it is known what it is for.
            for (tanh_c, &cell) in d_o.iter_mut().zip(cell) {
                *tanh_c = cell.fast_tanh::<S>();
            }
            for (((dc, &dh), &o), &tanh_c) in dc.iter_mut().zip(dh).zip(o).zip(&*d_o) {
                *dc += dh * o * (E::ONE - tanh_c * tanh_c);
            }
            for ((d_o, &dh), &o) in d_o.iter_mut().zip(dh).zip(o) {
                *d_o *= dh * o * (E::ONE - o);
            }
            for (((di, &dc), &i), &g) in di.iter_mut().zip(&*dc).zip(i).zip(g) {
                *di = dc * g * i * (E::ONE - i);
            }
            for (((dg, &dc), &i), &g) in dg.iter_mut().zip(&*dc).zip(i).zip(g) {
                *dg = dc * i * (E::ONE - g * g);
            }
            for (((df, &dc), &f), &before) in df.iter_mut().zip(&*dc).zip(f).zip(before) {
                *df = dc * before * f * (E::ONE - f);
            }
            for (dc, &f) in dc.iter_mut().zip(f) {
                *dc *= f;
            }
        }
    }
}

pub(crate) struct GruStep<'a, 'y, E> {
    rows: Rows,
    gates: &'y mut [E],
    recurrent: &'a [E],
    hidden_before: &'a [E],
    hidden: &'y mut [E],
}

impl<E: Float> Kernel for GruStep<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let GruStep { rows: Rows { width, pitch, .. }, gates, recurrent, hidden_before, hidden } = self;
        let rows = gates.chunks_exact_mut(pitch).zip(recurrent.chunks_exact(pitch));
        let rows = rows.zip(hidden_before.chunks_exact(width)).zip(hidden.chunks_exact_mut(width));
        for (((gates, recurrent), before), hidden) in rows {
            let (rz, n) = gates[..3 * width].split_at_mut(2 * width);
            let (recurrent_rz, recurrent_n) = recurrent[..3 * width].split_at(2 * width);
            for (gate, &recurrent) in rz.iter_mut().zip(recurrent_rz) {
                *gate = (*gate + recurrent).fast_sigmoid::<S>();
            }
            let (r, z) = rz.split_at(width);
            for ((n, &r), &recurrent) in n.iter_mut().zip(r).zip(recurrent_n) {
                *n = (*n + r * recurrent).fast_tanh::<S>();
            }
            for (((hidden, &z), &n), &before) in hidden.iter_mut().zip(z).zip(&*n).zip(before) {
                *hidden = n + z * (before - n);
            }
        }
    }
}

pub(crate) struct GruStepBackward<'a, 'y, E> {
    rows: Rows,
    gates: &'a [E],
    recurrent: &'a [E],
    hidden_before: &'a [E],
    dhidden: &'a [E],
    dhidden_before: &'y mut [E],
    dgates: &'y mut [E],
    drecurrent: &'y mut [E],
}

impl<E: Float> Kernel for GruStepBackward<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Rows { width, pitch, .. } = self.rows;
        let rows = self.gates.chunks_exact(pitch).zip(self.recurrent.chunks_exact(pitch));
        let rows = rows.zip(self.dgates.chunks_exact_mut(pitch));
        let rows = rows.zip(self.drecurrent.chunks_exact_mut(pitch));
        let rows = rows.zip(self.hidden_before.chunks_exact(width)).zip(self.dhidden.chunks_exact(width));
        let rows = rows.zip(self.dhidden_before.chunks_exact_mut(width));
        for ((((((gates, recurrent), dgates), drecurrent), before), dh), dbefore) in rows {
            let [r, z, n] = std::array::from_fn(|gate| &gates[gate * width..][..width]);
            let (drz, dn) = dgates[..3 * width].split_at_mut(2 * width);
            let (dr, dz) = drz.split_at_mut(width);
            for ((dbefore, &dh), &z) in dbefore.iter_mut().zip(dh).zip(z) {
                *dbefore += dh * z;
            }
            for (((dz, &dh), &z), &n) in dz.iter_mut().zip(dh).zip(z).zip(n) {
                *dz = -dh * n * z * (E::ONE - z);
            }
            for (((dz, &dh), &z), &before) in dz.iter_mut().zip(dh).zip(z).zip(before) {
                *dz += dh * before * z * (E::ONE - z);
            }
            for (((dn, &dh), &z), &n) in dn.iter_mut().zip(dh).zip(z).zip(n) {
                *dn = dh * (E::ONE - z) * (E::ONE - n * n);
            }
            for (((dr, &dn), &r), &recurrent) in
                dr.iter_mut().zip(&*dn).zip(r).zip(&recurrent[2 * width..3 * width])
            {
                *dr = dn * recurrent * r * (E::ONE - r);
            }
            let (drecurrent_rz, drecurrent_n) = drecurrent[..3 * width].split_at_mut(2 * width);
            drecurrent_rz.copy_from_slice(drz);
            for ((drecurrent, &dn), &r) in drecurrent_n.iter_mut().zip(&*dn).zip(r) {
                *drecurrent = dn * r;
            }
        }
    }
}

#[inline(always)]
fn sigmoid<E: Float, S: Simd>(x: &mut [E]) {
    for x in x {
        *x = x.fast_sigmoid::<S>();
    }
}

#[inline(always)]
fn tanh<E: Float, S: Simd>(x: &mut [E]) {
    for x in x {
        *x = x.fast_tanh::<S>();
    }
}
