//! How late the threads that carry calls are: an instance past its limit takes no new calls, so that the voices of
//! those that are up stay smooth.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::calls::Calls;

/// As often as a frame of sound comes.
const TICK: Duration = Duration::from_millis(20);
/// Ticks that are judged together: a second.
const WINDOW: u32 = 50;

/// The threads that are over their limit now.
#[derive(Debug, Default)]
pub(crate) struct Load {
    late_threads: AtomicUsize,
}

impl Load {
    pub(crate) fn is_high(&self) -> bool {
        self.late_threads.load(Ordering::Relaxed) > 0
    }
}

/// One window of ticks.
#[derive(Debug, Default)]
struct Window {
    ticks: u32,
    late: u32,
    very_late: u32,
}

/// Ticks of a window that may be late before no new calls are taken: one or two are a moment's stall, more are load.
const FEW: u32 = 2;

impl Window {
    /// Counts a tick. At the end of a window: whether the thread is over its limit, when that is clear. Once over,
    /// it must be well within again.
    fn tick(&mut self, late_by: Duration, limit: Duration) -> Option<bool> {
        self.ticks += 1;
        self.late += u32::from(late_by > limit / 2);
        self.very_late += u32::from(late_by > limit);
        if self.ticks < WINDOW {
            return None;
        }
        let window = std::mem::take(self);
        if window.very_late > FEW {
            Some(true)
        } else if window.late <= FEW {
            Some(false)
        } else {
            None
        }
    }
}

impl Calls {
    /// Whether a new call is taken: there is room, and the threads keep up with those that are up.
    #[must_use]
    pub fn takes_new_calls(&self) -> bool {
        self.has_room() && !self.is_draining() && !self.0.load.is_high()
    }

    /// Watches how late the thread is on which this runs, as long as the thread lives. One for every thread that
    /// carries calls.
    pub async fn watch_thread(self) {
        let Some(limit) = self.0.config.max_lateness else {
            return;
        };
        let (mut window, mut is_late) = (Window::default(), false);
        let mut due = Instant::now() + TICK;
        loop {
            sleep_until(due).await;
            let now = Instant::now();
            let verdict = window.tick(now - due, limit);
            if let Some(late) = verdict.filter(|late| *late != is_late) {
                is_late = late;
                let threads = &self.0.load.late_threads;
                if late {
                    threads.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!("a thread that carries calls is late, no new calls are taken");
                } else {
                    threads.fetch_sub(1, Ordering::Relaxed);
                    tracing::info!("a thread that carries calls keeps up again");
                }
                metrics::gauge!("phony_late_threads").set(threads.load(Ordering::Relaxed) as f64);
            }
            due = now + TICK;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_millis(10);

    fn after(late_ms: u64, of: u32) -> Option<bool> {
        let mut window = Window::default();
        let mut verdict = None;
        for at in 0..WINDOW {
            let late_by = Duration::from_millis(if at < of { late_ms } else { 0 });
            verdict = window.tick(late_by, LIMIT);
        }
        assert_eq!(window.ticks, 0, "the next window begins");
        verdict
    }

    #[test]
    fn a_few_late_ticks_are_no_load() {
        assert_eq!(after(100, FEW), Some(false));
        assert_eq!(after(11, FEW + 1), Some(true));
        assert_eq!(after(6, WINDOW), None, "in between nothing changes");
        assert_eq!(after(2, WINDOW), Some(false));
    }
}
