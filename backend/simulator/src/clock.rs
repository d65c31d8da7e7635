//! Simulated time: talking, ringing and waiting run `speed` times faster than the wall clock. Network limits
//! (the fifteen seconds a webhook may take) are not scaled and do not use this clock.

use std::time::{Duration, Instant};

/// Simulated milliseconds since the simulator started.
pub(crate) type Millis = u64;

/// A clock that runs `speed` times faster than the wall clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    origin: Instant,
    speed: f64,
}

/// Whole milliseconds of a computed time.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and a time before the beginning is the beginning"
)]
pub(crate) fn whole_ms(ms: f64) -> Millis {
    ms as Millis
}

impl Clock {
    pub(crate) fn new(speed: f64) -> Self {
        let speed = if speed.is_finite() && speed > 0.0 {
            speed
        } else {
            1.0
        };
        Self {
            origin: Instant::now(),
            speed,
        }
    }

    pub(crate) fn now(&self) -> Millis {
        whole_ms(self.origin.elapsed().as_secs_f64() * 1000.0 * self.speed)
    }

    /// The real time that passes while `ms` simulated milliseconds do.
    pub(crate) fn real(&self, ms: Millis) -> Duration {
        Duration::from_secs_f64(ms as f64 / 1000.0 / self.speed)
    }

    pub(crate) async fn sleep(&self, ms: Millis) {
        tokio::time::sleep(self.real(ms)).await;
    }

    pub(crate) async fn sleep_until(&self, at: Millis) {
        let now = self.now();
        if at > now {
            self.sleep(at - now).await;
        }
    }
}
