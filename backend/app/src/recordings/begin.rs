//! The begin of a recording: by the policy of the call, or because somebody wants it.

use std::time::Duration;

use phony_carriers::twilio::rest::{RecordingChannels, RecordingTrack, StartRecording};
use phony_conversation::Actor;
use phony_db::recordings::policy::{self, CallRecording};
use phony_db::recordings::{self, NewRecording, RecordingStatus, StoredRecording};
use phony_kernel::{CallId, Error, Kind, RecordingId, Result, TenantId};

use super::notice::Notice;
use super::{Recordings, refused, updated};

/// How long somebody who wants to change a recording waits for its begin.
const BEGIN_WITHIN: Duration = Duration::from_secs(4);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What is to be done before a recording may begin.
pub(super) enum Ready {
    /// Nothing: the call is recorded, or may be at once.
    Now,
    /// The caller is to be told first.
    Tell(Notice),
}

impl Recordings {
    /// The conversation of a call has its caller: records it from now on, if the call's policy says so. Once for a
    /// call, however often its connection is lost. Faults are told to those who watch, and stop nothing.
    pub async fn conversation_began(&self, tenant: TenantId, call: CallId) {
        if let Err(error) = self.begin_by_policy(tenant, call).await {
            tracing::warn!(
                tenant.id = %tenant, call.id = %call, error = ?error, "call {call} is not recorded as its policy wants"
            );
        }
    }

    async fn begin_by_policy(&self, tenant: TenantId, call: CallId) -> Result<()> {
        let mut tx = self.db.tenant(tenant).await?;
        let Some(facts) = policy::lock(&mut tx, call).await? else {
            return Ok(());
        };
        let wanted = facts.mode.as_deref() == Some("always") && facts.refused_at.is_none();
        if !wanted || facts.ended_at.is_some() || facts.channel != "phone" {
            return Ok(());
        }
        // Who stopped it wants it stopped, also when the caller comes back on another line.
        if !recordings::list(&mut tx, call, 1).await?.is_empty() {
            return Ok(());
        }
        drop(tx);
        if let Ready::Tell(notice) = ready(&facts)
            && !self.tell_caller(tenant, &facts, &notice).await?
        {
            return self.refuse(tenant, call).await;
        }
        self.start(tenant, call, None).await.map(drop)
    }

    /// Whether a recording may begin at once.
    pub(super) async fn readiness(&self, tenant: TenantId, call: CallId) -> Result<(Ready, CallRecording)> {
        let mut tx = self.db.tenant(tenant).await?;
        let facts = policy::lock(&mut tx, call).await?.ok_or_else(Error::not_found)?;
        check(&facts)?;
        let live = recordings::find_live(&mut tx, call).await?;
        let ready = if live.is_some() { Ready::Now } else { ready(&facts) };
        Ok((ready, facts))
    }

    /// Has the carrier record a call; one that is recorded already stays so. Nobody is the call's policy.
    pub(super) async fn start(
        &self,
        tenant: TenantId,
        call: CallId,
        by: Option<&Actor>,
    ) -> Result<RecordingId> {
        let id = RecordingId::new();
        let mut tx = self.db.tenant(tenant).await?;
        let facts = policy::lock(&mut tx, call).await?.ok_or_else(Error::not_found)?;
        check(&facts)?;
        if let Some(live) = recordings::find_live(&mut tx, call).await? {
            return Ok(live.id);
        }
        let new = NewRecording {
            id,
            call,
            started_by: by.map_or("policy", |actor| actor.id.as_str()),
            consent: &facts.consent,
            carrier_sid: None,
        };
        recordings::insert(&mut tx, &new).await?;
        tx.commit().await?;
        self.ask_carrier(tenant, &facts, id, by).await?;
        Ok(id)
    }

    async fn ask_carrier(
        &self,
        tenant: TenantId,
        facts: &CallRecording,
        id: RecordingId,
        by: Option<&Actor>,
    ) -> Result<()> {
        let start = StartRecording {
            callback: Some(self.callback.clone()),
            channels: RecordingChannels::Dual,
            track: RecordingTrack::Both,
        };
        let client = self.client(tenant, None).await?;
        match client.start_recording(&facts.call_sid, &start).await {
            Ok(begun) => {
                let mut tx = self.db.tenant(tenant).await?;
                policy::lock(&mut tx, facts.call).await?;
                let at = begun.started_at.unwrap_or(facts.now);
                let news =
                    recordings::note_started(&mut tx, id, &begun.sid, client.account_sid(), at).await?;
                tx.commit().await?;
                if news {
                    let reason = if by.is_some() { "request" } else { "policy" };
                    let body = updated(id, "recording", by.cloned(), Some(reason));
                    self.tell(tenant, facts.call, body);
                }
                Ok(())
            }
            // Begun or not: the carrier's callback will say, or the end of the call.
            Err(error) if error.ambiguous => Err(refused(error)),
            Err(error) => {
                let error = refused(error);
                let mut tx = self.db.tenant(tenant).await?;
                policy::lock(&mut tx, facts.call).await?;
                let why = error.public();
                recordings::note_without_file(&mut tx, id, RecordingStatus::Failed, Some(why)).await?;
                tx.commit().await?;
                let body = updated(id, "failed", by.cloned(), None);
                self.tell(tenant, facts.call, body);
                Err(error)
            }
        }
    }

    /// The recording of a call that runs at the carrier; one that is about to begin is waited for.
    pub(super) async fn find_running(
        &self,
        tenant: TenantId,
        call: CallId,
    ) -> Result<Option<(CallRecording, StoredRecording)>> {
        let until = tokio::time::Instant::now() + BEGIN_WITHIN;
        loop {
            let mut tx = self.db.tenant(tenant).await?;
            let facts = policy::lock(&mut tx, call).await?.ok_or_else(Error::not_found)?;
            match recordings::find_live(&mut tx, call).await? {
                None => return Ok(None),
                Some(live) if live.status != RecordingStatus::Starting => return Ok(Some((facts, live))),
                Some(_) if tokio::time::Instant::now() >= until => {
                    let text = "the carrier has not begun the recording yet; try again shortly";
                    return Err(Error::new(Kind::Unavailable, "recording_starting", text).retry_after(2));
                }
                Some(_) => {}
            }
            drop(tx);
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// Whether a call may be recorded at all.
fn check(facts: &CallRecording) -> Result<()> {
    let conflict = |code, text| Err(Error::new(Kind::Conflict, code, text));
    if facts.ended_at.is_some() {
        return conflict("call_ended", "the call is over");
    }
    if facts.channel != "phone" {
        return conflict("recording_unavailable", "a call over the web is not recorded");
    }
    if facts.refused_at.is_some() {
        return conflict("recording_refused", "the caller does not want to be recorded");
    }
    if matches!(facts.mode.as_deref(), None | Some("off")) {
        return conflict("recording_off", "recording is switched off for this number");
    }
    Ok(())
}

fn ready(facts: &CallRecording) -> Ready {
    let settled = match facts.consent.as_str() {
        "announce" => facts.told_at.is_some(),
        "ask" => facts.agreed_at.is_some(),
        _ => true,
    };
    if settled {
        return Ready::Now;
    }
    Notice::of(&facts.consent, &facts.notice, facts.language.as_deref()).map_or(Ready::Now, Ready::Tell)
}
