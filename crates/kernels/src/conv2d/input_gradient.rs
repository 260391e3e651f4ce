//! The derivative of a convolution with respect to its input.

use super::cut::Cut;
use super::depthwise::{self, is_depthwise};
use super::general::{Factors, General};
use super::planes::Planes;
use super::pointwise::Pointwise;
use super::turned::{Phase, TurnedPlanes};
use super::whole;
use super::winograd::{Windows, Winograd};
use super::{Conv2d, Weights};
use crate::gemm::{Activation, MatRef};
use crate::{Float, scratch};

/// The derivative with respect to the input: `dx[n, c, h, w] = Σ w[o, c, p, q] · dy[n, o, i, j]`
/// over all places where the window at (i, j) shows (h, w) at (p, q).
///
/// With stride s the pixels of dx fall into s × s phases, and each phase is a convolution of dy,
/// with stride 1, by the elements of the window that ever meet it.
pub fn input_gradient<E: Float>(sizes: &Conv2d, dy: &[E], weights: Weights<'_, E>, dx: &mut [E]) {
    let Weights { numbers: w, kept } = weights;
    sizes.check(dx.len(), w.len(), dy.len());
    if dx.is_empty() {
        return;
    }
    let (c, o) = (sizes.in_channels / sizes.groups, sizes.out_channels / sizes.groups);
    if is_depthwise(sizes) {
        return depthwise::input_gradient(sizes, dy, w, dx);
    }
    if whole::is_whole(sizes) {
        return whole::input_gradient(sizes, dy, weights, dx);
    }
    if sizes.is_pointwise() {
        let way = Pointwise {
            units: sizes.batch * sizes.groups,
            groups: sizes.groups,
            in_channels: o,
            out_channels: c,
            pixels: sizes.height * sizes.width,
        };
        let weight = |group: usize| MatRef::row_major(&w[group * o * c..][..o * c], o, c).transposed();
        return way.run(dy, weight, kept, None, Activation::Identity, dx);
    }
    let Conv2d { groups, stride, kernel, .. } = *sizes;
    let turned = TurnedPlanes::new(sizes);
    let general = General {
        units: sizes.batch * groups,
        groups,
        image: o * sizes.out_height() * sizes.out_width(),
        channels: c,
        out: [sizes.height, sizes.width],
        strides: stride,
        terms: o * kernel[0] * kernel[1],
    };
    let cut = Cut::new::<E>(&general, |rows| turned.planes(rows));
    if let Some(winograd) = winograd(sizes)
        && winograd.pays::<E>(cut.cost)
    {
        let windows = |group| Windows {
            weights: &w[group * o * sizes.window_len()..][..o * sizes.window_len()],
            side: winograd.window,
            row_step: winograd.window.pow(2),
            term_step: sizes.window_len(),
            turned: true,
        };
        return winograd.run(dy, windows, kept, None, E::NEG_INFINITY, dx);
    }
    let planes = turned.planes(cut.rows);
    scratch::with(stride[0] * stride[1] + 3 * general.terms, |tables: &mut [usize]| {
        let (terms, tables) = tables.split_at_mut(stride[0] * stride[1]);
        let (offsets, tables) = tables.split_at_mut(general.terms);
        let (downs, places) = tables.split_at_mut(general.terms);
        list_terms(sizes, &turned, &planes, terms, [&mut *offsets, &mut *downs, &mut *places]);
        let (terms, offsets, downs, places) = (&*terms, &*offsets, &*downs, &*places);
        let all_weights = cut.packing(general.terms).len();
        scratch::with(groups * all_weights, |packed: &mut [E]| {
            for (group, packed) in packed.chunks_exact_mut(all_weights.max(1)).enumerate() {
                pack(cut, &w[group * o * sizes.window_len()..], kernel[0] * kernel[1], terms, places, packed);
            }
            let activation = Activation::Identity;
            let factors = Factors { x: dy, weights: packed, terms, offsets, downs, bias: None, activation };
            general.run(cut, planes, factors, dx);
        });
    });
}

/// For each phase, how many terms its sums have; and for each of these, where dy lies, how far down, and
/// which weight of channel 0 meets it.
fn list_terms(
    sizes: &Conv2d,
    turned: &TurnedPlanes,
    planes: &Planes,
    terms: &mut [usize],
    [offsets, downs, places]: [&mut [usize]; 3],
) {
    let Conv2d { kernel, stride, .. } = *sizes;
    let (c, o) = (sizes.in_channels / sizes.groups, sizes.out_channels / sizes.groups);
    let mut next = 0;
    for (i, terms) in terms.iter_mut().enumerate() {
        let phase = Phase::starting_at(sizes, [i / stride[1], i % stride[1]]);
        *terms = o * phase.n_taps();
        // The taps of a channel follow each other, as its weights do.
        for channel in 0..o {
            for (p, q) in phase.taps(0).flat_map(|p| phase.taps(1).map(move |q| (p, q))) {
                offsets[next] = planes.shifted(channel, turned.place(0, p), turned.place(1, q));
                downs[next] = turned.place(0, p);
                places[next] = (channel * c * kernel[0] + p) * kernel[1] + q;
                next += 1;
            }
        }
    }
}

/// Packs the weights of a group, where those of neighboring channels are `step` apart, for each phase.
fn pack<E: Float>(
    cut: Cut,
    w: &[E],
    step: usize,
    mut terms: &[usize],
    mut places: &[usize],
    mut packed: &mut [E],
) {
    while let Some((&n_terms, rest)) = terms.split_first() {
        let packing = cut.packing(n_terms);
        let (part, behind) = packed.split_at_mut(packing.len());
        packing.pack(part, |terms, rows, panel| {
            let height = panel.len() / terms.len();
            for (column, place) in panel.chunks_exact_mut(height).zip(&places[terms]) {
                let (column, padding) = column.split_at_mut(rows.len());
                let weights = w[place + rows.start * step..].chunks(step);
                column.iter_mut().zip(weights).for_each(|(to, weights)| *to = weights[0]);
                padding.fill(E::ZERO);
            }
        });
        (terms, places, packed) = (rest, &places[n_terms..], behind);
    }
}

/// The convolution of dy, by windows turned by half a circle, that the derivative is.
fn winograd(sizes: &Conv2d) -> Option<Winograd> {
    let forward = Winograd::of(sizes)?;
    let padding = forward.padding.map(|padding| (forward.window - 1).checked_sub(padding));
    let [Some(top), Some(left)] = padding else { return None };
    Some(Winograd {
        in_channels: forward.out_channels,
        out_channels: forward.in_channels,
        size: forward.out,
        out: forward.size,
        padding: [top, left],
        ..forward
    })
}
