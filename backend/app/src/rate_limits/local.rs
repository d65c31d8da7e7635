//! The same counting in this process alone, for the time that Redis is gone.

use std::collections::HashMap;

use parking_lot::Mutex;
use phony_kernel::Rate;

use super::{CAPACITY, Key};

/// When each bucket is full again, in microseconds.
#[derive(Debug, Default)]
pub(super) struct Local(Mutex<HashMap<Key, u64>>);

impl Local {
    /// Takes a token. Gives how many are left and in how many microseconds the bucket is full, or in how many one can
    /// be had.
    pub(super) fn take(&self, key: Key, rate: Rate, now_us: u64) -> Result<(u64, u64), u64> {
        let mut all = self.0.lock();
        if all.len() >= CAPACITY {
            all.retain(|_, full_at| *full_at > now_us);
        }
        if all.len() >= CAPACITY && !all.contains_key(&key) {
            // Too many are busy at once to know them all.
            return Err(rate.interval_us());
        }
        let (interval, whole) = (rate.interval_us(), rate.interval_us() * u64::from(rate.burst));
        let full_at = all.entry(key).or_insert(now_us);
        *full_at = (*full_at).clamp(now_us, now_us + whole);
        let room = (whole - (*full_at - now_us)) / interval;
        if room == 0 {
            return Err(*full_at - now_us - (whole - interval));
        }
        *full_at += interval;
        Ok((room - 1, *full_at - now_us))
    }
}

#[cfg(test)]
mod tests {
    use phony_kernel::{Bucket, TenantId};

    use super::super::Subject;
    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let (local, key) = (Local::default(), (Subject::Tenant(TenantId::new()), Bucket::Read));
        let rate = Rate {
            tokens: 10,
            per_seconds: 1,
            burst: 3,
        };
        let start = 5_000_000;
        assert_eq!(local.take(key, rate, start), Ok((2, 100_000)));
        assert_eq!(local.take(key, rate, start), Ok((1, 200_000)));
        assert_eq!(local.take(key, rate, start), Ok((0, 300_000)));
        assert_eq!(local.take(key, rate, start), Err(100_000));
        assert_eq!(local.take(key, rate, start + 40_000), Err(60_000));
        assert_eq!(local.take(key, rate, start + 100_000), Ok((0, 300_000)));
        assert_eq!(local.take(key, rate, start + 100_000), Err(100_000));
        assert_eq!(local.take(key, rate, start + 9_000_000), Ok((2, 100_000)));
        let other = (key.0, Bucket::Write);
        assert_eq!(local.take(other, rate, start), Ok((2, 100_000)));
    }
}
