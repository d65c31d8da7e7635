//! The outbox: due rows are claimed by lease, done, and marked; what fails is tried again later, and set aside
//! for a person after ten tries, or at once where another try is of no use.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use phony_db::outbox::{self, Claimed};
use phony_kernel::{Error, Result, TenantId};
use tokio::time::{Instant, interval_at};
use uuid::Uuid;

use crate::Worker;
use crate::jobs::Job;
use crate::mail;

/// Tries before a row is set aside.
pub const MAX_ATTEMPTS: i32 = 10;
/// Rows claimed in one go.
const BATCH: i32 = 20;
/// How long a claim holds without a sign of life.
const LEASE_SECONDS: f64 = 60.0;
/// A sign of life is given three times in a lease.
const BEAT: Duration = Duration::from_secs(20);
const LONGEST_PAUSE_SECONDS: f64 = 300.0;

impl Worker {
    /// Does all that is due now; returns how many rows it tried.
    ///
    /// # Errors
    /// Those of the database; a job that fails is not an error of the worker.
    pub async fn drain_outbox(&self) -> Result<usize> {
        let mut tx = self.db.system("due outbox rows").await?;
        let due = outbox::list_due(&mut tx, BATCH).await?;
        drop(tx);
        let mut tried = 0;
        for (tenant, id) in due {
            let mut tx = self.db.tenant(tenant).await?;
            let claimed = outbox::claim(&mut tx, id, LEASE_SECONDS).await?;
            tx.commit().await?;
            if let Some(row) = claimed {
                tried += 1;
                self.work_on(tenant, row).await?;
            }
        }
        Ok(tried)
    }

    async fn work_on(&self, tenant: TenantId, row: Claimed) -> Result<()> {
        let outcome = match Job::read(&row) {
            Ok(job) => {
                self.with_signs_of_life(tenant, row.id, guarded(Box::pin(self.perform(tenant, &job))))
                    .await
            }
            Err(error) => Err(error),
        };
        let hopeless = match &outcome {
            Ok(()) => false,
            Err(error) => row.attempts >= MAX_ATTEMPTS || error.code() == mail::REFUSED,
        };
        if hopeless {
            // Before the row is set aside, so that a crash between the two does not leave the work half open.
            self.give_up(tenant, &row).await?;
        }
        let mut tx = self.db.tenant(tenant).await?;
        match outcome {
            Ok(()) => {
                metrics::counter!("phony_outbox_done_total").increment(1);
                outbox::finish(&mut tx, row.id).await?;
            }
            Err(error) if hopeless => {
                metrics::counter!("phony_outbox_set_aside_total").increment(1);
                tracing::error!(
                    tenant.id = %tenant, outbox.id = %row.id, topic = row.topic, error = ?error,
                    "{} failed {} times and is set aside", row.topic, row.attempts
                );
                outbox::set_aside(&mut tx, row.id, error.public()).await?;
            }
            Err(error) => {
                let pause = pause_seconds(row.attempts);
                tracing::warn!(
                    tenant.id = %tenant, outbox.id = %row.id, topic = row.topic, attempt = row.attempts, error = ?error,
                    "{} failed and is tried again in {pause:.0} s", row.topic
                );
                outbox::retry_in(&mut tx, row.id, pause, error.public()).await?;
            }
        }
        tx.commit().await
    }

    /// Keeps the claim while the job runs, however long that is.
    async fn with_signs_of_life(
        &self,
        tenant: TenantId,
        id: Uuid,
        job: impl Future<Output = Result<()>>,
    ) -> Result<()> {
        let mut job = std::pin::pin!(job);
        let mut beat = interval_at(Instant::now() + BEAT, BEAT);
        loop {
            tokio::select! {
                outcome = &mut job => return outcome,
                _ = beat.tick() => {
                    if let Err(error) = self.extend(tenant, id).await {
                        tracing::warn!(outbox.id = %id, error = ?error, "a claim could not be extended");
                    }
                }
            }
        }
    }

    async fn extend(&self, tenant: TenantId, id: Uuid) -> Result<(), Error> {
        let mut tx = self.db.tenant(tenant).await?;
        outbox::extend(&mut tx, id, LEASE_SECONDS).await?;
        tx.commit().await
    }
}

/// A job that panics has failed; it does not take the worker with it.
async fn guarded(job: impl Future<Output = Result<()>>) -> Result<()> {
    AssertUnwindSafe(job)
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(Error::internal(anyhow::anyhow!("the job panicked"))))
}

/// Doubles from one second to five minutes, with up to a quarter on top so that failures do not march in step.
fn pause_seconds(attempts: i32) -> f64 {
    let pause = 2_f64.powi(attempts.clamp(1, 20) - 1).min(LONGEST_PAUSE_SECONDS);
    pause * (1.0 + rand::random::<f64>() / 4.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_five_minutes_and_a_quarter() {
        for (attempts, least) in [
            (1, 1.0),
            (2, 2.0),
            (5, 16.0),
            (9, 256.0),
            (10, 300.0),
            (1_000, 300.0),
        ] {
            let pause = pause_seconds(attempts);
            assert!((least..=least * 1.25).contains(&pause), "{attempts}: {pause}");
        }
    }
}
