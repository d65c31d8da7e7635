//! Calls that nobody runs any more: their lease ran out because their instance died, or the line is gone and
//! their conversation never said its end.

use std::time::Duration;

use parking_lot::Mutex;
use phony_app::calls::{ORPHAN_GRACE_SECONDS, sweep_orphan};
use phony_db::calls::closing;
use phony_kernel::{Kind, Result};
use tokio::time::Instant;

use crate::Worker;

/// Calls looked at in one go.
const SWEEP: i32 = 100;

/// Sweeps, but not before leases mean anything: while the database is away nobody can extend one, and right after
/// that all of them look as if their instances had died.
#[derive(Debug)]
pub(crate) struct Sweeper {
    patience: Duration,
    unsure_until: Mutex<Instant>,
}

impl Sweeper {
    /// Unsure at first: the database may have come back just now.
    pub(crate) fn new(patience: Duration) -> Self {
        Self {
            patience,
            unsure_until: Mutex::new(Instant::now() + patience),
        }
    }

    /// One round; returns how many calls were ended.
    pub(crate) async fn sweep(&self, worker: &Worker) -> Result<usize> {
        if Instant::now() < *self.unsure_until.lock() {
            worker.db.ping().await.inspect_err(|_| self.doubt())?;
            return Ok(0);
        }
        let swept = worker.sweep_calls().await;
        if matches!(&swept, Err(error) if error.kind() == Kind::Unavailable) {
            self.doubt();
        }
        swept
    }

    fn doubt(&self) {
        *self.unsure_until.lock() = Instant::now() + self.patience;
    }
}

impl Worker {
    /// Ends calls that were left behind; returns how many those were. One that cannot be ended does not hold up
    /// those behind it.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn sweep_calls(&self) -> Result<usize> {
        self.sweep_calls_after(ORPHAN_GRACE_SECONDS).await
    }

    /// [`Worker::sweep_calls`] with another time of grace, for tests.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn sweep_calls_after(&self, grace_seconds: f64) -> Result<usize> {
        let mut tx = self.db.system("calls left behind").await?;
        let orphans = closing::list_orphans(&mut tx, SWEEP).await?;
        drop(tx);
        let mut ended = 0;
        let mut failed = None;
        for (tenant, call) in orphans {
            match sweep_orphan(&self.db, tenant, call, grace_seconds).await {
                Ok(None) => {}
                Ok(Some(swept)) => {
                    ended += 1;
                    if let Some(app) = &self.app {
                        app.announce(tenant, call, &swept.call_sid, vec![swept.event]);
                    }
                }
                Err(error) => {
                    tracing::debug!(tenant.id = %tenant, call.id = %call, error = ?error, "a call left behind stays");
                    failed = Some(error);
                }
            }
        }
        failed.map_or(Ok(ended), Err)
    }
}
