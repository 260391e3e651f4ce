//! Procedural macros of Tenon.
