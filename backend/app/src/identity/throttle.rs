//! Slows down guessing: by account and by address, never locking anybody out. Held in this process only.

use std::collections::HashMap;
use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use phony_kernel::{Error, Kind, Result};
use sha2::{Digest, Sha256};

/// Failures of an account that cost nothing yet.
const FREE_FAILURES: u32 = 5;
/// How long failures of an account count.
const ACCOUNT_WINDOW: TimeDelta = TimeDelta::minutes(15);
/// Failures from one address in [`ADDRESS_WINDOW`].
const ADDRESS_FAILURES: u32 = 20;
/// How long failures of an address count.
const ADDRESS_WINDOW: TimeDelta = TimeDelta::minutes(1);
/// Accounts and addresses remembered at the most.
const CAPACITY: usize = 50_000;

/// Accounts by a hash of their name, so that entries are small and say nothing.
type AccountKey = [u8; 16];

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
}

#[derive(Debug, Default)]
pub(crate) struct Throttle {
    accounts: Mutex<HashMap<AccountKey, Failures>>,
    addresses: Mutex<HashMap<IpAddr, Failures>>,
}

fn account_key(account: &str) -> AccountKey {
    let hash = Sha256::digest(account.trim().to_lowercase().as_bytes());
    let mut key = [0; 16];
    key.copy_from_slice(&hash[..16]);
    key
}

/// An IPv6 customer has a whole /64 to choose addresses from, so that counts as one.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let mut segments = v6.segments();
            segments[4..].fill(0);
            IpAddr::from(segments)
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

impl Throttle {
    /// Goes on unless it is too soon for another try. The try counts as failed from now on, so that many at once
    /// are not one; [`Throttle::forget`] or [`Throttle::undo`] takes it back.
    ///
    /// # Errors
    /// `too_many_attempts` with the time to wait.
    pub(crate) fn begin(&self, account: &str, address: Option<IpAddr>, now: DateTime<Utc>) -> Result<()> {
        let (mut accounts, mut addresses) = (self.accounts.lock(), self.addresses.lock());
        let mut wait = TimeDelta::zero();
        if let Some(failures) = accounts.get(&account_key(account)) {
            wait = wait.max(failures.account_ready_at() - now);
        }
        if let Some(address) = address
            && let Some(failures) = addresses.get(&network(address))
            && failures.count >= ADDRESS_FAILURES
        {
            wait = wait.max(failures.first + ADDRESS_WINDOW - now);
        }
        if wait <= TimeDelta::zero() {
            count(&mut accounts, account_key(account), now, ACCOUNT_WINDOW);
            if let Some(address) = address {
                count(&mut addresses, network(address), now, ADDRESS_WINDOW);
            }
            return Ok(());
        }
        let seconds = u32::try_from((wait.num_milliseconds() + 999) / 1_000).unwrap_or(u32::MAX);
        Err(Error::new(
            Kind::RateLimited,
            "too_many_attempts",
            "too many attempts, wait a little",
        )
        .retry_after(seconds))
    }

    /// Takes a try back that did not come to a judgement, or that was no failure.
    pub(crate) fn undo(&self, account: &str, address: Option<IpAddr>) {
        if let Some(failures) = self.accounts.lock().get_mut(&account_key(account)) {
            failures.count = failures.count.saturating_sub(1);
        }
        self.undo_address(address);
    }

    /// Forgets the failures of an account that has shown its password.
    pub(crate) fn forget(&self, account: &str, address: Option<IpAddr>) {
        self.accounts.lock().remove(&account_key(account));
        self.undo_address(address);
    }

    /// Takes a try back from the address that it came from, not from the account.
    pub(crate) fn undo_address(&self, address: Option<IpAddr>) {
        if let Some(address) = address
            && let Some(failures) = self.addresses.lock().get_mut(&network(address))
        {
            failures.count = failures.count.saturating_sub(1);
        }
    }
}

impl Failures {
    /// One second after the fifth failure, then twice as long each time, up to the window.
    fn account_ready_at(&self) -> DateTime<Utc> {
        if self.count < FREE_FAILURES {
            return self.first;
        }
        let doublings = (self.count - FREE_FAILURES).min(10);
        self.last + TimeDelta::seconds(1 << doublings).min(ACCOUNT_WINDOW)
    }
}

fn count<K: Copy + Eq + std::hash::Hash>(
    entries: &mut HashMap<K, Failures>,
    key: K,
    now: DateTime<Utc>,
    window: TimeDelta,
) {
    if entries.len() >= CAPACITY && !entries.contains_key(&key) {
        entries.retain(|_, failures| now - failures.last < window);
        if entries.len() >= CAPACITY
            && let Some(oldest) = entries.iter().min_by_key(|(_, f)| f.last).map(|(key, _)| *key)
        {
            entries.remove(&oldest);
        }
    }
    let failures = entries.entry(key).or_insert(Failures {
        count: 0,
        first: now,
        last: now,
    });
    if now - failures.last >= window || (window == ADDRESS_WINDOW && now - failures.first >= window) {
        *failures = Failures {
            count: 0,
            first: now,
            last: now,
        };
    }
    failures.count = failures.count.saturating_add(1);
    failures.last = now;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(error: &Error) -> u32 {
        error.retry_after_seconds().unwrap()
    }

    #[test]
    fn the_sixth_try_waits_and_each_failure_doubles_the_wait() {
        let (throttle, mut now) = (Throttle::default(), Utc::now());
        for _ in 0..5 {
            throttle.begin("Ana@example.com", None, now).unwrap();
        }
        for expected in [1, 2, 4, 8] {
            let refused = throttle.begin("ana@example.com", None, now).unwrap_err();
            assert_eq!(seconds(&refused), expected);
            now += TimeDelta::seconds(i64::from(expected));
            throttle.begin("ana@example.com", None, now).unwrap();
        }
        throttle.begin("ben@example.com", None, now).unwrap();
        throttle.forget("ana@example.com", None);
        throttle.begin("ana@example.com", None, now).unwrap();
        throttle.begin("ana@example.com", None, now).unwrap();
    }

    #[test]
    fn the_wait_has_an_end_and_old_failures_are_forgotten() {
        let (throttle, mut now) = (Throttle::default(), Utc::now());
        for _ in 0..30 {
            if let Err(refused) = throttle.begin("ana", None, now) {
                assert!(seconds(&refused) <= 900);
                now += TimeDelta::seconds(i64::from(seconds(&refused)));
            }
        }
        let later = now + ACCOUNT_WINDOW;
        throttle.begin("ana", None, later).unwrap();
        throttle.begin("ana", None, later).unwrap();
    }

    #[test]
    fn a_try_that_was_no_failure_does_not_count() {
        let (throttle, now) = (Throttle::default(), Utc::now());
        let address: Option<IpAddr> = Some("203.0.113.9".parse().unwrap());
        for _ in 0..50 {
            throttle.begin("ana", address, now).unwrap();
            throttle.undo("ana", address);
            throttle.begin("ben", address, now).unwrap();
            throttle.forget("ben", address);
        }
    }

    #[test]
    fn an_address_has_twenty_failures_a_minute() {
        let (throttle, now) = (Throttle::default(), Utc::now());
        let address: Option<IpAddr> = Some("203.0.113.9".parse().unwrap());
        for n in 0..20 {
            throttle.begin(&format!("account {n}"), address, now).unwrap();
        }
        let refused = throttle
            .begin("x", address, now + TimeDelta::seconds(10))
            .unwrap_err();
        assert_eq!((refused.code(), seconds(&refused)), ("too_many_attempts", 50));
        throttle.begin("x", address, now + TimeDelta::minutes(1)).unwrap();
        throttle
            .begin("y", Some("203.0.113.10".parse().unwrap()), now)
            .unwrap();
    }

    #[test]
    fn neighbours_in_one_ipv6_network_are_one() {
        let (throttle, now) = (Throttle::default(), Utc::now());
        let begin = |n: u32, address: &str| {
            throttle.begin(&format!("account {n}"), Some(address.parse().unwrap()), now)
        };
        for n in 0..20 {
            begin(n, &format!("2001:db8:1:2::{n:x}")).unwrap();
        }
        assert!(begin(20, "2001:db8:1:2:3::1").is_err());
        assert!(begin(21, "2001:db8:1:3::1").is_ok());
    }

    #[test]
    fn memory_is_bounded() {
        let mut entries = HashMap::new();
        let now = Utc::now();
        for n in 0..CAPACITY + 10 {
            count(&mut entries, n, now, ACCOUNT_WINDOW);
        }
        assert_eq!(entries.len(), CAPACITY);
    }
}
