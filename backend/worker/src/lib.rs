//! Work behind the scenes: the outbox with its exports and open purchases, and calls that were left behind.
//!
//! Every instance may run a worker: rows are claimed by lease, so no two do the same work at one time, and what
//! a dead worker held comes back by itself. What a job does is in `phony_app`; here is when and how often.

mod jobs;
mod outbox;
mod sweep;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use object_store::ObjectStore;
use phony_app::App;
use phony_db::Db;
use phony_kernel::Result;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

pub use outbox::MAX_ATTEMPTS;

/// How often the outbox is looked at when there was nothing to do.
const OUTBOX_EVERY: Duration = Duration::from_millis(500);
/// Rows worked on at one time: a long export leaves room for what is quick.
const LANES: usize = 3;
/// How often calls that were left behind are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(2);

/// The worker of one process.
#[derive(Clone)]
pub struct Worker {
    db: Db,
    store: Arc<dyn ObjectStore>,
    app: Option<App>,
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
        }
    }

    /// A worker for what needs the database and the file store alone; other work fails, and waits.
    #[must_use]
    pub fn without_app(db: Db, store: Arc<dyn ObjectStore>) -> Self {
        Self { db, store, app: None }
    }

    /// Works until `stop`; work in hand is finished first.
    pub async fn run(self, stop: CancellationToken) {
        let lanes = (0..LANES).map(|_| every(OUTBOX_EVERY, &stop, "outbox", || self.drain_outbox()));
        tokio::join!(
            join_all(lanes),
            every(SWEEP_EVERY, &stop, "calls left behind", || self.sweep_calls()),
        );
    }
}

/// Repeats `work` until `stop`: at once while there is more to do, else after `pause`.
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
        match work().await {
            Ok(0) => failing = false,
            Ok(_) => {
                failing = false;
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
