//! The convolution itself.

use super::cut::Cut;
use super::depthwise::{self, is_depthwise};
use super::general::{Factors, General};
use super::planes::Planes;
use super::pointwise::Pointwise;
use super::whole;
use super::winograd::{Windows, Winograd};
use super::{Conv2d, Weights};
use crate::gemm::{Activation, MatRef};
use crate::{Float, scratch};

/// `y = act(conv(x, w) + bias)`.
///
/// Where none of the other ways is faster, it is computed over planes (see the module `general`).
pub fn forward<E: Float>(
    sizes: &Conv2d,
    x: &[E],
    weights: Weights<'_, E>,
    bias: Option<&[E]>,
    activation: Activation,
    y: &mut [E],
) {
    let Weights { numbers: w, kept } = weights;
    sizes.check(x.len(), w.len(), y.len());
    if y.is_empty() {
        return;
    }
    let (out_height, out_width) = (sizes.out_height(), sizes.out_width());
    let (c, o) = (sizes.in_channels / sizes.groups, sizes.out_channels / sizes.groups);
    let window = sizes.window_len();
    if is_depthwise(sizes) {
        return depthwise::forward(sizes, x, w, bias, activation, y);
    }
    if whole::is_whole(sizes) {
        return whole::forward(sizes, x, weights, bias, activation, y);
    }
    if sizes.is_pointwise() {
        let way = Pointwise {
            units: sizes.batch * sizes.groups,
            groups: sizes.groups,
            in_channels: c,
            out_channels: o,
            pixels: out_height * out_width,
        };
        let weight = |group: usize| MatRef::row_major(&w[group * o * c..][..o * c], o, c);
        return way.run(x, weight, kept, bias, activation, y);
    }
    let general = General {
        units: sizes.batch * sizes.groups,
        groups: sizes.groups,
        image: c * sizes.height * sizes.width,
        channels: o,
        out: [out_height, out_width],
        strides: [1, 1],
        terms: window,
    };
    let cut = Cut::new::<E>(&general, |rows| Planes::of_input(sizes, rows));
    if let Some(winograd) = Winograd::of(sizes)
        && winograd.pays::<E>(cut.cost)
    {
        let windows = |group| Windows {
            weights: &w[group * o * window..][..o * window],
            side: winograd.window,
            row_step: window,
            term_step: window / c,
            turned: false,
        };
        return winograd.run(x, windows, kept, bias, activation.least(), y);
    }
    let planes = Planes::of_input(sizes, cut.rows);
    let weights = |group: usize| MatRef::row_major(&w[group * o * window..][..o * window], o, window);
    let cols = sizes.batch * out_height * out_width;
    cut.packing(window).with_weights(sizes.groups, weights, kept, cols, |weights| {
        scratch::with(2 * window, |lists: &mut [usize]| {
            let (offsets, downs) = lists.split_at_mut(window);
            planes.list_offsets(offsets);
            for downs in downs.chunks_exact_mut(sizes.kernel[0] * sizes.kernel[1]) {
                for (p, downs) in downs.chunks_exact_mut(sizes.kernel[1]).enumerate() {
                    downs.fill(p * sizes.dilation[0]);
                }
            }
            let factors = Factors { x, weights, terms: &[window], offsets, downs, bias, activation };
            general.run(cut, planes, factors, y);
        });
    });
}
