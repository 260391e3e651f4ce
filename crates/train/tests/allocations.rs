//! A steady training step asks the system allocator for next to nothing.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tenon_datasets::{Dataset, Mnist};
use tenon_layers::prelude::*;
use tenon_models::LeNet5;
use tenon_optim::{Adam, Optimizer, schedule::Constant};
use tenon_train::{Classification, Tally, Trainer};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The allocations of a step of LeNet-5, its batch included, and their bytes.
fn of_a_steady_step(test: &Mnist, batch_size: usize) -> (usize, usize) {
    const N_WARM: usize = 5;
    const N_STEPS: usize = 10;
    let mut model = LeNet5::init(&mut SeededRng::new(1));
    let mut trainer = Trainer::new(1, Optimizer::new(Adam::default()), Constant { rate: 1e-3 });
    let mut tally = Tally::default();
    let examples: Vec<usize> = (0..batch_size).collect();
    let mut steps = |n| {
        for _ in 0..n {
            trainer.step(&mut model, &Classification, test.batch(&examples).unwrap(), &mut (), &mut tally);
        }
    };
    steps(N_WARM);
    let region = Region::new(ALLOCATOR);
    steps(N_STEPS);
    let change = region.change();
    let grown = change.bytes_reallocated.max(0) as usize;
    let n_allocations = change.allocations + change.reallocations;
    (n_allocations.div_ceil(N_STEPS), (change.bytes_allocated + grown).div_ceil(N_STEPS))
}

#[test]
fn a_steady_step_allocates_next_to_nothing() {
    let test = Mnist::test(&Mnist::directory()).unwrap();
    let (n_small, bytes_small) = of_a_steady_step(&test, 64);
    let (n_large, bytes_large) = of_a_steady_step(&test, 256);
    println!("batch 64: {n_small} allocations of {bytes_small} bytes; 256: {n_large} of {bytes_large}");
    // The nodes of the record, the gradients, labels and answers.
    assert!(n_small <= 80, "{n_small} allocations in a step");
    assert!(bytes_small <= 20_000, "{bytes_small} bytes allocated in a step");
    // The smallest tensor of a step, the scores, has ten numbers per example; labels and answers are
    // single ones.
    let growth = bytes_large.saturating_sub(bytes_small);
    assert!(growth < (256 - 64) * 10 * size_of::<f32>(), "a larger batch allocates {growth} bytes more");
    assert_eq!(n_small, n_large, "the number of allocations depends on the size of the batch");
}
