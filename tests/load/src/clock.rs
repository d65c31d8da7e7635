//! One clock for both ends of every measurement: carrier and model stand-in are one process.

use std::sync::OnceLock;
use std::time::Instant;

static BEGUN: OnceLock<Instant> = OnceLock::new();

/// Nanoseconds since the first look.
pub(crate) fn now_ns() -> u64 {
    let begun = BEGUN.get_or_init(Instant::now);
    u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
