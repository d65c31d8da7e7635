//! Parts of a call that the carrier tells of: sessions of the conversation and its media streams. What the whole call
//! comes to is in `callbacks`.

use chrono::{DateTime, Utc};
use phony_conversation::EventBody;
use phony_db::TenantTx;
use phony_db::calls::callbacks::{self, CallFacts};
use phony_db::calls::ledger;
use phony_kernel::{CallId, ItemId, Result, TenantId};

use super::callbacks::CallbackOutcome;
use super::{CallsArea, clean};

/// A relay session is over.
#[derive(Debug, Clone)]
pub struct SessionEnded {
    /// The carrier's id of the call.
    pub call_sid: String,
    /// The carrier's id of the session.
    pub session_id: Option<String>,
    /// How long it was.
    pub seconds: Option<i64>,
}

/// A media stream has begun, ended or failed.
#[derive(Debug, Clone)]
pub struct StreamEvent {
    /// The carrier's id of the call.
    pub call_sid: String,
    /// The carrier's id of the stream.
    pub stream_sid: String,
    /// Whether it is over, and not only begun.
    pub over: bool,
    /// When, by the carrier's clock.
    pub at: Option<DateTime<Utc>>,
    /// What went wrong, in the carrier's words; nothing for news that need no act.
    pub error: Option<String>,
}

impl CallsArea {
    /// Keeps how long a session of the conversation was, once for each; the call is billed by it when it settles.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn session_ended(&self, session: &SessionEnded) -> Result<()> {
        let Some(seconds) = whole(session.seconds) else {
            return Ok(());
        };
        let id = clean(session.session_id.as_deref().unwrap_or("unnamed"), 64);
        let call_sid = clean(&session.call_sid, 64);
        for tenant in self.find_tenants(&call_sid).await? {
            let mut tx = self.db.tenant(tenant).await?;
            let Some(facts) = callbacks::lock(&mut tx, &call_sid).await? else {
                continue;
            };
            callbacks::note_relay_session(&mut tx, facts.call, &id, seconds).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Takes in what the carrier says of a media stream: how long the conversation's own was, in case that whoever ran
    /// it cannot say so any more, and a fault as a warning on the call, because nowhere else is it told why a socket
    /// was not opened.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn stream_event(&self, event: &StreamEvent) -> Result<CallbackOutcome> {
        if !event.over && event.error.is_none() {
            return Ok(CallbackOutcome::default());
        }
        let call_sid = clean(&event.call_sid, 64);
        for tenant in self.find_tenants(&call_sid).await? {
            let mut tx = self.db.tenant(tenant).await?;
            let Some(facts) = callbacks::lock(&mut tx, &call_sid).await? else {
                continue;
            };
            let stream_sid = clean(&event.stream_sid, 64);
            callbacks::note_media_stream_over(&mut tx, facts.call, &stream_sid, event.at).await?;
            let warning = event.error.as_deref().map(|error| EventBody::Warning {
                item_id: ItemId::new(),
                code: "stream_error".to_owned(),
                detail: format!("the carrier's media stream failed: {}", clean(error, 200)),
            });
            if let Some(warning) = &warning {
                append(&mut tx, &facts, warning.clone()).await?;
            }
            tx.commit().await?;
            return Ok(CallbackOutcome {
                call: Some((tenant, facts.call)),
                events: warning.into_iter().collect(),
            });
        }
        Ok(CallbackOutcome::default())
    }

    /// The socket of a media stream is over, or was at that time, as whoever ran it knows first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn media_stream_over(
        &self,
        tenant: TenantId,
        call: CallId,
        stream_sid: &str,
        at: Option<DateTime<Utc>>,
    ) -> Result<()> {
        let mut tx = self.db.tenant(tenant).await?;
        callbacks::note_media_stream_over(&mut tx, call, &clean(stream_sid, 64), at).await?;
        tx.commit().await
    }
}

/// Adds to the record of a call what its conversation does not tell.
pub(super) async fn append(tx: &mut TenantTx, facts: &CallFacts, body: EventBody) -> Result<()> {
    let since: DateTime<Utc> = facts.answered_at.unwrap_or(facts.started_at);
    let offset_ms = u64::try_from((facts.now - since).num_milliseconds()).unwrap_or(0);
    ledger::append_outside(tx, facts.call, facts.now, offset_ms, body).await
}

pub(super) fn whole(seconds: Option<i64>) -> Option<u32> {
    seconds.and_then(|seconds| u32::try_from(seconds).ok())
}
