//! A small pool of threads whose use never shows in the results.
//!
//! [`parallel_for`] hands out the tasks `0..n`: to each thread its share of neighbors, so that it finds
//! in its caches what it left there, and then what others have not begun. A task writes what no other
//! task touches, and where sums cross tasks, sizes alone say how the work is cut and in which order they
//! are added; so any number of threads gives the same bits.
//!
//! The caller takes part, calls from inside a task run in place, and a call allocates nothing.
//! Workers spin for some tens of microseconds after a job, because in training the next one is
//! about to come, and then sleep.
//!
//! The number of threads is that of the machine, unless the environment variable
//! `TENON_NUM_THREADS`, [`set_num_threads`] or [`with_num_threads`] says otherwise.

use std::any::Any;
use std::cell::{Cell, UnsafeCell};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::{hint, thread};

use crate::simd::{self, Level};

/// More threads than this are never used.
pub const MAX_THREADS: usize = 256;

/// How often a thread looks for work before it sleeps: 20 to 70 µs, as the length of a `pause` goes.
const SPINS: usize = 1000;

/// Sets the number of threads of the process, at least 1 and at most [`MAX_THREADS`].
pub fn set_num_threads(n: usize) {
    THREADS.store(n.clamp(1, MAX_THREADS), Ordering::Relaxed);
}

/// The number of threads that a call from this thread may use: 1 in a task that runs beside others.
pub fn num_threads() -> usize {
    if let Some(n) = SCOPED_THREADS.get() {
        return n;
    }
    match THREADS.load(Ordering::Relaxed) {
        0 => {
            let n = std::env::var("TENON_NUM_THREADS")
                .ok()
                .and_then(|value| value.trim().parse().ok())
                .unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
            set_num_threads(n);
            THREADS.load(Ordering::Relaxed)
        }
        n => n,
    }
}

/// Runs `f` with at most `n` threads, whatever the process is set to.
///
/// # Example
/// ```
/// use tenon_kernels::threads::{num_threads, with_num_threads};
/// with_num_threads(1, || assert_eq!(num_threads(), 1));
/// ```
pub fn with_num_threads<R>(n: usize, f: impl FnOnce() -> R) -> R {
    struct Restore(Option<usize>);
    impl Drop for Restore {
        fn drop(&mut self) {
            SCOPED_THREADS.set(self.0);
        }
    }
    let _restore = Restore(SCOPED_THREADS.replace(Some(n.clamp(1, MAX_THREADS))));
    f()
}

/// Calls `task(i)` once for every `i` in `0..n`, in any order and on any thread, and returns when
/// all are done. A panic of a task is passed on after the others have ended.
pub fn parallel_for(n: usize, task: impl Fn(usize) + Sync) {
    let threads = num_threads().min(n);
    if threads <= 1 || POOL.busy.swap(true, Ordering::Acquire) {
        (0..n).for_each(task);
        return;
    }
    /// # Safety
    /// `task` points to an `F` that lives.
    unsafe fn call<F: Fn(usize)>(task: *const (), i: usize) {
        // SAFETY: by the caller's promise.
        unsafe { (*task.cast::<F>())(i) }
    }
    fn calling<F: Fn(usize)>(_: &F) -> unsafe fn(*const (), usize) {
        call::<F>
    }
    // SAFETY: `task` lives until the job is done.
    unsafe { POOL.run(n, threads - 1, (&raw const task).cast(), calling(&task)) };
}

/// Cuts `y` into chunks of `chunk` elements (the last may be shorter) and calls
/// `task(i, chunk i)` for each, in parallel.
pub fn parallel_chunks_mut<T: Send>(y: &mut [T], chunk: usize, task: impl Fn(usize, &mut [T]) + Sync) {
    let len = y.len();
    let parts = Disjoint::new(y);
    parallel_for(len.div_ceil(chunk.max(1)), |i| {
        // SAFETY: chunk i is only touched by task i.
        let part = unsafe { parts.slice(i * chunk, chunk.min(len - i * chunk)) };
        task(i, part);
    });
}

/// As [`parallel_chunks_mut`], with one chunk of each of two slices for each task.
/// The numbers of chunks have to agree.
pub fn parallel_chunks_mut2<T: Send, U: Send>(
    y: &mut [T],
    y_chunk: usize,
    z: &mut [U],
    z_chunk: usize,
    task: impl Fn(usize, &mut [T], &mut [U]) + Sync,
) {
    let (y_len, z_len) = (y.len(), z.len());
    let n = y_len.div_ceil(y_chunk.max(1));
    assert_eq!(n, z_len.div_ceil(z_chunk.max(1)), "chunks of both slices");
    let (y_parts, z_parts) = (Disjoint::new(y), Disjoint::new(z));
    parallel_for(n, |i| {
        // SAFETY: chunk i of each slice is only touched by task i.
        let (y_part, z_part) = unsafe {
            (
                y_parts.slice(i * y_chunk, y_chunk.min(y_len - i * y_chunk)),
                z_parts.slice(i * z_chunk, z_chunk.min(z_len - i * z_chunk)),
            )
        };
        task(i, y_part, z_part);
    });
}

/// A slice that tasks write to at places that do not overlap.
pub(crate) struct Disjoint<'a, T> {
    start: *mut T,
    len: usize,
    slice: PhantomData<&'a mut [T]>,
}

// SAFETY: the parts that threads get from it do not overlap (see `slice`), and `T: Send` lets a
// part be used on another thread.
unsafe impl<T: Send> Sync for Disjoint<'_, T> {}

impl<'a, T> Disjoint<'a, T> {
    pub(crate) fn new(slice: &'a mut [T]) -> Self {
        Disjoint { start: slice.as_mut_ptr(), len: slice.len(), slice: PhantomData }
    }

    /// The `len` elements from `start` on.
    ///
    /// # Safety
    /// No two parts that live at the same time overlap.
    #[expect(clippy::mut_from_ref, reason = "disjointness is the caller's promise")]
    pub(crate) unsafe fn slice(&self, start: usize, len: usize) -> &mut [T] {
        assert!(start <= self.len && len <= self.len - start, "part of a slice");
        // SAFETY: in bounds by the line above; not aliased by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(start), len) }
    }

    /// How many elements there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The address of the first element, for kernels that write strided places.
    pub(crate) fn as_ptr(&self) -> *mut T {
        self.start
    }
}

static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static SCOPED_THREADS: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Set in `Pool::gate` while workers may enter the current job.
const OPEN: u64 = 1 << 31;
/// Where in `Pool::gate` the number of workers that may take part stands.
const LIMIT_SHIFT: u32 = 16;
/// Where in `Pool::gate` the number of the job stands.
const EPOCH_SHIFT: u32 = 32;

/// One job at a time, announced through `gate`.
struct Pool {
    /// The number of the job (32 bits), whether it is open (1), how many workers may take part
    /// (15), how many are inside (16): one word, so that entering a job that has just closed is
    /// impossible.
    gate: AtomicU64,
    /// Of the share of each thread, the caller's first, the next task that nobody has taken.
    next: [Next; MAX_THREADS],
    /// Written by the caller while nobody is inside, read by workers while they are.
    job: UnsafeCell<Job>,
    /// Whether a job runs; further calls then run in place.
    busy: AtomicBool,
    n_sleeping: AtomicUsize,
    n_spawned: Mutex<usize>,
    sleep: Mutex<()>,
    wake: Condvar,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

// SAFETY: `job` is the only field that is not `Sync` by itself; its comment says why it is not raced.
unsafe impl Sync for Pool {}

/// A task to be taken; on a cache line of its own, because each thread mostly looks at its own.
#[repr(align(64))]
struct Next(AtomicUsize);

#[derive(Clone, Copy)]
struct Job {
    task: *const (),
    call: unsafe fn(*const (), usize),
    n: usize,
    /// How many threads have a share.
    n_threads: usize,
    level: Level,
}

impl Job {
    /// Where the share of a thread starts, or where that of the one before it ends.
    fn share(&self, thread: usize) -> usize {
        self.n * thread / self.n_threads
    }
}

static POOL: Pool = Pool {
    gate: AtomicU64::new(0),
    next: [const { Next(AtomicUsize::new(0)) }; MAX_THREADS],
    job: UnsafeCell::new(Job {
        task: std::ptr::null(),
        call: |_, _| {},
        n: 0,
        n_threads: 1,
        level: Level::Portable,
    }),
    busy: AtomicBool::new(false),
    n_sleeping: AtomicUsize::new(0),
    n_spawned: Mutex::new(0),
    sleep: Mutex::new(()),
    wake: Condvar::new(),
    panic: Mutex::new(None),
};

impl Pool {
    /// Runs a job with up to `n_workers` helpers; `busy` is set and is cleared here.
    ///
    /// The type of the task is forgotten, so that this is compiled once.
    ///
    /// # Safety
    /// `call(task, i)` may be called on any thread, also at the same time, until this returns.
    unsafe fn run(
        &'static self,
        n: usize,
        n_workers: usize,
        task: *const (),
        call: unsafe fn(*const (), usize),
    ) {
        self.spawn(n_workers);
        let job = Job { task, call, n, n_threads: n_workers + 1, level: simd::level() };
        // SAFETY: `busy` keeps other callers out, and no worker is inside a closed job.
        unsafe { *self.job.get() = job };
        for (thread, next) in self.next[..job.n_threads].iter().enumerate() {
            next.0.store(job.share(thread), Ordering::Relaxed);
        }
        let epoch = (self.gate.load(Ordering::Relaxed) >> EPOCH_SHIFT).wrapping_add(1);
        let announced = (epoch << EPOCH_SHIFT) | OPEN | ((n_workers as u64) << LIMIT_SHIFT);
        self.gate.store(announced, Ordering::SeqCst);
        if self.n_sleeping.load(Ordering::SeqCst) > 0 {
            let _guard = lock(&self.sleep);
            self.wake.notify_all();
        }

        self.work(job, 0);

        // `task` must outlive every use of it: from here on nobody enters, and who is inside is
        // waited for.
        self.gate.fetch_and(!OPEN, Ordering::AcqRel);
        let mut spins = 0;
        while self.gate.load(Ordering::Acquire) & 0xffff != 0 {
            spins += 1;
            if spins < SPINS {
                hint::spin_loop();
            } else {
                thread::yield_now();
            }
        }
        let panic = lock(&self.panic).take();
        self.busy.store(false, Ordering::Release);
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }

    /// Takes tasks of `job` until there are none: first those of the thread's own share.
    fn work(&self, job: Job, thread: usize) {
        let before = SCOPED_THREADS.replace(Some(1));
        let result = catch_unwind(AssertUnwindSafe(|| {
            for share in (thread..job.n_threads).chain(0..thread) {
                let end = job.share(share + 1);
                loop {
                    let i = self.next[share].0.fetch_add(1, Ordering::Relaxed);
                    if i >= end {
                        break;
                    }
                    // SAFETY: the job is open or this thread is inside, so the task lives.
                    unsafe { (job.call)(job.task, i) };
                }
            }
        }));
        SCOPED_THREADS.set(before);
        if let Err(panic) = result {
            for (share, next) in self.next[..job.n_threads].iter().enumerate() {
                next.0.store(job.share(share + 1), Ordering::Relaxed);
            }
            lock(&self.panic).get_or_insert(panic);
        }
    }

    fn spawn(&'static self, n_workers: usize) {
        let mut n_spawned = lock(&self.n_spawned);
        while *n_spawned < n_workers {
            let index = *n_spawned;
            let worker =
                thread::Builder::new().name(format!("tenon-worker-{index}")).spawn(move || self.serve(index));
            // Without a thread the work is done all the same, by those there are.
            if worker.is_err() {
                break;
            }
            *n_spawned += 1;
        }
    }

    /// What worker `index` does for ever.
    fn serve(&self, index: usize) {
        let mut seen = 0;
        loop {
            let mut gate = self.wait_for_job(seen);
            seen = gate >> EPOCH_SHIFT;
            let entered = loop {
                let limit = ((gate & (OPEN - 1)) >> LIMIT_SHIFT) as usize;
                if gate >> EPOCH_SHIFT != seen || gate & OPEN == 0 || index >= limit {
                    break false;
                }
                let inside = gate + 1;
                match self.gate.compare_exchange(gate, inside, Ordering::AcqRel, Ordering::Relaxed) {
                    Ok(_) => break true,
                    Err(current) => gate = current,
                }
            };
            if entered {
                // SAFETY: this worker is inside, so the caller does not write the job.
                let job = unsafe { *self.job.get() };
                simd::with_level(job.level, || self.work(job, index + 1));
                self.gate.fetch_sub(1, Ordering::Release);
            }
        }
    }

    /// Waits until the number of the job is not `seen`.
    fn wait_for_job(&self, seen: u64) -> u64 {
        for _ in 0..SPINS {
            let gate = self.gate.load(Ordering::Acquire);
            if gate >> EPOCH_SHIFT != seen {
                return gate;
            }
            hint::spin_loop();
        }
        let mut guard = lock(&self.sleep);
        self.n_sleeping.fetch_add(1, Ordering::SeqCst);
        let gate = loop {
            let gate = self.gate.load(Ordering::SeqCst);
            if gate >> EPOCH_SHIFT != seen {
                break gate;
            }
            guard = self.wake.wait(guard).unwrap_or_else(PoisonError::into_inner);
        };
        self.n_sleeping.fetch_sub(1, Ordering::SeqCst);
        gate
    }
}

/// The locks guard no data that a panic could leave half written.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
