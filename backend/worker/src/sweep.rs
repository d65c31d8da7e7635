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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use object_store::memory::InMemory;
    use phony_db::Db;
    use phony_testkit::TestDb;
    use sqlx::{Connection as _, PgConnection};

    use super::*;

    #[tokio::test]
    async fn after_an_outage_instances_may_beat_first() {
        let servers = TestDb::create().await;
        let mut admin = PgConnection::connect(&servers.admin_url).await.unwrap();
        sqlx::raw_sql(
            "INSERT INTO phony.tenants (id, slug, name, plan) VALUES (gen_random_uuid(), 'acme', 'Acme', 'basic');
             INSERT INTO phony.phone_numbers (tenant_id, id, e164)
               SELECT id, gen_random_uuid(), '+14155550134' FROM phony.tenants;
             INSERT INTO phony.calls (tenant_id, id, phone_number_id, call_sid, direction, status, started_at, lease_until)
               SELECT tenant_id, gen_random_uuid(), id, 'CA1', 'inbound', 'in_progress', now(), now() - interval '1 minute'
               FROM phony.phone_numbers",
        )
        .execute(&mut admin)
        .await
        .unwrap();
        let db = Db::connect_lazy(&servers.worker_url, 1).unwrap();
        let worker = Worker::without_app(db.clone(), Arc::new(InMemory::new()));
        let sweeper = Sweeper::new(Duration::from_secs(600));
        assert_eq!(sweeper.sweep(&worker).await.unwrap(), 0, "just started");
        *sweeper.unsure_until.lock() = Instant::now();
        // The only connection is taken: for the worker, the database is away.
        let taken = db.system("taken by a test").await.unwrap();
        assert_eq!(
            sweeper.sweep(&worker).await.unwrap_err().kind(),
            Kind::Unavailable
        );
        drop(taken);
        assert_eq!(sweeper.sweep(&worker).await.unwrap(), 0, "just back");
        *sweeper.unsure_until.lock() = Instant::now();
        assert_eq!(sweeper.sweep(&worker).await.unwrap(), 1);
    }
}
