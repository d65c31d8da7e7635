//! Rates that hold when many ask at once, and what asking costs.

use std::sync::atomic::AtomicU64;

use futures_util::future::join_all;
use phony_kernel::TenantId;

use super::*;

async fn limits(url: &str) -> RateLimits {
    let client = redis::Client::open(url).unwrap();
    let redis = client.get_connection_manager().await.unwrap();
    RateLimits::new(redis, InstanceId::new(), RateTable::default())
}

fn rate(tokens: u32, burst: u32) -> Rate {
    Rate {
        tokens,
        per_seconds: 1,
        burst,
    }
}

fn somebody() -> Subject {
    Subject::Tenant(TenantId::new())
}

/// Eight threads of two instances ask as fast as they can. They get the burst and the rate, and not one more.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn at_eight_threads_no_more_is_allowed_than_burst_and_rate() {
    let url = phony_testkit::redis_url().await;
    let (one, other) = (limits(&url).await, limits(&url).await);
    // A burst that does not overflow when the machine does something else for a moment.
    let (subject, rate) = (somebody(), rate(500, 1_000));
    let allowed = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let asking = (0..8).map(|n| {
        let (limits, allowed) = (
            if n % 2 == 0 { &one } else { &other }.clone(),
            Arc::clone(&allowed),
        );
        tokio::spawn(async move {
            while began.elapsed() < Duration::from_millis(1_500) {
                if limits.take(subject, Bucket::Read, rate).await.allowed {
                    allowed.fetch_add(1, Ordering::Relaxed);
                }
                tokio::task::yield_now().await;
            }
        })
    });
    for task in asking.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let seconds = began.elapsed().as_secs_f64();
    let allowed = allowed.load(Ordering::Relaxed) as f64;
    let most = 1_000.0 + 500.0 * seconds;
    assert!(allowed <= most, "{allowed} of at most {most}");
    assert!(allowed >= 0.8 * most, "only {allowed} of {most}: tokens are lost");
}

#[tokio::test]
async fn a_request_costs_at_most_one_exchange_and_a_busy_tenants_mostly_none() {
    let url = phony_testkit::redis_url().await;
    let limits = limits(&url).await;
    let (subject, rate) = (somebody(), rate(500, 1_000));
    for _ in 0..400 {
        assert!(limits.take(subject, Bucket::Read, rate).await.allowed);
    }
    let asked = limits.inner.exchanges.load(Ordering::Relaxed);
    assert!((1..=120).contains(&asked), "{asked} exchanges for 400 requests");
}

/// Many ask at the same moment for the little there is: all of it is given out.
#[tokio::test]
async fn what_a_bucket_holds_is_not_lost_when_many_ask_at_once() {
    let limits = limits(&phony_testkit::redis_url().await).await;
    let (subject, rate) = (somebody(), rate(20, 40));
    let began = Instant::now();
    let mut allowed = 0;
    loop {
        let many = (0..20).map(|_| limits.take(subject, Bucket::Read, rate));
        let all = join_all(many).await;
        let good: u32 = all.iter().map(|standing| u32::from(standing.allowed)).sum();
        allowed += good;
        if good < 20 {
            break;
        }
    }
    let most = 40.0 + 20.0 * began.elapsed().as_secs_f64();
    assert!((38.0..=most).contains(&f64::from(allowed)), "{allowed} of {most}");
}

/// A page that asks for twenty things at once, and for as many when it has them.
#[tokio::test]
async fn requests_at_the_same_moment_lose_nothing_of_the_burst() {
    let limits = limits(&phony_testkit::redis_url().await).await;
    let (subject, rate) = (somebody(), rate(20, 40));
    let at_once = async |count: usize| {
        let asking = (0..count).map(|_| limits.take(subject, Bucket::Read, rate));
        let standings = futures_util::future::join_all(asking).await;
        standings.iter().filter(|standing| standing.allowed).count()
    };
    assert_eq!(at_once(1).await, 1);
    assert_eq!(at_once(20).await, 20);
    tokio::time::sleep(AHEAD * 2).await;
    assert_eq!(at_once(19).await, 19, "what was taken ahead is lost");
}

#[tokio::test]
async fn one_who_is_refused_is_told_when_to_come_again() {
    let limits = limits(&phony_testkit::redis_url().await).await;
    let (subject, rate) = (
        somebody(),
        Rate {
            tokens: 1,
            per_seconds: 2,
            burst: 3,
        },
    );
    for left in [2, 1, 0] {
        let standing = limits.take(subject, Bucket::Calls, rate).await;
        assert_eq!((standing.allowed, standing.left), (true, left));
    }
    for _ in 0..3 {
        let standing = limits.take(subject, Bucket::Calls, rate).await;
        assert_eq!((standing.allowed, standing.left), (false, 0));
        assert!((1..=2).contains(&standing.seconds), "{standing:?}");
    }
    assert!(
        limits.take(subject, Bucket::Exports, rate).await.allowed,
        "another bucket"
    );
    assert!(
        limits.take(somebody(), Bucket::Calls, rate).await.allowed,
        "another company"
    );
}

#[tokio::test]
async fn an_address_of_the_same_customer_is_the_same_bucket() {
    let limits = limits(&phony_testkit::redis_url().await).await;
    let rate = rate(1, 1);
    let from = |text: &str| Subject::Address(text.parse().unwrap());
    let prefix = format!("2001:db8:{:x}:1", rand_part());
    assert!(
        limits
            .take(from(&format!("{prefix}::1")), Bucket::Auth, rate)
            .await
            .allowed
    );
    assert!(
        !limits
            .take(from(&format!("{prefix}::2")), Bucket::Auth, rate)
            .await
            .allowed
    );
}

fn rand_part() -> u16 {
    TenantId::new().uuid().as_fields().1
}

#[tokio::test]
async fn without_redis_each_instance_gives_its_share() {
    // Nothing listens there: the manager is made lazily, as after Redis has gone.
    let client = redis::Client::open("redis://127.0.0.1:1/").unwrap();
    let config = redis::aio::ConnectionManagerConfig::new()
        .set_number_of_retries(0)
        .set_connection_timeout(Some(Duration::from_millis(50)));
    let redis = ConnectionManager::new_lazy_with_config(client, config).unwrap();
    let limits = RateLimits::new(redis, InstanceId::new(), RateTable::default());
    let count = async |subject: Subject, bucket: Bucket| {
        let mut allowed = 0;
        for _ in 0..40 {
            if limits
                .take(
                    subject,
                    bucket,
                    Rate {
                        tokens: 1,
                        per_seconds: 60,
                        burst: 20,
                    },
                )
                .await
                .allowed
            {
                allowed += 1;
            }
        }
        allowed
    };
    assert_eq!(
        count(somebody(), Bucket::Read).await,
        10,
        "of two instances, at the least"
    );
    limits.inner.instances.store(4, Ordering::Relaxed);
    assert_eq!(count(somebody(), Bucket::Read).await, 5);
    assert_eq!(
        count(Subject::Address([192, 0, 2, 7].into()), Bucket::Auth).await,
        5
    );
}

#[tokio::test]
async fn instances_are_counted() {
    let url = phony_testkit::redis_url().await;
    let (one, other) = (limits(&url).await, limits(&url).await);
    let alone = one.count_instances().await.unwrap();
    assert_eq!(other.count_instances().await.unwrap(), alone + 1);
    assert_eq!(one.count_instances().await.unwrap(), alone + 1);
    assert!(one.instances() >= 2);
}
