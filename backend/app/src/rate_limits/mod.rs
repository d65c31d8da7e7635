//! How often one may ask. Counted in Redis, so that all instances count together, by its clock.
//!
//! A request costs at most one exchange with Redis, and a busy tenant's mostly none: an instance takes as many tokens
//! at once as the last tenth of a second would have needed, and gives them out itself for the next. A token that is
//! given out was taken before, so no more can be had than the bucket held; what is not used in time is lost.

mod local;
mod subject;
mod table;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use phony_kernel::{Bucket, InstanceId, Rate};
use redis::Script;
use redis::aio::ConnectionManager;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use local::Local;
pub use subject::Subject;
pub use table::{BadRates, RateTable};

/// How long tokens that were taken ahead may be given out.
const AHEAD: Duration = Duration::from_millis(100);
/// Redis is waited for this long; then the instance counts alone. Where the counting is tested the machine is busy.
const REDIS_WITHIN: Duration = Duration::from_millis(if cfg!(test) { 10_000 } else { 250 });
/// After Redis did not answer it is not asked for this long.
const ALONE_FOR: Duration = Duration::from_secs(1);
/// How often an instance says that it is there, and counts the others.
const COUNTED_EVERY: Duration = Duration::from_secs(10);
/// An instance that has not said so for this long is gone.
const GONE_AFTER_MS: u64 = 30_000;
/// Instances that are assumed at least when nobody can be asked.
const INSTANCES_AT_LEAST: u32 = 2;
/// Tries of an address without Redis, in a minute.
const AUTH_ALONE: Rate = Rate {
    tokens: 5,
    per_seconds: 60,
    burst: 5,
};
/// Buckets remembered by one instance at the most.
const CAPACITY: usize = 50_000;

type Key = (Subject, Bucket);

/// Where a request stands with its bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Which bucket.
    pub bucket: Bucket,
    /// What it holds.
    pub rate: Rate,
    /// Whether the request may go on.
    pub allowed: bool,
    /// Requests that could follow at once.
    pub left: u64,
    /// For one that may not go on: seconds until one may, rounded up. Else: until the bucket is full.
    pub seconds: u64,
}

/// Counts requests. Cheap to clone.
#[derive(Clone)]
pub struct RateLimits {
    inner: Arc<Inner>,
}

struct Inner {
    redis: ConnectionManager,
    script: Script,
    presence: Script,
    instance: InstanceId,
    instances: AtomicU32,
    operator: RateTable,
    epoch: Instant,
    /// Exchanges with Redis so far.
    exchanges: AtomicU64,
    /// Microseconds since `epoch` until which Redis is not asked.
    alone_until_us: AtomicU64,
    ahead: Mutex<HashMap<Key, Ahead>>,
    local: Local,
}

/// What an instance knows of a bucket.
#[derive(Debug, Clone, Copy)]
struct Ahead {
    /// What the bucket held then; a changed quota is asked for anew.
    rate: Rate,
    /// Tokens that were taken and not given out.
    tokens: u32,
    /// Until when they may be.
    until: Instant,
    /// Tokens in Redis after them.
    left: u64,
    /// Seconds until the bucket is full.
    full_seconds: u64,
    /// Nothing can be had before.
    empty_until: Option<Instant>,
    /// Somebody is asking for tokens ahead, until then at the latest.
    asking_until: Option<Instant>,
    /// Requests since `since`.
    asked: u32,
    since: Instant,
}

impl Ahead {
    /// One of the tokens that were taken before, if there is any.
    fn give(&mut self, bucket: Bucket, now: Instant) -> Option<Standing> {
        if now >= self.until {
            self.tokens = 0;
        }
        self.tokens = self.tokens.checked_sub(1)?;
        Some(Standing {
            bucket,
            rate: self.rate,
            allowed: true,
            left: self.left + u64::from(self.tokens),
            seconds: self.full_seconds,
        })
    }
}

/// What Redis says.
struct Given {
    tokens: u32,
    left: u64,
    wait_us: u64,
    full_us: u64,
}

impl std::fmt::Debug for RateLimits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RateLimits").finish_non_exhaustive()
    }
}

impl RateLimits {
    /// `operator` says what holds for all plans.
    #[must_use]
    pub fn new(redis: ConnectionManager, instance: InstanceId, operator: RateTable) -> Self {
        Self {
            inner: Arc::new(Inner {
                redis,
                script: Script::new(include_str!("gcra.lua")),
                presence: Script::new(include_str!("presence.lua")),
                instance,
                instances: AtomicU32::new(INSTANCES_AT_LEAST),
                operator,
                epoch: Instant::now(),
                exchanges: AtomicU64::new(0),
                alone_until_us: AtomicU64::new(0),
                ahead: Mutex::default(),
                local: Local::default(),
            }),
        }
    }

    /// The quota of a bucket: the tenant's own, else the operator's, else the plan's.
    #[must_use]
    pub fn rate(&self, bucket: Bucket, own: Option<&BTreeMap<Bucket, Rate>>, plan: Rate) -> Rate {
        let own = own.and_then(|own| own.get(&bucket)).copied();
        own.or_else(|| self.inner.operator.get(bucket)).unwrap_or(plan)
    }

    /// Counts a request. Never fails: without Redis each instance counts its share.
    pub async fn take(&self, subject: Subject, bucket: Bucket, rate: Rate) -> Standing {
        let key = (subject.network(), bucket);
        let now = Instant::now();
        let wanted = match self.answer_ahead(&key, rate, now) {
            Ok(standing) => return standing,
            Err(wanted) => wanted,
        };
        if self.is_alone(now) {
            return self.alone(key, rate, now);
        }
        match timeout(REDIS_WITHIN, self.ask(&key, rate, wanted)).await {
            Ok(Ok(given)) => self.keep(key, rate, wanted, &given, now),
            failed => {
                if let Ok(Err(cause)) = failed {
                    tracing::debug!(error = %cause, "rates are counted alone");
                }
                metrics::counter!("rate_limits_alone_total").increment(1);
                let until = (now + ALONE_FOR).duration_since(self.inner.epoch);
                let until = u64::try_from(until.as_micros()).unwrap_or(u64::MAX);
                self.inner.alone_until_us.store(until, Ordering::Relaxed);
                self.alone(key, rate, now)
            }
        }
    }

    /// Answers without Redis when it can; else says how many tokens to ask for.
    fn answer_ahead(&self, key: &Key, rate: Rate, now: Instant) -> Result<Standing, u32> {
        let mut all = self.inner.ahead.lock();
        let Some(known) = all.get_mut(key).filter(|known| known.rate == rate) else {
            return Err(1);
        };
        if now.duration_since(known.since) > AHEAD {
            known.since = now;
            known.asked = 0;
        }
        known.asked = known.asked.saturating_add(1);
        if let Some(standing) = known.give(key.1, now) {
            return Ok(standing);
        }
        if let Some(until) = known.empty_until {
            if now < until {
                let wait = until.duration_since(now);
                return Ok(refused(
                    key.1,
                    rate,
                    u64::try_from(wait.as_micros()).unwrap_or(u64::MAX),
                ));
            }
            known.empty_until = None;
        }
        // Of many that ask at the same moment one asks ahead, or most of what they get would be lost.
        if known.asking_until.is_some_and(|until| now < until) {
            return Err(1);
        }
        let wanted = known.asked.clamp(1, most_ahead(key.1, rate));
        known.asking_until = (wanted > 1).then(|| now + REDIS_WITHIN);
        Err(wanted)
    }

    async fn ask(&self, key: &Key, rate: Rate, wanted: u32) -> redis::RedisResult<Given> {
        self.inner.exchanges.fetch_add(1, Ordering::Relaxed);
        let mut redis = self.inner.redis.clone();
        let (tokens, left, wait_us, full_us): (u32, u64, f64, f64) = self
            .inner
            .script
            .key(key.0.redis_key(key.1))
            .arg(rate.interval_us())
            .arg(rate.burst)
            .arg(wanted)
            .invoke_async(&mut redis)
            .await?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "microseconds of at most a few days"
        )]
        let us = |value: f64| value.max(0.0) as u64;
        Ok(Given {
            tokens,
            left,
            wait_us: us(wait_us),
            full_us: us(full_us),
        })
    }

    /// Remembers what Redis has given beyond the token of this request.
    fn keep(&self, key: Key, rate: Rate, wanted: u32, given: &Given, now: Instant) -> Standing {
        let mut all = self.inner.ahead.lock();
        if all.len() >= CAPACITY {
            all.retain(|_, known| now.duration_since(known.since) < AHEAD);
        }
        let known = all.entry(key).or_insert(Ahead {
            rate,
            tokens: 0,
            until: now,
            left: 0,
            full_seconds: 0,
            empty_until: None,
            asking_until: None,
            asked: 1,
            since: now,
        });
        if known.rate != rate {
            known.rate = rate;
            known.tokens = 0;
        }
        known.left = given.left;
        known.full_seconds = given.full_us.div_ceil(1_000_000);
        if wanted > 1 {
            known.asking_until = None;
        }
        if given.tokens == 0 {
            if let Some(standing) = known.give(key.1, now) {
                return standing;
            }
            known.empty_until = Some(now + Duration::from_micros(given.wait_us));
            return refused(key.1, rate, given.wait_us);
        }
        known.empty_until = None;
        let more = given.tokens - 1;
        if more > 0 {
            known.tokens += more;
            known.until = now + AHEAD;
        }
        Standing {
            bucket: key.1,
            rate,
            allowed: true,
            left: given.left + u64::from(known.tokens),
            seconds: known.full_seconds,
        }
    }

    fn is_alone(&self, now: Instant) -> bool {
        let now_us = u64::try_from(now.duration_since(self.inner.epoch).as_micros()).unwrap_or(u64::MAX);
        now_us < self.inner.alone_until_us.load(Ordering::Relaxed)
    }

    fn alone(&self, key: Key, rate: Rate, now: Instant) -> Standing {
        let share = match key.1 {
            Bucket::Auth => Rate {
                burst: AUTH_ALONE.burst.min(rate.burst),
                ..slower(AUTH_ALONE, rate)
            },
            _ => rate.share(self.instances()),
        };
        let now_us = u64::try_from(now.duration_since(self.inner.epoch).as_micros()).unwrap_or(u64::MAX);
        match self.inner.local.take(key, share, now_us) {
            Ok((left, full_us)) => Standing {
                bucket: key.1,
                rate,
                allowed: true,
                left,
                seconds: full_us.div_ceil(1_000_000),
            },
            Err(wait_us) => refused(key.1, rate, wait_us),
        }
    }

    /// Instances that were there when Redis last was, two at the least.
    #[must_use]
    pub fn instances(&self) -> u32 {
        self.inner
            .instances
            .load(Ordering::Relaxed)
            .max(INSTANCES_AT_LEAST)
    }

    /// Says that this instance is there and counts the others, until `stop`.
    pub async fn run_presence(&self, stop: CancellationToken) {
        loop {
            match timeout(REDIS_WITHIN, self.count_instances()).await {
                Ok(Ok(count)) => self.inner.instances.store(count, Ordering::Relaxed),
                _ => tracing::debug!("instances could not be counted"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(COUNTED_EVERY) => {}
            }
        }
    }

    async fn count_instances(&self) -> redis::RedisResult<u32> {
        let mut redis = self.inner.redis.clone();
        self.inner
            .presence
            .key("rl:instances")
            .arg(self.inner.instance.uuid().simple().to_string())
            .arg(GONE_AFTER_MS)
            .invoke_async(&mut redis)
            .await
    }
}

/// Tokens that may be taken at once: as many as come back meanwhile. Where each request counts, one.
fn most_ahead(bucket: Bucket, rate: Rate) -> u32 {
    if !matches!(bucket, Bucket::Read | Bucket::Write) {
        return 1;
    }
    let ahead_us = u64::try_from(AHEAD.as_micros()).unwrap_or(100_000);
    u32::try_from(ahead_us / rate.interval_us())
        .unwrap_or(u32::MAX)
        .clamp(1, 1_000)
}

/// The one of two quotas that gives fewer tokens.
fn slower(one: Rate, other: Rate) -> Rate {
    if one.interval_us() >= other.interval_us() {
        one
    } else {
        other
    }
}

fn refused(bucket: Bucket, rate: Rate, wait_us: u64) -> Standing {
    Standing {
        bucket,
        rate,
        allowed: false,
        left: 0,
        seconds: wait_us.div_ceil(1_000_000).max(1),
    }
}

#[cfg(test)]
mod tests;
