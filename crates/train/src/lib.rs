//! The training loop, run folders and reports.
