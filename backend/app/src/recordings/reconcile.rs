//! Recordings whose end the carrier has not told: asked for a while after the call, or after they were stopped.

use phony_carriers::twilio::params::RecordingState;
use phony_db::recordings::{self, RecordingStatus, policy};
use phony_db::{TenantTx, outbox};
use phony_kernel::{CallId, Error, Kind, RecordingId, Result, TenantId};
use serde_json::json;

use super::{RecordingNews, Recordings, refused};

/// Outbox topic of a recording whose end is to be asked for.
pub const RECORDING_SETTLE: &str = "recording.settle";
/// The carrier's own word usually comes within seconds.
const ASK_AFTER_SECONDS: f64 = 60.0;
/// Recordings of one call that are looked at.
const LOOKED_AT: i64 = 100;

/// Asks for the ends of a call's recordings, should the carrier not tell them. For the end of a call.
///
/// # Errors
/// Those of the database.
pub async fn settle_later(tx: &mut TenantTx, call: CallId) -> Result<()> {
    for recording in recordings::list(tx, call, LOOKED_AT).await? {
        if recording.status.is_live() {
            settle_soon(tx, recording.id).await?;
        }
    }
    Ok(())
}

pub(super) async fn settle_soon(tx: &mut TenantTx, id: RecordingId) -> Result<()> {
    let payload = json!({ "recording_id": id });
    outbox::insert_after(tx, RECORDING_SETTLE, &payload, ASK_AFTER_SECONDS).await?;
    Ok(())
}

impl Recordings {
    /// Asks the carrier what became of a recording whose end it has not told.
    ///
    /// # Errors
    /// Those of the carrier, and that it is not over yet; the job is then repeated.
    pub async fn settle(&self, tenant: TenantId, id: RecordingId) -> Result<()> {
        let mut tx = self.db.tenant(tenant).await?;
        let Some(recording) = recordings::find(&mut tx, id).await? else {
            return Ok(());
        };
        let told = recording.duration_seconds.is_some();
        let open = recording.status.is_live() || (recording.status == RecordingStatus::Processing && !told);
        if !open {
            return Ok(());
        }
        let Some(facts) = policy::lock(&mut tx, recording.call).await? else {
            return Ok(());
        };
        let Some(sid) = recording.carrier_sid.clone() else {
            // The carrier never said that it began.
            let why = "the carrier never confirmed the recording";
            recordings::note_without_file(&mut tx, id, RecordingStatus::Failed, Some(why)).await?;
            return tx.commit().await;
        };
        drop(tx);
        let client = self
            .client(tenant, recording.carrier_account_sid.as_deref())
            .await?;
        let found = match client.fetch_recording(&sid).await {
            Ok(found) => found,
            Err(error) if error.is_not_found() => {
                let mut tx = self.db.tenant(tenant).await?;
                let why = "the carrier has no such recording";
                recordings::note_without_file(&mut tx, id, RecordingStatus::Failed, Some(why)).await?;
                return tx.commit().await;
            }
            Err(error) => return Err(refused(error)),
        };
        let over = matches!(
            found.status,
            RecordingState::Completed | RecordingState::Absent | RecordingState::Failed
        );
        if !over {
            let text = "the recording is not over at the carrier";
            return Err(Error::new(Kind::Unavailable, "recording_not_over", text));
        }
        let news = RecordingNews {
            account_sid: client.account_sid().to_owned(),
            call_sid: facts.call_sid,
            recording_sid: sid,
            state: found.status,
            duration_seconds: found.duration_seconds,
            channels: found.channels.and_then(|channels| u8::try_from(channels).ok()),
            started_at: found.started_at,
            error_code: found.error_code.and_then(|code| u32::try_from(code).ok()),
        };
        self.carrier_news(&news).await
    }
}
