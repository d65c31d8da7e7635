//! Time as it passed for this process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const TICK: Duration = Duration::from_millis(5);
/// Whoever is woken later than this was kept waiting by the machine.
const LONGEST_TICK: Duration = Duration::from_millis(10);

/// Measures how long the product takes for something. What a busy machine gave to others meanwhile does not count:
/// nobody could have done anything in it.
#[derive(Debug)]
pub struct Stopwatch {
    passed_us: Arc<AtomicU64>,
    stopped: Arc<AtomicBool>,
}

impl Stopwatch {
    /// One that runs.
    #[must_use]
    pub fn start() -> Self {
        let (passed_us, stopped) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (passed, stop) = (Arc::clone(&passed_us), Arc::clone(&stopped));
        thread::spawn(move || {
            let mut last = Instant::now();
            while !stop.load(Ordering::Relaxed) {
                thread::sleep(TICK);
                let now = Instant::now();
                let tick = now.duration_since(last).min(LONGEST_TICK);
                last = now;
                passed.fetch_add(u64::try_from(tick.as_micros()).unwrap_or(0), Ordering::Relaxed);
            }
        });
        Self { passed_us, stopped }
    }

    /// How long it has run.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        Duration::from_micros(self.passed_us.load(Ordering::Relaxed))
    }
}

impl Drop for Stopwatch {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}
