//! Tensor shapes as types.
