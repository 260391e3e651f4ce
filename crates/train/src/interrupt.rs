//! Ending a run before its end.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A wish to end, which training grants after the current step: it then saves and reports as if
/// that had been the plan.
///
/// Clones share the wish.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

/// What a shell reports for a process that ended by Ctrl-C: 128 and the number of the signal.
const EXIT_CODE: i32 = 130;

impl Interrupt {
    /// A wish that Ctrl-C, and a request to terminate, express. A second Ctrl-C ends the process at
    /// once.
    ///
    /// # Errors
    /// When the operating system refuses, or this was called before.
    pub fn on_ctrl_c() -> io::Result<Self> {
        let interrupt = Interrupt::default();
        let wish = interrupt.clone();
        let handler = move || {
            if wish.0.swap(true, Ordering::Relaxed) {
                std::process::exit(EXIT_CODE);
            }
            eprintln!("ending after this step; press Ctrl-C again to end at once");
        };
        ctrlc::set_handler(handler).map_err(io::Error::other)?;
        Ok(interrupt)
    }

    /// Wishes to end.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether someone wishes to end.
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
