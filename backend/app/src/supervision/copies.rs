//! The copy of a call's sound that the carrier sends while somebody listens: let in once, billed for as long as it lasts.

use std::time::Duration;

use phony_calls::sound::Fork;
use phony_db::Db;
use phony_db::calls::copies;
use phony_kernel::{CallId, Result, TenantId};

use super::Supervision;
use super::audio::CopyToken;
use crate::calls::transfers::COPY_NAME;

/// A copy that was let in.
#[derive(Debug, Clone)]
pub struct Copy {
    /// Of which call, for the engine.
    pub fork: Fork,
    /// The carrier's id of the call.
    pub call_sid: String,
    /// The carrier's id of the stream.
    pub stream_sid: String,
}

impl Supervision {
    /// Lets the stream of a copy in, once a token. `None` for one that is not the call's, was used, or came after the
    /// end.
    ///
    /// # Errors
    /// `unavailable` when Redis does not answer; those of the database.
    pub async fn open_copy(&self, token: &str, call_sid: &str, stream_sid: &str) -> Result<Option<Copy>> {
        let kept: Option<(TenantId, CopyToken)> = self.take_for("copy", token).await?;
        let Some((tenant, kept)) = kept.filter(|(_, kept)| kept.call_sid == call_sid) else {
            return Ok(None);
        };
        let opened = note(self.transfers.db(), tenant, kept.call, call_sid, stream_sid).await?;
        Ok(opened.map(|answered_ago| Copy {
            fork: Fork {
                tenant,
                call: kept.call,
                answered_ago,
            },
            call_sid: call_sid.to_owned(),
            stream_sid: stream_sid.to_owned(),
        }))
    }

    /// Stops a copy at the carrier, which bills it until then.
    pub async fn close_copy(&self, copy: &Copy) {
        let Copy { fork, .. } = copy;
        let over = self
            .calls
            .media_stream_over(fork.tenant, fork.call, &copy.stream_sid, None);
        if let Err(error) = over.await {
            tracing::error!(call.id = %fork.call, error = ?error, "the end of a copy could not be noted");
        }
        self.transfers
            .stop_copy(fork.tenant, fork.call, &copy.call_sid)
            .await;
        tracing::info!(tenant.id = %fork.tenant, call.id = %fork.call, "the copy of {} named {COPY_NAME} is over", fork.call);
    }
}

async fn note(
    db: &Db,
    tenant: TenantId,
    call: CallId,
    call_sid: &str,
    stream_sid: &str,
) -> Result<Option<Duration>> {
    let mut tx = db.tenant(tenant).await?;
    let opened = copies::open(&mut tx, call, call_sid, stream_sid).await?;
    tx.commit().await?;
    Ok(opened.map(|(answered, now)| (now - answered).to_std().unwrap_or_default()))
}
