//! Work behind the scenes: the outbox, exports, calls that were left behind, numbers that wait.
//!
//! Every instance may run a worker: rows are claimed by lease, so no two do the same work at one time, and what
//! a dead worker held comes back by itself. What a job does is in `phony_app`; here is when and how often.

mod jobs;
mod outbox;
mod sweep;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use object_store::ObjectStore;
use phony_conversation::EventBody;
use phony_db::Db;
use phony_kernel::{CallId, Result, TenantId};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

pub use outbox::MAX_ATTEMPTS;

/// How often the outbox is looked at when there was nothing to do.
const OUTBOX_EVERY: Duration = Duration::from_millis(500);
/// How often calls that were left behind are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(2);
/// How often numbers whose purchase is open are looked at.
const RECONCILE_EVERY: Duration = Duration::from_secs(30);

/// Tells those who watch about a call that the worker ended.
pub type Publish = Arc<dyn Fn(TenantId, CallId, EventBody) -> BoxFuture<'static, ()> + Send + Sync>;
/// Settles what is open between us and the carrier; returns how many things it settled.
pub type Reconcile = Arc<dyn Fn() -> BoxFuture<'static, Result<usize>> + Send + Sync>;

/// What the worker needs beside the database.
#[derive(Clone)]
pub struct WorkerDeps {
    /// Where files of exports go.
    pub store: Arc<dyn ObjectStore>,
    /// Told about calls that the worker ended.
    pub publish: Option<Publish>,
    /// Looks after numbers whose purchase did not come to an end.
    pub reconcile_numbers: Option<Reconcile>,
}

impl fmt::Debug for WorkerDeps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WorkerDeps")
    }
}

/// The worker of one process.
#[derive(Debug, Clone)]
pub struct Worker {
    db: Db,
    deps: WorkerDeps,
}

impl Worker {
    /// On a database signed in as `phony_worker`.
    #[must_use]
    pub fn new(db: Db, deps: WorkerDeps) -> Self {
        Self { db, deps }
    }

    /// Works until `stop`; work in hand is finished first.
    pub async fn run(self, stop: CancellationToken) {
        tokio::join!(
            every(OUTBOX_EVERY, &stop, "outbox", || self.drain_outbox()),
            every(SWEEP_EVERY, &stop, "calls left behind", || self.sweep_calls()),
            every(RECONCILE_EVERY, &stop, "numbers", || self.reconcile_numbers()),
        );
    }

    async fn reconcile_numbers(&self) -> Result<usize> {
        match &self.deps.reconcile_numbers {
            Some(reconcile) => reconcile().await,
            None => Ok(0),
        }
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
