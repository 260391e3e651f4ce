//! Real datasets, their formats and loaders.
