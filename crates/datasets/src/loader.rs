//! Batches in a seeded order, prepared ahead on a thread of their own.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use crate::dataset::Dataset;
use crate::error::Error;
use crate::order::{Purpose, permutation};

/// Batches that may wait by default: two even out the times of batches; more only hold memory.
const PREFETCH: usize = 2;

/// Hands out a dataset in batches, epoch after epoch.
///
/// In the order of the dataset, unless [`shuffle`](Self::shuffle) is called; the last batch of an
/// epoch is smaller if the batch size does not divide the length, unless
/// [`drop_last`](Self::drop_last) is called.
/// A background thread prepares the next batches while the current one is used.
/// What comes out depends on the dataset, the batch size, the seed and the [`LoaderState`] alone,
/// never on timing.
///
/// # Source
/// Options and their names are those of PyTorch's `DataLoader`.
///
/// # Differences
/// PyTorch's order depends on a global generator and its position cannot be saved.
///
/// # Example
/// ```
/// # use tenon_datasets::{Dataset, Error};
/// # struct Numbers(usize);
/// # impl Dataset for Numbers {
/// #     type Batch = Vec<usize>;
/// #     fn len(&self) -> usize { self.0 }
/// #     fn batch(&self, examples: &[usize]) -> Result<Vec<usize>, Error> { Ok(examples.to_vec()) }
/// # }
/// use tenon_datasets::Loader;
///
/// let mut loader = Loader::new(Numbers(10), 4).shuffle(42);
/// for _epoch in 0..3 {
///     let sizes: Vec<usize> = loader.epoch().map(|batch| Ok(batch?.len())).collect::<Result<_, Error>>()?;
///     assert_eq!(sizes, [4, 4, 2]);
/// }
/// # Ok::<_, Error>(())
/// ```
#[derive(Debug)]
pub struct Loader<D> {
    dataset: Arc<D>,
    batch_size: usize,
    seed: Option<u64>,
    drop_last: bool,
    prefetch: usize,
    state: LoaderState,
}

/// How far a loader has come: enough to go on exactly there, in another process too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoaderState {
    /// The current epoch, counted from zero.
    pub epoch: u64,
    /// How many batches of this epoch have been handed out.
    pub batch: u64,
}

impl<D: Dataset> Loader<D> {
    /// Batches of `batch_size` examples in the order of the dataset.
    ///
    /// # Panics
    /// If `batch_size` is zero.
    pub fn new(dataset: D, batch_size: usize) -> Self {
        assert!(batch_size > 0, "a batch has at least one example");
        Self {
            dataset: Arc::new(dataset),
            batch_size,
            seed: None,
            drop_last: false,
            prefetch: PREFETCH,
            state: LoaderState::default(),
        }
    }

    /// Draws a new order for every epoch, which depends on the seed and the number of the epoch
    /// only.
    pub fn shuffle(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Leaves out the last batch of an epoch if it is smaller than the others.
    pub fn drop_last(mut self) -> Self {
        self.drop_last = true;
        self
    }

    /// Lets at most `n_batches` finished batches wait; with 0 each is handed over as it is
    /// finished.
    pub fn prefetch(mut self, n_batches: usize) -> Self {
        self.prefetch = n_batches;
        self
    }

    /// The dataset.
    pub fn dataset(&self) -> &D {
        &self.dataset
    }

    /// The largest number of examples in a batch.
    pub fn batch_size(&self) -> usize {
        self.batch_size
    }

    /// The number of batches in a whole epoch.
    pub fn n_batches(&self) -> usize {
        if self.drop_last {
            self.dataset.len() / self.batch_size
        } else {
            self.dataset.len().div_ceil(self.batch_size)
        }
    }

    /// Where the next batch comes from.
    pub fn state(&self) -> LoaderState {
        self.state
    }

    /// Goes on from a saved position. The dataset, batch size and seed must be those it was saved
    /// with.
    ///
    /// # Errors
    /// [`Error::Position`] if an epoch does not have that many batches.
    pub fn restore(&mut self, state: LoaderState) -> Result<(), Error> {
        let n_batches = self.n_batches() as u64;
        // The position after the last batch is the beginning of the next epoch.
        if state.batch > 0 && state.batch >= n_batches {
            return Err(Error::Position { expected: n_batches, found: state.batch });
        }
        self.state = state;
        Ok(())
    }

    /// The remaining batches of the current epoch: all of them, unless an earlier iteration was cut
    /// short or a position was restored.
    pub fn epoch(&mut self) -> Epoch<'_, D> {
        let n_batches = self.n_batches() as u64;
        let preparation = Preparation {
            dataset: Arc::clone(&self.dataset),
            order: self.order(),
            batch_size: self.batch_size,
            batches: self.state.batch as usize..n_batches as usize,
        };
        let (finished, batches) = sync_channel(self.prefetch);
        let thread = thread::spawn(move || preparation.run(&finished));
        Epoch { state: &mut self.state, n_batches, worker: Some(Worker { batches, thread }) }
    }

    fn order(&self) -> Vec<usize> {
        let len = self.dataset.len();
        match self.seed {
            Some(seed) => permutation(len, seed, Purpose::Epoch(self.state.epoch)),
            None => (0..len).collect(),
        }
    }
}

/// What the background thread does for one epoch.
struct Preparation<D> {
    dataset: Arc<D>,
    order: Vec<usize>,
    batch_size: usize,
    batches: std::ops::Range<usize>,
}

impl<D: Dataset> Preparation<D> {
    /// Prepares batches until all are done, one fails, or nobody wants them any more.
    fn run(self, finished: &SyncSender<Result<D::Batch, Error>>) {
        for batch in self.batches {
            let start = batch * self.batch_size;
            let end = (start + self.batch_size).min(self.order.len());
            let examples = &self.order[start..end];
            // The dataset is shared and only read, so a panic leaves nothing half changed.
            let batch = catch_unwind(AssertUnwindSafe(|| self.dataset.batch(examples)))
                .unwrap_or_else(|panic| Err(Error::Panic { message: message(&*panic) }));
            let failed = batch.is_err();
            if finished.send(batch).is_err() || failed {
                return;
            }
        }
    }
}

/// The text that a panic was raised with.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref().map(String::as_str))
        .unwrap_or("a value that is not a text")
        .to_owned()
}

/// The batches of one epoch, in order. Dropping it early keeps the position for the next call of
/// [`Loader::epoch`].
///
/// After an error there are no more batches; the position stays at the batch that failed.
pub struct Epoch<'a, D: Dataset> {
    state: &'a mut LoaderState,
    n_batches: u64,
    worker: Option<Worker<D::Batch>>,
}

/// The background thread and what it has finished.
struct Worker<T> {
    batches: Receiver<Result<T, Error>>,
    thread: JoinHandle<()>,
}

impl<D: Dataset> Epoch<'_, D> {
    /// Where the next batch comes from.
    pub fn state(&self) -> LoaderState {
        *self.state
    }

    /// Lets the thread finish the batch it is at, and waits for that.
    fn stop(&mut self) {
        let Some(Worker { batches, thread }) = self.worker.take() else {
            return;
        };
        // The thread notices that nobody listens when it next sends, even if it is waiting to.
        drop(batches);
        // It catches the panics of the dataset and has none of its own.
        thread.join().expect("the loader thread ends by returning");
    }
}

impl<D: Dataset> Iterator for Epoch<'_, D> {
    type Item = Result<D::Batch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.worker.as_ref()?.batches.recv().ok();
        let succeeded = matches!(batch, Some(Ok(_)));
        self.state.batch += u64::from(succeeded);
        let complete = self.state.batch == self.n_batches;
        if complete {
            self.state.epoch += 1;
            self.state.batch = 0;
        }
        if complete || !succeeded {
            self.stop();
        }
        batch
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let most = if self.worker.is_some() { (self.n_batches - self.state.batch) as usize } else { 0 };
        // An error ends the epoch early.
        (most.min(1), Some(most))
    }
}

impl<D: Dataset> Drop for Epoch<'_, D> {
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
pub(crate) mod tests;
