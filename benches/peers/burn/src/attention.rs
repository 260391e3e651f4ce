//! Attention by the library's own kernel.

use burn::tensor::Tensor;
use burn::tensor::module::attention;
use burn::tensor::ops::AttentionModuleOptions;

/// Which keys a query sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sees {
    /// All of them.
    All,
    /// Those up to its own place.
    Before,
}

/// `(N, H, T, D)` each.
pub(crate) fn attend(q: Tensor<4>, k: Tensor<4>, v: Tensor<4>, sees: Sees) -> Tensor<4> {
    let options = AttentionModuleOptions { is_causal: sees == Sees::Before, ..Default::default() };
    attention(q, k, v, None, None, options)
}

/// `(N, T, H·D)` as `(N, H, T, D)`.
pub(crate) fn in_heads(x: Tensor<3>, n_heads: usize) -> Tensor<4> {
    let [n, t, width] = x.dims();
    x.reshape([n, t, n_heads, width / n_heads]).swap_dims(1, 2)
}

/// `(N, H, T, D)` as `(N, T, H·D)`.
pub(crate) fn side_by_side(x: Tensor<4>) -> Tensor<3> {
    let [n, n_heads, t, size] = x.dims();
    x.swap_dims(1, 2).reshape([n, t, n_heads * size])
}
