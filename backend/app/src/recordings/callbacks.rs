//! The carrier's news of recordings: at least once, in any order, late. What is over stays over.

use chrono::{DateTime, Utc};
use phony_carriers::twilio::params::RecordingState;
use phony_db::calls::admission;
use phony_db::calls::callbacks::{self as calls, CallFacts};
use phony_db::recordings::{self, NewRecording, RecordingStatus, StoredRecording};
use phony_db::usage::{self, Payer, UsageInsert};
use phony_db::{TenantTx, outbox};
use phony_kernel::money::billable_minutes;
use phony_kernel::{CallId, RecordingId, Result, TenantId};
use serde_json::json;

use super::erase::forget_at_carrier;
use super::fetch::RECORDING_FETCH;
use super::{Recordings, updated};

/// What a minute of a recording is rated as.
const SKU: &str = "twilio.recording_minute";

/// News of the carrier about a recording, its signature checked.
#[derive(Debug, Clone)]
pub struct RecordingNews {
    /// The account that holds it.
    pub account_sid: String,
    /// The carrier's id of the call.
    pub call_sid: String,
    /// The carrier's id of the recording.
    pub recording_sid: String,
    /// Where it stands.
    pub state: RecordingState,
    /// How long it is, at its end.
    pub duration_seconds: Option<i64>,
    /// How many channels it has.
    pub channels: Option<u8>,
    /// When it began, by the carrier's clock.
    pub started_at: Option<DateTime<Utc>>,
    /// Why there is none.
    pub error_code: Option<u32>,
}

/// What is to be told.
struct Told {
    call: CallId,
    recording: RecordingId,
    status: &'static str,
}

impl Recordings {
    /// Takes in news of a recording. Repeated, late or reordered ones change nothing.
    ///
    /// # Errors
    /// Those of the database; the carrier should then be answered so that it tells again.
    pub async fn carrier_news(&self, news: &RecordingNews) -> Result<()> {
        let mut tx = self.db.system("call of a recording callback").await?;
        let found = admission::find_call(&mut tx, &news.call_sid).await?;
        drop(tx);
        for (tenant, call) in found {
            if let Some(told) = self.take_news(tenant, call, news).await? {
                let body = updated(told.recording, told.status, None, None);
                self.tell(tenant, told.call, body);
            }
        }
        Ok(())
    }

    async fn take_news(&self, tenant: TenantId, call: CallId, news: &RecordingNews) -> Result<Option<Told>> {
        let mut tx = self.db.tenant(tenant).await?;
        let Some(facts) = calls::lock(&mut tx, &news.call_sid).await? else {
            return Ok(None);
        };
        let Some(recording) = known(&mut tx, call, news).await? else {
            return Ok(None);
        };
        let told = take(&mut tx, &facts, &recording, news).await?;
        tx.commit().await?;
        Ok(told.map(|status| Told {
            call,
            recording: recording.id,
            status,
        }))
    }
}

/// The row of a recording: by its id, or the one that is about to begin, or a new one for what the carrier records
/// of itself.
async fn known(tx: &mut TenantTx, call: CallId, news: &RecordingNews) -> Result<Option<StoredRecording>> {
    let sid = news.recording_sid.as_str();
    if let Some(recording) = recordings::find_by_sid(tx, sid).await? {
        return Ok(Some(recording).filter(|recording| recording.call == call));
    }
    let about_to_begin = recordings::find_live(tx, call)
        .await?
        .filter(|live| live.carrier_sid.is_none());
    let id = match about_to_begin {
        Some(live) => live.id,
        None => {
            let new = NewRecording {
                id: RecordingId::new(),
                call,
                started_by: "carrier",
                consent: "off",
                carrier_sid: None,
            };
            if !recordings::insert(tx, &new).await? {
                tracing::warn!(call.id = %call, recording.sid = sid, "the carrier records a call twice; one is left alone");
                return Ok(None);
            }
            new.id
        }
    };
    recordings::adopt(tx, id, sid, &news.account_sid).await?;
    recordings::find(tx, id).await
}

/// Writes what the news change; the word to tell others, if they should know.
async fn take(
    tx: &mut TenantTx,
    facts: &CallFacts,
    recording: &StoredRecording,
    news: &RecordingNews,
) -> Result<Option<&'static str>> {
    let id = recording.id;
    match news.state {
        RecordingState::InProgress => {
            let at = news.started_at.unwrap_or(facts.now);
            let begun = recordings::note_started(tx, id, &news.recording_sid, &news.account_sid, at).await?;
            Ok(begun.then_some("recording"))
        }
        RecordingState::Completed => complete(tx, facts, recording, news).await,
        // A file was told of: what comes late does not take it back.
        RecordingState::Absent | RecordingState::Failed if recording.duration_seconds.is_some() => Ok(None),
        RecordingState::Absent => {
            let why = match news.error_code {
                Some(16_101) => "the recording was too short",
                Some(16_102) => "there was nothing to hear",
                _ => "there was nothing to record",
            };
            let over = recordings::note_without_file(tx, id, RecordingStatus::Absent, Some(why)).await?;
            Ok(over.then_some("absent"))
        }
        RecordingState::Failed => {
            let why = "the carrier could not make the recording";
            let over = recordings::note_without_file(tx, id, RecordingStatus::Failed, Some(why)).await?;
            Ok(over.then_some("failed"))
        }
        RecordingState::Paused
        | RecordingState::Stopped
        | RecordingState::Processing
        | RecordingState::Deleted
        | RecordingState::Unknown => Ok(None),
    }
}

/// It is over: its minutes are booked, and its file is fetched, or thrown away.
async fn complete(
    tx: &mut TenantTx,
    facts: &CallFacts,
    recording: &StoredRecording,
    news: &RecordingNews,
) -> Result<Option<&'static str>> {
    let seconds = news
        .duration_seconds
        .and_then(|seconds| u32::try_from(seconds).ok())
        .unwrap_or(0);
    let length = Some(i32::try_from(seconds).unwrap_or(i32::MAX));
    let channels = news
        .channels
        .map(i32::from)
        .filter(|channels| (1..=8).contains(channels));
    let was_live = recording.status.is_live();
    let first = recordings::note_completed(tx, recording.id, length, channels, news.started_at).await?;
    // One that was deleted before its end has cost what it has cost, and lies at the carrier.
    let late = recording.status == RecordingStatus::Deleted && recording.carrier_deleted_at.is_none();
    if !first && !late {
        return Ok(None);
    }
    if let Some(minutes) = minutes(facts, news, seconds) {
        usage::insert(tx, &minutes).await?;
    }
    if recording.discard && first {
        let current = recordings::find(tx, recording.id).await?;
        if let Some(current) = current {
            super::erase::make_tombstone(tx, &current, recordings::erasure::ErasedFor::Refused).await?;
        }
        return Ok(Some("deleted"));
    }
    if late {
        forget_at_carrier(tx, recording.id).await?;
        return Ok(None);
    }
    outbox::insert(tx, RECORDING_FETCH, &json!({ "recording_id": recording.id })).await?;
    // With the end of the call it is plain that it is over.
    Ok((was_live && facts.ended_at.is_none()).then_some("stopped"))
}

fn minutes(facts: &CallFacts, news: &RecordingNews, seconds: u32) -> Option<UsageInsert> {
    Some(UsageInsert {
        dedupe_key: format!("twilio:{}:recording_minutes", news.recording_sid),
        sku: SKU.to_owned(),
        quantity: billable_minutes(seconds > 0, seconds)?,
        event_time: facts.now,
        billing_time: facts.answered_at.unwrap_or(facts.started_at),
        payer: Payer::Platform,
        call: Some(facts.call),
        number: facts.number,
        personality: facts.personality,
        corrects: None,
        source: "carrier_callback",
        meta: json!({ "seconds": seconds }),
    })
}
