//! Tolerances, seeded data and slice comparisons for tests.
