//! The pool: every task once, nesting, panics, and callers at the same time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use tenon_kernels::threads::{num_threads, parallel_chunks_mut, parallel_for, with_num_threads};

fn count(n: usize, threads: usize) {
    let calls: Vec<AtomicUsize> = (0..n).map(|_| AtomicUsize::new(0)).collect();
    with_num_threads(threads, || {
        parallel_for(n, |i| {
            calls[i].fetch_add(1, Ordering::Relaxed);
        });
    });
    assert!(calls.iter().all(|calls| calls.load(Ordering::Relaxed) == 1));
}

#[test]
fn every_task_runs_once() {
    for threads in 1..=4 {
        for n in [0, 1, 2, 3, 100, 10_000] {
            count(n, threads);
        }
    }
}

#[test]
fn tasks_may_start_tasks() {
    let sum = AtomicUsize::new(0);
    with_num_threads(2, || {
        parallel_for(10, |_| {
            parallel_for(10, |_| {
                sum.fetch_add(1, Ordering::Relaxed);
            });
        });
    });
    assert_eq!(sum.into_inner(), 100);
}

#[test]
fn callers_on_many_threads_do_not_disturb_each_other() {
    std::thread::scope(|scope| {
        for threads in [1, 2, 2, 3] {
            scope.spawn(move || {
                for _ in 0..200 {
                    count(50, threads);
                }
            });
        }
    });
}

#[test]
fn a_panic_is_passed_on_and_the_pool_survives() {
    for threads in [1, 3] {
        let result = with_num_threads(threads, || {
            catch_unwind(AssertUnwindSafe(|| {
                parallel_for(100, |i| assert!(i != 57, "task 57 fails"));
            }))
        });
        let panic = result.expect_err("a panic");
        assert_eq!(panic.downcast_ref(), Some(&"task 57 fails"));
        count(100, threads);
    }
}

#[test]
fn chunks_cover_the_slice() {
    let mut y = vec![0; 103];
    with_num_threads(2, || {
        parallel_chunks_mut(&mut y, 10, |i, chunk| {
            assert_eq!(chunk.len(), if i == 10 { 3 } else { 10 });
            chunk.fill(i + 1);
        });
    });
    assert!(y.iter().enumerate().all(|(i, &y)| y == i / 10 + 1));
}

#[test]
fn the_number_of_threads_is_scoped() {
    let outside = num_threads();
    with_num_threads(7, || assert_eq!(num_threads(), 7));
    with_num_threads(0, || assert_eq!(num_threads(), 1));
    assert_eq!(num_threads(), outside);
}
