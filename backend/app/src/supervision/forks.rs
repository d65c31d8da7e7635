//! The fork of a call's sound that the carrier sends while somebody listens: let in once, billed for as long as it lasts.

use std::time::Duration;

use phony_calls::sound::SoundFork;
use phony_db::Db;
use phony_db::calls::forks;
use phony_kernel::{CallId, Result, TenantId};

use super::Supervision;
use super::audio::ForkToken;
use super::tickets::Purpose;
use crate::calls::transfers::LISTENING_FORK;

/// A fork that was let in.
#[derive(Debug, Clone)]
pub struct OpenedFork {
    /// Of which call, for the engine.
    pub of: SoundFork,
    /// The carrier's id of the call.
    pub call_sid: String,
    /// The carrier's id of the stream.
    pub stream_sid: String,
}

impl Supervision {
    /// Lets the stream of a fork in, once a token. `None` for one that is not the call's, was used, or came after the
    /// end.
    ///
    /// # Errors
    /// `unavailable` when Redis does not answer; those of the database.
    pub async fn open_fork(
        &self,
        token: &str,
        call_sid: &str,
        stream_sid: &str,
    ) -> Result<Option<OpenedFork>> {
        let kept: Option<(TenantId, ForkToken)> = self.take(Purpose::Fork, token).await?;
        let Some((tenant, kept)) = kept.filter(|(_, kept)| kept.call_sid == call_sid) else {
            return Ok(None);
        };
        let opened = note(self.transfers.db(), tenant, kept.call, call_sid, stream_sid).await?;
        Ok(opened.map(|answered_ago| OpenedFork {
            of: SoundFork {
                tenant,
                call: kept.call,
                answered_ago,
            },
            call_sid: call_sid.to_owned(),
            stream_sid: stream_sid.to_owned(),
        }))
    }

    /// Stops a fork at the carrier, which bills it until then.
    pub async fn close_fork(&self, fork: &OpenedFork) {
        let SoundFork { tenant, call, .. } = fork.of;
        let over = self.calls.media_stream_over(tenant, call, &fork.stream_sid, None);
        if let Err(error) = over.await {
            tracing::error!(call.id = %call, error = ?error, "the end of a fork could not be noted");
        }
        self.transfers.stop_fork(tenant, call, &fork.call_sid).await;
        tracing::info!(tenant.id = %tenant, call.id = %call, "the fork of {call} named {LISTENING_FORK} is over");
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
    let opened = forks::open(&mut tx, call, call_sid, stream_sid).await?;
    tx.commit().await?;
    Ok(opened.map(|(answered, now)| (now - answered).to_std().unwrap_or_default()))
}
