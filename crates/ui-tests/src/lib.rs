//! What a user is told: compile-fail cases and their compiling twins.
