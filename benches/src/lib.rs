//! Criterion benches of kernels and training steps.
