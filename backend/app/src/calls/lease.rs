//! Leases: a live call belongs to an instance that says so every ten seconds; what nobody runs is ended.

use std::time::Duration;

use phony_carriers::twilio::CarrierStatus;
use phony_conversation::EventBody;
use phony_db::Db;
use phony_db::calls::closing;
use phony_kernel::call::{CallStatus, EndedReason, Ending};
use phony_kernel::{CallId, Result, TenantId};
use tokio_util::sync::CancellationToken;

use super::CallsArea;
use super::callbacks::ending;

/// A third of a lease, so that one missed beat loses nothing.
const BEAT: Duration = Duration::from_secs(10);

/// How long after its lease a call is left alone: time for its conversation's own last word.
pub const ORPHAN_GRACE_SECONDS: f64 = 5.0;

impl CallsArea {
    /// Extends the leases of this instance's calls until `stop`.
    pub async fn run_heartbeat(&self, stop: CancellationToken) {
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = beat.tick() => {}
            }
            if let Err(error) = self.heartbeat().await {
                tracing::warn!(error = ?error, "leases of calls could not be extended");
            }
        }
    }

    /// Extends the leases of this instance's calls; returns how many those are.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn heartbeat(&self) -> Result<u64> {
        let mut tx = self.db.system("leases of this instance's calls").await?;
        let calls = closing::heartbeat(&mut tx, self.instance).await?;
        tx.commit().await?;
        Ok(calls)
    }
}

/// A call that was left behind and is ended now.
#[derive(Debug, Clone, PartialEq)]
pub struct Swept {
    /// The carrier's id.
    pub call_sid: String,
    /// News for those who watch.
    pub event: EventBody,
}

/// Ends a call that nobody runs any more: as the carrier said if it did, else as orphaned. Returns the news of it,
/// or `None` when the call is alive, over, or in other hands. For the worker.
///
/// # Errors
/// Those of the database.
pub async fn sweep_orphan(
    db: &Db,
    tenant: TenantId,
    call: CallId,
    grace_seconds: f64,
) -> Result<Option<Swept>> {
    let mut tx = db.tenant(tenant).await?;
    let Some(orphan) = closing::claim_orphan(&mut tx, call, grace_seconds).await? else {
        return Ok(None);
    };
    let told = orphan.carrier_status.as_deref().map(CarrierStatus::read);
    let how = match told {
        Some(status) if status.is_terminal() => ending(orphan.direction, orphan.streamed, status),
        _ => Ending::of(EndedReason::Orphaned),
    };
    let decided = closing::end(&mut tx, call, &how, orphan.now).await?;
    tx.commit().await?;
    if !decided {
        return Ok(None);
    }
    tracing::info!(
        tenant.id = %tenant, call.id = %call, ended.reason = how.reason.as_str(),
        "call {call} was left behind: {}", how.reason
    );
    let event = EventBody::CallState {
        status: CallStatus::Ended,
        ending: Some(how),
    };
    Ok(Some(Swept {
        call_sid: orphan.call_sid,
        event,
    }))
}
