use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;

use super::*;

/// The numbers below a bound, as examples that are easy to recognize.
#[derive(Clone, Debug)]
pub(crate) struct Numbers(pub(crate) usize);

impl Dataset for Numbers {
    type Batch = Vec<usize>;

    fn len(&self) -> usize {
        self.0
    }

    fn batch(&self, examples: &[usize]) -> Result<Vec<usize>, Error> {
        Ok(examples.to_vec())
    }
}

/// Ten examples of which one does not load, in one way or the other.
struct Faulty {
    fails_at: usize,
    panics_at: usize,
}

impl Dataset for Faulty {
    type Batch = ();

    fn len(&self) -> usize {
        10
    }

    fn batch(&self, examples: &[usize]) -> Result<(), Error> {
        assert!(!examples.contains(&self.panics_at), "example {} is cursed", self.panics_at);
        if examples.contains(&self.fails_at) {
            return Err(Error::Missing { path: "example".into() });
        }
        Ok(())
    }
}

fn epoch(loader: &mut Loader<Numbers>) -> Vec<Vec<usize>> {
    loader.epoch().map(Result::unwrap).collect()
}

#[test]
fn unshuffled_batches_are_in_order() {
    let mut loader = Loader::new(Numbers(5), 2);
    for _ in 0..2 {
        assert_eq!(epoch(&mut loader), [vec![0, 1], vec![2, 3], vec![4]]);
    }
}

#[test]
fn small_last_batch_can_be_dropped() {
    let mut loader = Loader::new(Numbers(5), 2).drop_last();
    assert_eq!(epoch(&mut loader), [[0, 1], [2, 3]]);
    let mut loader = Loader::new(Numbers(4), 2).drop_last();
    assert_eq!(epoch(&mut loader), [[0, 1], [2, 3]]);
}

#[test]
fn epochs_of_one_seed_differ_and_repeat() {
    let two_epochs = || {
        let mut loader = Loader::new(Numbers(100), 7).shuffle(3);
        (epoch(&mut loader), epoch(&mut loader))
    };
    let (first, second) = two_epochs();
    assert_ne!(first, second);
    assert_eq!(two_epochs(), (first, second));
}

#[test]
fn no_examples_make_an_empty_epoch() {
    let mut loader = Loader::new(Numbers(0), 3).shuffle(1);
    assert!(epoch(&mut loader).is_empty());
    assert_eq!(loader.state(), LoaderState { epoch: 1, batch: 0 });
}

#[test]
#[should_panic(expected = "at least one example")]
fn batches_of_nothing_are_refused() {
    Loader::new(Numbers(1), 0);
}

#[test]
fn error_ends_the_epoch_at_its_batch() {
    let faulty = Faulty { fails_at: 5, panics_at: usize::MAX };
    let mut loader = Loader::new(faulty, 2);
    let batches: Vec<_> = loader.epoch().collect();
    assert_eq!(batches.len(), 3);
    assert!(matches!(batches[2], Err(Error::Missing { .. })));
    assert_eq!(loader.state(), LoaderState { epoch: 0, batch: 2 });
}

#[test]
fn panic_arrives_as_an_error() {
    let faulty = Faulty { fails_at: usize::MAX, panics_at: 5 };
    let mut loader = Loader::new(faulty, 2).prefetch(0);
    let mut batches = loader.epoch();
    assert!(batches.next().unwrap().is_ok());
    assert!(batches.next().unwrap().is_ok());
    assert_eq!(
        batches.next().unwrap().unwrap_err().to_string(),
        "loader thread: expected a batch, found a panic: example 5 is cursed"
    );
    assert!(batches.next().is_none());
}

#[test]
fn position_after_the_end_is_refused() {
    let mut loader = Loader::new(Numbers(10), 5);
    let error = loader.restore(LoaderState { epoch: 0, batch: 2 }).unwrap_err();
    assert_eq!(error.to_string(), "loader position: expected a batch below 2, found 2");
    assert_eq!(loader.state(), LoaderState::default());
}

#[test]
fn prefetching_stays_within_its_bound_and_ends_when_dropped() {
    /// Counts the batches that have been begun.
    struct Counted(Arc<AtomicUsize>);

    impl Dataset for Counted {
        type Batch = ();

        fn len(&self) -> usize {
            1_000_000
        }

        fn batch(&self, _: &[usize]) -> Result<(), Error> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
    }

    for prefetch in [0, 1, 3] {
        let begun = Arc::new(AtomicUsize::new(0));
        let mut loader = Loader::new(Counted(Arc::clone(&begun)), 1).prefetch(prefetch);
        let mut batches = loader.epoch();
        assert!(batches.next().unwrap().is_ok());
        // Returns only when the thread has ended, although it was in the middle of its work.
        drop(batches);
        // The one that was received, those that wait, and the one that could not be handed over.
        assert!(begun.load(Ordering::SeqCst) <= prefetch + 2);
        assert_eq!(Arc::strong_count(&begun), 2);
        assert_eq!(loader.state(), LoaderState { epoch: 0, batch: 1 });
    }
}

#[test]
fn loader_drops_while_its_thread_waits() {
    let mut loader = Loader::new(Numbers(100), 1).prefetch(1);
    drop(loader.epoch());
    assert_eq!(loader.state(), LoaderState::default());
    assert_eq!(epoch(&mut loader).len(), 100);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_example_appears_once_an_epoch(
        len in 0_usize..200, batch_size in 1_usize..50, prefetch in 0_usize..4, seed in any::<u64>(),
    ) {
        let mut loader = Loader::new(Numbers(len), batch_size).shuffle(seed).prefetch(prefetch);
        for _ in 0..2 {
            let batches = epoch(&mut loader);
            prop_assert_eq!(batches.len(), loader.n_batches());
            let mut seen = batches.concat();
            seen.sort_unstable();
            prop_assert!(seen.into_iter().eq(0..len));
        }
    }

    #[test]
    fn restored_position_goes_on_where_it_was_saved(
        len in 1_usize..100, batch_size in 1_usize..20, n_taken in 0_usize..40, seed in any::<u64>(),
    ) {
        let loader = || Loader::new(Numbers(len), batch_size).shuffle(seed);
        let take = |loader: &mut Loader<Numbers>, mut n: usize| {
            let mut taken = Vec::new();
            while n > 0 {
                let batches: Vec<_> = loader.epoch().take(n).map(Result::unwrap).collect();
                n -= batches.len();
                taken.extend(batches);
            }
            taken
        };
        let mut uninterrupted = loader();
        let all = take(&mut uninterrupted, n_taken + 10);

        let mut first = loader();
        prop_assert_eq!(take(&mut first, n_taken), &all[..n_taken]);
        let mut second = loader();
        second.restore(first.state()).unwrap();
        prop_assert_eq!(take(&mut second, 10), &all[n_taken..]);
        prop_assert_eq!(second.state(), uninterrupted.state());
    }
}
