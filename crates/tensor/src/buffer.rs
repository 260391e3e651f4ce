//! Reference-counted buffers that are recycled by size.
//!
//! The sizes of one training step repeat exactly in the next one, so a buffer given back is kept,
//! with its reference count, for the next request of the same length: a steady step asks the
//! system allocator for nothing.

use std::cell::Cell;
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use tenon_kernels::Float;
use tenon_kernels::kept::Kept;

/// The numbers a tensor can hold: `f32` and `f64`.
pub trait Element: Float + Recycled {}

impl Element for f32 {}
impl Element for f64 {}

/// What buffers hold: elements, and indices of elements.
pub trait Recycled: Copy + Default + Send + Sync + 'static {
    /// A number that shows where it was not overwritten.
    #[doc(hidden)]
    const POISON: Self;

    #[doc(hidden)]
    fn pool() -> &'static LazyLock<Mutex<Pool<Self>>>;
}

macro_rules! recycled {
    ($($T:ty: $poison:expr),*) => {$(
        impl Recycled for $T {
            const POISON: Self = $poison;

            fn pool() -> &'static LazyLock<Mutex<Pool<Self>>> {
                static POOL: LazyLock<Mutex<Pool<$T>>> = LazyLock::new(Mutex::default);
                &POOL
            }
        }
    )*};
}
recycled!(f32: f32::NAN, f64: f64::NAN, u32: u32::MAX);

/// Where the numbers of a buffer begin is a multiple of this many bytes: the widest vectors then never
/// lie across two cache lines.
const ALIGNMENT: usize = 64;
/// Large buffers begin on a page of their own, and processors take places that are as far into their
/// pages for the same for a moment: what is read from one waits for what is written to another. So each
/// begins this many bytes further into its page than the one before, …
const STAGGER: usize = 256;
/// … until it is a page.
const PAGE: usize = 4096;
/// From so many bytes on a buffer is large.
const LARGE: usize = 128 * 1024;

/// Numbers whose first is aligned.
struct Numbers<E> {
    /// The numbers, and some more before and behind.
    vec: Vec<E>,
    start: usize,
    len: usize,
    /// What products made of them.
    kept: Kept<E>,
}

impl<E: Recycled> Numbers<E> {
    /// The numbers of the `n`-th new buffer.
    fn new(len: usize, n: usize) -> Self {
        let most = ALIGNMENT / size_of::<E>();
        let further = if len * size_of::<E>() < LARGE { 0 } else { n * STAGGER % PAGE / size_of::<E>() };
        let vec = vec![E::default(); len + most + further];
        // An allocator that cannot tell is as good as one that does not align.
        let start = vec.as_ptr().align_offset(ALIGNMENT).min(most) + further;
        Numbers { vec, start, len, kept: Kept::default() }
    }

    fn as_slice(&self) -> &[E] {
        &self.vec[self.start..][..self.len]
    }

    fn as_mut_slice(&mut self) -> &mut [E] {
        self.kept.clear();
        &mut self.vec[self.start..][..self.len]
    }
}

/// A shared run of numbers. Cloning it shares; the last handle to go gives it back to the pool.
pub(crate) struct Buffer<E: Recycled> {
    // `None` only while being dropped.
    shared: Option<Arc<Numbers<E>>>,
}

impl<E: Recycled> Buffer<E> {
    /// A buffer of `len` numbers whose contents are arbitrary: the caller overwrites all of them.
    pub(crate) fn arbitrary(len: usize) -> Self {
        let mut shared = pool::<E>().take(len);
        if POISON.get() {
            let numbers = Arc::get_mut(&mut shared).expect("a pooled buffer has one handle");
            numbers.as_mut_slice().fill(E::POISON);
        }
        Buffer { shared: Some(shared) }
    }

    /// A buffer with a copy of `numbers`.
    pub(crate) fn copy_of(numbers: &[E]) -> Self {
        let mut buffer = Buffer::arbitrary(numbers.len());
        buffer.get_mut().expect("a new buffer has one handle").copy_from_slice(numbers);
        buffer
    }

    /// The numbers for writing, when this is the only handle to them.
    pub(crate) fn get_mut(&mut self) -> Option<&mut [E]> {
        Arc::get_mut(self.shared.as_mut()?).map(Numbers::as_mut_slice)
    }

    /// Where products keep what they make of the numbers.
    pub(crate) fn kept(&self) -> Option<&Kept<E>> {
        self.shared.as_deref().map(|numbers| &numbers.kept)
    }
}

impl<E: Recycled> Clone for Buffer<E> {
    fn clone(&self) -> Self {
        Buffer { shared: self.shared.clone() }
    }
}

impl<E: Recycled> Deref for Buffer<E> {
    type Target = [E];
    fn deref(&self) -> &[E] {
        self.shared.as_deref().map_or(&[], Numbers::as_slice)
    }
}

impl<E: Recycled> Drop for Buffer<E> {
    fn drop(&mut self) {
        let Some(mut shared) = self.shared.take() else { return };
        // Two threads that drop the last two handles at once may both see the other's: the buffer
        // is then freed instead of kept, which costs an allocation and nothing else.
        if let Some(numbers) = Arc::get_mut(&mut shared) {
            numbers.kept.clear();
            pool::<E>().give(shared);
        }
    }
}

fn pool<E: Recycled>() -> MutexGuard<'static, Pool<E>> {
    E::pool().lock().unwrap_or_else(PoisonError::into_inner)
}

/// Idle buffers by length, and how much is in use.
#[doc(hidden)]
pub struct Pool<E> {
    idle: HashMap<usize, Vec<Arc<Numbers<E>>>>,
    n_idle: usize,
    n_live: usize,
    most_live: usize,
    /// How many buffers have been made.
    n_made: usize,
}

impl<E> Default for Pool<E> {
    fn default() -> Self {
        Pool { idle: HashMap::new(), n_idle: 0, n_live: 0, most_live: 0, n_made: 0 }
    }
}

/// Elements that may lie idle in any case, so that small programs never evict.
const FREE_ALLOWANCE: usize = 1 << 20;

impl<E: Recycled> Pool<E> {
    fn take(&mut self, len: usize) -> Arc<Numbers<E>> {
        self.n_live += len;
        self.most_live = self.most_live.max(self.n_live);
        if let Some(shared) = self.idle.get_mut(&len).and_then(Vec::pop) {
            self.n_idle -= len;
            return shared;
        }
        self.make_room();
        self.n_made += 1;
        Arc::new(Numbers::new(len, self.n_made))
    }

    /// Keeps a buffer for the next request of its length, unless more would then lie idle than
    /// [`most_idle`](Self::most_idle).
    fn give(&mut self, shared: Arc<Numbers<E>>) {
        let len = shared.len;
        self.n_live -= len;
        if self.n_idle + len > self.most_idle() {
            return;
        }
        self.n_idle += len;
        self.idle.entry(len).or_default().push(shared);
    }

    /// How many elements may lie idle: twice as many as were ever in use at once. Between two steps
    /// everything is idle, and each length must then be there as often as the step needs it at its
    /// worst moment; those moments differ, so their sum is more than was ever in use together.
    fn most_idle(&self) -> usize {
        2 * self.most_live + FREE_ALLOWANCE
    }

    /// Frees the largest idle buffers until what lies idle and what is in use are together no more
    /// than may lie idle. Only a request that no idle buffer fits comes here.
    fn make_room(&mut self) {
        while self.n_live + self.n_idle > self.most_idle() {
            let lengths = self.idle.iter().filter(|(_, list)| !list.is_empty());
            let Some(largest) = lengths.map(|(&len, _)| len).max() else { return };
            self.n_idle -= self.idle.remove(&largest).map_or(0, |list| list.len() * largest);
        }
    }
}

thread_local! {
    static POISON: Cell<bool> = const { Cell::new(false) };
}

/// Runs `f` with every buffer that this thread asks for filled with NaN (or an index that does not
/// exist) first, so that a kernel
/// which does not overwrite its whole output is found out.
pub fn with_poisoned_buffers<T>(f: impl FnOnce() -> T) -> T {
    let before = POISON.replace(true);
    let result = f();
    POISON.set(before);
    result
}
