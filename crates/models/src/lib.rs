//! Known architectures.
