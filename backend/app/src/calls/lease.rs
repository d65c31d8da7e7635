//! Leases: an instance says every ten seconds which calls it runs; what nobody runs is ended.

use std::time::Duration;

use phony_carriers::twilio::CarrierStatus;
use phony_conversation::EventBody;
use phony_db::Db;
use phony_db::calls::closing;
use phony_kernel::call::{CallStatus, Channel, EndedReason, Ending, Engine};
use phony_kernel::{CallId, Error, Result, TenantId};
use tokio_util::sync::CancellationToken;

use super::CallsArea;
use super::callbacks::ending;

/// A third of a lease, so that one missed beat loses nothing.
const BEAT: Duration = Duration::from_secs(10);
/// After a beat that failed: nobody's leases could be extended, and they run out.
const BEAT_AGAIN: Duration = Duration::from_secs(1);
/// A connection may hang for minutes when a server is gone without a word; a beat does not wait for it.
const BEAT_WITHIN: Duration = Duration::from_secs(5);

/// How long after its lease a call is left alone: time for its conversation's own last word.
pub const ORPHAN_GRACE_SECONDS: f64 = 5.0;

impl CallsArea {
    /// Extends the leases of the calls that `running` names, until `stop`.
    pub async fn run_heartbeat(&self, running: impl Fn() -> Vec<CallId>, stop: CancellationToken) {
        let mut pause = Duration::ZERO;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            let beat = tokio::time::timeout(BEAT_WITHIN, self.heartbeat(&running())).await;
            pause = match beat.unwrap_or_else(|late| Err(Error::unavailable(late))) {
                Ok(_) => BEAT,
                Err(error) => {
                    tracing::warn!(error = ?error, "leases of calls could not be extended");
                    BEAT_AGAIN
                }
            };
        }
    }

    /// Extends the leases of calls that run here; returns those that are still this instance's and not over.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn heartbeat(&self, running: &[CallId]) -> Result<Vec<CallId>> {
        if running.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.db.system("leases of this instance's calls").await?;
        let kept = closing::heartbeat(&mut tx, self.instance, running).await?;
        tx.commit().await?;
        Ok(kept)
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

/// Ends a call that nobody runs any more: as orphaned when it had a conversation, else as the carrier said. Returns the news of it,
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
        // Its conversation would have said its own end, so its instance has died, and nobody resumed it: that the
        // carrier has closed the line since does not say that the caller wanted to go.
        Some(CarrierStatus::Completed) if orphan.streamed && orphan.engine != Engine::Gather => {
            Ending::of(EndedReason::Orphaned)
        }
        // A ticket that nobody came with.
        None if orphan.channel == Channel::Web && !orphan.streamed => Ending::of(EndedReason::Abandoned),
        Some(status) if status.is_terminal() => ending(orphan.direction, orphan.streamed, status),
        _ => Ending::of(EndedReason::Orphaned),
    };
    let decided = closing::end(&mut tx, call, &how, orphan.now, None).await?;
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
