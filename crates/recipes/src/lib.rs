//! Runnable experiments.
