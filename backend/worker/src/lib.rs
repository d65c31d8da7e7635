//! Work behind the scenes: the outbox with its mails, exports and open purchases, calls that were left behind, and what
//! was kept long enough.
//!
//! Every instance may run a worker: rows are claimed by lease, so no two do the same work at one time, and what
//! a dead worker held comes back by itself. What a job does is in `phony_app`; here is when and how often.

mod dialer;
mod housekeeping;
mod jobs;
pub mod mail;
mod numbers;
mod outbox;
mod sweep;
mod watch;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use object_store::ObjectStore;
use phony_app::App;
use phony_db::Db;
use phony_kernel::Result;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

pub use mail::Postman;
pub use outbox::MAX_ATTEMPTS;
use sweep::Sweeper;

/// How often the outbox is looked at when there was nothing to do.
const OUTBOX_EVERY: Duration = Duration::from_millis(500);
/// Rows worked on at one time: a long export leaves room for what is quick.
const LANES: usize = 3;
/// While there is more to do, a lane rests so many times as long as it has worked: a thousand calls that end at once
/// must not be felt by those that begin.
const REST: u32 = 2;
/// It never rests longer at one time.
const LONGEST_REST: Duration = Duration::from_millis(500);
/// How often calls that were left behind are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(2);
/// How long the database must have answered before a lease that ran out proves anything: two beats, so that every
/// instance that lives could say so first.
const BELIEVE_LEASES_AFTER: Duration = Duration::from_secs(20);
/// How often numbers are looked for that were not compared with the carrier for an hour.
const CHECK_NUMBERS_EVERY: Duration = Duration::from_secs(10 * 60);
/// How often calls are looked at for what looks like fraud.
const WATCH_EVERY: Duration = Duration::from_secs(60);
/// How often what was kept long enough is deleted.
const CLEAR_OUT_EVERY: Duration = Duration::from_secs(60 * 60);

/// The worker of one process.
#[derive(Clone)]
pub struct Worker {
    db: Db,
    store: Arc<dyn ObjectStore>,
    app: Option<App>,
    postman: Option<Postman>,
    believe_leases_after: Duration,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Worker")
    }
}

impl Worker {
    /// On a database signed in as `phony_worker`, with the file store that exports go to. `app` talks to the carrier
    /// and to those who watch.
    #[must_use]
    pub fn new(db: Db, store: Arc<dyn ObjectStore>, app: App) -> Self {
        Self {
            db,
            store,
            app: Some(app),
            postman: None,
            believe_leases_after: BELIEVE_LEASES_AFTER,
        }
    }

    /// A worker for what needs the database and the file store alone; other work fails, and waits.
    #[must_use]
    pub fn without_app(db: Db, store: Arc<dyn ObjectStore>) -> Self {
        Self {
            db,
            store,
            app: None,
            postman: None,
            believe_leases_after: BELIEVE_LEASES_AFTER,
        }
    }

    /// Lets it send mails.
    #[must_use]
    pub fn with_postman(mut self, postman: Postman) -> Self {
        self.postman = Some(postman);
        self
    }

    /// Believes leases after another time than the usual one; for tests.
    #[must_use]
    pub fn believing_leases_after(mut self, time: Duration) -> Self {
        self.believe_leases_after = time;
        self
    }

    /// Works until `stop`; work in hand is finished first.
    pub async fn run(self, stop: CancellationToken) {
        let sweeper = Sweeper::new(self.believe_leases_after);
        let lanes = (0..LANES).map(|_| every(OUTBOX_EVERY, &stop, "outbox", || self.drain_outbox()));
        tokio::join!(
            join_all(lanes),
            self.run_dialer(&stop),
            every(SWEEP_EVERY, &stop, "calls left behind", || sweeper.sweep(&self)),
            every(CHECK_NUMBERS_EVERY, &stop, "numbers at the carrier", || async {
                self.check_numbers().await.map(|()| 0)
            }),
            every(WATCH_EVERY, &stop, "calls that look like fraud", || async {
                self.watch_outbound().await.map(|()| 0)
            }),
            every(CLEAR_OUT_EVERY, &stop, "what was kept long enough", || async {
                self.clear_out().await.map(|()| 0)
            }),
        );
    }
}

/// Repeats `work` until `stop`: after a rest while there is more to do, else after `pause`.
async fn every<F: Future<Output = Result<usize>>>(
    pause: Duration,
    stop: &CancellationToken,
    name: &'static str,
    work: impl Fn() -> F,
) {
    let mut ticks = interval(pause);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let begun = Instant::now();
        match work().await {
            Ok(0) => failing = false,
            Ok(_) => {
                failing = false;
                let rest = (begun.elapsed() * REST).min(LONGEST_REST);
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = sleep(rest) => {}
                }
                ticks.reset_immediately();
            }
            Err(error) if failing => tracing::debug!(error = ?error, "{name}: still cannot be looked after"),
            Err(error) => {
                failing = true;
                tracing::error!(error = ?error, "{name}: cannot be looked after");
            }
        }
    }
}
