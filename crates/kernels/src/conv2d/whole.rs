//! Convolutions whose window shows all of an image at once: products with the images as they lie.

use super::{Conv2d, Weights};
use crate::Float;
use crate::gemm::{Activation, Bias, Epilogue, MatMut, MatRef, gemm};

/// Whether the convolution is computed here: with a dilation, the window would be larger than the image.
pub(super) fn is_whole(sizes: &Conv2d) -> bool {
    sizes.kernel == [sizes.height, sizes.width] && sizes.padding == [0, 0] && sizes.groups == 1
}

/// The images, `(N, C · H · W)`.
fn images<'a, E: Float>(sizes: &Conv2d, x: &'a [E]) -> MatRef<'a, E> {
    MatRef::row_major(x, sizes.batch, sizes.window_len())
}

/// The weights, `(O, C · H · W)`.
fn windows<'a, E: Float>(sizes: &Conv2d, Weights { numbers, kept }: Weights<'a, E>) -> MatRef<'a, E> {
    let windows = MatRef::row_major(numbers, sizes.out_channels, sizes.window_len());
    kept.map_or(windows, |kept| windows.kept_in(kept))
}

/// The results, `(N, O)`.
fn results<'a, E: Float>(sizes: &Conv2d, y: &'a [E]) -> MatRef<'a, E> {
    MatRef::row_major(y, sizes.batch, sizes.out_channels)
}

/// `y = act(conv(x, w) + bias)`.
pub(super) fn forward<E: Float>(
    sizes: &Conv2d,
    x: &[E],
    weights: Weights<'_, E>,
    bias: Option<&[E]>,
    activation: Activation,
    y: &mut [E],
) {
    let epilogue = Epilogue { bias: bias.map_or(Bias::None, Bias::PerColumn), activation };
    let y = MatMut::row_major(y, sizes.batch, sizes.out_channels);
    gemm(E::ONE, images(sizes, x), windows(sizes, weights).transposed(), E::ZERO, y, epilogue);
}

/// The derivative with respect to the input.
pub(super) fn input_gradient<E: Float>(sizes: &Conv2d, dy: &[E], weights: Weights<'_, E>, dx: &mut [E]) {
    let dx = MatMut::row_major(dx, sizes.batch, sizes.window_len());
    gemm(E::ONE, results(sizes, dy), windows(sizes, weights), E::ZERO, dx, Epilogue::default());
}

/// The derivative with respect to the weights.
pub(super) fn weight_gradient<E: Float>(sizes: &Conv2d, x: &[E], dy: &[E], dw: &mut [E]) {
    let dw = MatMut::row_major(dw, sizes.out_channels, sizes.window_len());
    gemm(E::ONE, results(sizes, dy).transposed(), images(sizes, x), E::ZERO, dw, Epilogue::default());
}
