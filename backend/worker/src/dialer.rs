//! Dials what waits in the queues of tenants: in their order, and not faster than each account of the carrier takes.
//!
//! One process dials at a time, the one that holds a lock of the database; so the pace is kept by a clock of one
//! machine, whatever the number of instances. It is told of each new call, and looks now and then besides.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use phony_app::App;
use phony_app::calls::outbound::{Claimed, Pacer};
use phony_db::calls::outbound as rows;
use phony_db::notices::CALL_QUEUED;
use phony_kernel::{CallId, Result, TenantId};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::Worker;

/// How often somebody who does not dial asks whether nobody does.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// How often the queues are looked at when nobody says that there is something to do: for calls that are to be tried
/// again, and for notices that were lost.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Queues looked at in one go.
const QUEUES: i32 = 200;
/// Calls of which the carrier is asked at the same moment.
const MAX_ASKING: usize = 200;
/// How long calls that the carrier is asked for are waited for at a stop.
const STOP_PATIENCE: Duration = Duration::from_secs(15);

impl Worker {
    /// Dials until `stop`, whenever this process is the one that does.
    pub(crate) async fn run_dialer(&self, stop: &CancellationToken) {
        let Some(app) = &self.app else { return };
        let dials = TaskTracker::new();
        let mut failing = false;
        while !stop.is_cancelled() {
            match self.lead(app, &dials, stop).await {
                Ok(()) => failing = false,
                Err(error) if failing => tracing::debug!(error = ?error, "dialing: still not possible"),
                Err(error) => {
                    failing = true;
                    tracing::error!(error = ?error, "dialing: not possible");
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = sleep(ASK_EVERY) => {}
            }
        }
        dials.close();
        if timeout(STOP_PATIENCE, dials.wait()).await.is_err() {
            tracing::warn!("not all answers of the carrier were waited for; they are looked up");
        }
    }

    /// Heads of the queues. In a transaction of its own: the one that holds the lock stays open as long as somebody
    /// dials, and must hold no table.
    async fn heads(&self) -> Result<Vec<(TenantId, CallId)>> {
        let mut tx = self.db.system("dial queues").await?;
        let heads = rows::list_heads(&mut tx, QUEUES).await?;
        tx.commit().await?;
        Ok(heads)
    }

    /// Dials for as long as this process is the one that does.
    async fn lead(&self, app: &App, dials: &TaskTracker, stop: &CancellationToken) -> Result<()> {
        let mut lead = self.db.system("dialing").await?;
        if !rows::try_lead(&mut lead).await? {
            return Ok(());
        }
        let asking = Arc::new(Semaphore::new(MAX_ASKING));
        let mut paces = Paces {
            per_second: app.outbound.calls_per_second(),
            epoch: Instant::now(),
            accounts: HashMap::new(),
        };
        // Before the first look, so that nothing falls between the two.
        let mut news = self.db.listen(CALL_QUEUED).await?;
        // Asked each time: the lock is gone with its connection.
        while !stop.is_cancelled() && rows::try_lead(&mut lead).await? {
            let mut pause = LOOK_EVERY;
            for (tenant, call) in self.heads().await? {
                let account = app.outbound.account_of(tenant).await?;
                if let Err(wait) = paces.take(account) {
                    pause = pause.min(wait);
                    continue;
                }
                // More of this queue may follow.
                pause = Duration::ZERO;
                let Ok(permit) = Arc::clone(&asking).acquire_owned().await else {
                    return Ok(());
                };
                if let Some(claimed) = app.outbound.claim(tenant, call).await? {
                    let app = app.clone();
                    dials.spawn(async move {
                        dial(&app, claimed).await;
                        drop(permit);
                    });
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = sleep(pause.max(Duration::from_millis(1))) => {}
                told = news.next() => told?,
            }
        }
        Ok(())
    }
}

async fn dial(app: &App, claimed: Claimed) {
    if let Err(error) = app.outbound.dial(claimed).await {
        // What became of it is looked up by the job that was written down with the dial.
        tracing::warn!(error = ?error, "the outcome of a dial could not be kept");
    }
}

/// The pace of each account.
struct Paces {
    per_second: u32,
    epoch: Instant,
    accounts: HashMap<String, Pacer>,
}

impl Paces {
    fn take(&mut self, account: String) -> std::result::Result<(), Duration> {
        let now_us = u64::try_from(self.epoch.elapsed().as_micros()).unwrap_or(u64::MAX);
        let pacer = self
            .accounts
            .entry(account)
            .or_insert_with(|| Pacer::new(self.per_second, 0));
        pacer.take(now_us).map_err(Duration::from_micros)
    }
}
