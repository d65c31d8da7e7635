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

    /// Does `work` and prints `name` with its time; a step of no time is not worth a line.
    pub(crate) fn step<T>(&mut self, name: impl Display, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let begun = Instant::now();
        let result = work();
        let took = begun.elapsed();
        match &result {
            Ok(_) => println!("  ok   {:>7}  {name}", seconds(took)),
            Err(_) => println!("  FAIL {:>7}  {name}", seconds(took)),
        }
        result
    }
}

/// `12.3 s`.
pub(crate) fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}
