//! Whether somebody listens to a call: one look at a number for each piece of its sound.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// How long a listener's word counts; it is given again every two seconds.
pub(crate) const LEASE: Duration = Duration::from_secs(6);

/// Open while a listener's lease lasts.
#[derive(Debug)]
pub(crate) struct Tap {
    epoch: Instant,
    /// Milliseconds since `epoch`; 0 is never.
    until_ms: AtomicU64,
}

impl Default for Tap {
    fn default() -> Self {
        Self {
            epoch: Instant::now(),
            until_ms: AtomicU64::new(0),
        }
    }
}

impl Tap {
    /// Somebody listens, for the length of a lease.
    pub(crate) fn renew(&self) {
        let until = self.epoch.elapsed() + LEASE;
        let until_ms = u64::try_from(until.as_millis()).unwrap_or(u64::MAX);
        self.until_ms.fetch_max(until_ms, Ordering::Relaxed);
    }

    /// Whether somebody listens.
    pub(crate) fn is_open(&self) -> bool {
        let until_ms = self.until_ms.load(Ordering::Relaxed);
        until_ms > 0 && self.epoch.elapsed().as_millis() < u128::from(until_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_open_for_as_long_as_somebody_says_so() {
        let tap = Tap::default();
        assert!(!tap.is_open());
        tap.renew();
        tokio::time::advance(LEASE - Duration::from_millis(1)).await;
        assert!(tap.is_open());
        tap.renew();
        tokio::time::advance(LEASE - Duration::from_millis(1)).await;
        assert!(tap.is_open());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(!tap.is_open());
    }
}
