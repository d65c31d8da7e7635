//! Progress at the terminal: what is being done and how long it took.

use std::fmt::Display;
use std::time::{Duration, Instant};

use anyhow::Result;

/// Prints steps with their times.
#[derive(Debug)]
pub(crate) struct Steps {
    begun: Instant,
}

impl Steps {
    pub(crate) fn new() -> Self {
        Self {
            begun: Instant::now(),
        }
    }

    /// Time since the first step.
    pub(crate) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Does `work` and prints `name` with its time.
    pub(crate) fn step<T>(&mut self, name: impl Display, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let begun = Instant::now();
        let result = work();
        self.done(name, begun.elapsed(), result.is_ok());
        result
    }

    /// Prints a step that was done elsewhere.
    pub(crate) fn done(&mut self, name: impl Display, took: Duration, good: bool) {
        let word = if good { "ok  " } else { "FAIL" };
        println!("  {word} {:>7}  {name}", seconds(took));
    }
}

/// `12.3 s`.
pub(crate) fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}
