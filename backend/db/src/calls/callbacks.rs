//! The carrier's status callbacks: what is known of a call when one arrives, and what it changes.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use phony_kernel::call::{CallStatus, Direction, EndedReason, Engine};
use phony_kernel::{CallId, NumberId, PersonalityId, Result};
use serde::Deserialize;
use sqlx::types::Json;
use uuid::Uuid;

use super::word;
use crate::TenantTx;
use crate::error::DbResult;

/// A call as a callback finds it.
#[derive(Debug, Clone)]
pub struct CallFacts {
    /// Our id.
    pub call: CallId,
    /// Which way it goes.
    pub direction: Direction,
    /// How it is spoken.
    pub engine: Engine,
    /// Number of ours that it runs over; none on the web.
    pub number: Option<NumberId>,
    /// Who talks.
    pub personality: Option<PersonalityId>,
    /// Where it stands.
    pub status: CallStatus,
    /// The furthest status that the carrier has told.
    pub carrier_status: Option<String>,
    /// When it came in.
    pub started_at: DateTime<Utc>,
    /// When it was answered.
    pub answered_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// When the carrier's final word was booked.
    pub settled_at: Option<DateTime<Utc>>,
    /// Whether its conversation has ever had a socket.
    pub streamed: bool,
    /// How it ended.
    pub ended_reason: Option<EndedReason>,
    /// Since when its engine is not the one it began with.
    pub engine_switched_at: Option<DateTime<Utc>>,
    /// Seconds of its relay sessions, as far as the carrier has told.
    pub relay_seconds: Option<i64>,
    /// Its media streams, by the carrier's id.
    pub media_streams: BTreeMap<String, MediaStream>,
    /// Whether the carrier was to find out what answers.
    pub machine_detection: bool,
    /// The database's time.
    pub now: DateTime<Utc>,
}

/// A media stream of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct MediaStream {
    /// When it was let in.
    pub from: DateTime<Utc>,
    /// When it was over, as far as that was noticed.
    #[serde(default)]
    pub to: Option<DateTime<Utc>>,
}

impl CallFacts {
    /// Whether the conversation has given the caller to somebody else.
    #[must_use]
    pub fn is_transferred(&self) -> bool {
        use EndedReason as R;
        matches!(
            self.ended_reason,
            Some(R::Transferred | R::TransferCompleted | R::TransferFailed)
        )
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    direction: String,
    engine: String,
    phone_number_id: Option<Uuid>,
    personality_id: Option<Uuid>,
    status: String,
    carrier_status: Option<String>,
    started_at: DateTime<Utc>,
    answered_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    settled_at: Option<DateTime<Utc>>,
    streamed: bool,
    ended_reason: Option<String>,
    engine_switched_at: Option<DateTime<Utc>>,
    relay_seconds: Option<i64>,
    media_streams: Json<BTreeMap<String, MediaStream>>,
    machine_detection: bool,
    now: DateTime<Utc>,
    call_sid: String,
}

/// What [`Row`] reads, up to which calls are meant.
macro_rules! facts {
    () => {
        "SELECT id, direction, engine, phone_number_id, personality_id, status, carrier_status, started_at,
         answered_at, ended_at, settled_at, ended_reason, engine_switched_at,
         stream_token_used_at IS NOT NULL OR resumes > 0 OR engine_switched_at IS NOT NULL AS streamed,
         (SELECT sum(seconds::int8)::int8 FROM jsonb_each_text(relay_sessions) AS s (id, seconds)) AS relay_seconds,
         media_streams,
         coalesce(outbound->'machine' <> 'null', false) AS machine_detection,
         clock_timestamp() AS now, call_sid
         FROM phony.calls WHERE tenant_id = $1 AND "
    };
}

impl Row {
    fn read(self) -> Result<CallFacts> {
        Ok(CallFacts {
            call: CallId::from_uuid(self.id),
            direction: word(&self.direction, Direction::from_stored)?,
            engine: word(&self.engine, Engine::from_stored)?,
            number: self.phone_number_id.map(NumberId::from_uuid),
            personality: self.personality_id.map(PersonalityId::from_uuid),
            status: word(&self.status, CallStatus::from_stored)?,
            carrier_status: self.carrier_status,
            started_at: self.started_at,
            answered_at: self.answered_at,
            ended_at: self.ended_at,
            settled_at: self.settled_at,
            streamed: self.streamed,
            ended_reason: self
                .ended_reason
                .map(|reason| word(&reason, EndedReason::from_stored))
                .transpose()?,
            engine_switched_at: self.engine_switched_at,
            relay_seconds: self.relay_seconds,
            media_streams: self.media_streams.0,
            machine_detection: self.machine_detection,
            now: self.now,
        })
    }
}

/// Finds a call by the carrier's id and locks its row until the transaction ends.
///
/// # Errors
/// Those of the database.
pub async fn lock(tx: &mut TenantTx, call_sid: &str) -> Result<Option<CallFacts>> {
    let row: Option<Row> = sqlx::query_as(concat!(facts!(), "call_sid = $2 FOR UPDATE"))
        .bind(tx.tenant().uuid())
        .bind(call_sid)
        .fetch_optional(tx.connection())
        .await
        .db()?;
    row.map(Row::read).transpose()
}

/// The calls among `calls` whose minutes the carrier counts at this moment, with the carrier's ids.
///
/// # Errors
/// Those of the database.
pub async fn list_counting(tx: &mut TenantTx, calls: &[CallId]) -> Result<Vec<(String, CallFacts)>> {
    let ids: Vec<Uuid> = calls.iter().map(|call| call.uuid()).collect();
    let rows: Vec<Row> = sqlx::query_as(concat!(
        facts!(),
        "id = ANY ($2) AND channel = 'phone' AND mode = 'live' AND answered_at IS NOT NULL AND ended_at IS NULL"
    ))
    .bind(tx.tenant().uuid())
    .bind(ids)
    .fetch_all(tx.connection())
    .await
    .db()?;
    rows.into_iter()
        .map(|row| Ok((row.call_sid.clone(), row.read()?)))
        .collect()
}

/// Notes a delivery; `false` when it was noted before.
///
/// # Errors
/// Those of the database.
pub async fn note(tx: &mut TenantTx, call: CallId, sequence_number: i32, status: &str) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO phony.carrier_callbacks (tenant_id, call_id, sequence_number, status)
         VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(sequence_number)
    .bind(status)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected() == 1)
}

/// Notes how long a relay session of a call was; the same session again changes nothing.
///
/// # Errors
/// Those of the database.
pub async fn note_relay_session(tx: &mut TenantTx, call: CallId, session: &str, seconds: u32) -> Result<()> {
    sqlx::query(
        "UPDATE phony.calls SET relay_sessions = jsonb_build_object($3::text, $4::int8) || relay_sessions
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(session)
    .bind(i64::from(seconds))
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Notes that a media stream of a call is over, at `at` by the carrier's clock or else now. The first word counts, and
/// what is no stream of the conversation changes nothing.
///
/// # Errors
/// Those of the database.
pub async fn note_media_stream_over(
    tx: &mut TenantTx,
    call: CallId,
    stream_sid: &str,
    at: Option<DateTime<Utc>>,
) -> Result<()> {
    sqlx::query(
        "UPDATE phony.calls
         SET media_streams = jsonb_set(media_streams, ARRAY[$3::text, 'to'], to_jsonb(
             least(clock_timestamp(), greatest((media_streams->$3->>'from')::timestamptz, $4))))
         WHERE tenant_id = $1 AND id = $2
           AND media_streams->$3 IS NOT NULL AND media_streams->$3->'to' IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(stream_sid)
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// What a callback changes in a call's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advance<'a> {
    /// The carrier's word.
    pub carrier_status: &'a str,
    /// Its place in the carrier's order.
    pub sequence_number: i32,
    /// Where the call stands now; never `ended`, which is [`super::closing::end`]'s to write.
    pub status: CallStatus,
    /// When it was answered, if that is now known; an earlier knowledge stays.
    pub answered_at: Option<DateTime<Utc>>,
    /// Seconds that the carrier bills.
    pub duration_seconds: Option<u32>,
    /// Whether the carrier's final word is booked with this.
    pub settled: bool,
    /// Whether the line is gone: the call gives its place back although its conversation has yet to say its end.
    pub release_lease: bool,
}

/// Writes what a callback changes.
///
/// # Errors
/// Those of the database.
pub async fn advance(tx: &mut TenantTx, call: CallId, change: &Advance<'_>) -> Result<()> {
    sqlx::query(
        "UPDATE phony.calls
         SET carrier_status = $3, last_sequence = greatest(last_sequence, $4),
             status = CASE WHEN ended_at IS NULL THEN $5 ELSE status END,
             ringing_at = CASE WHEN $5 = 'ringing' THEN coalesce(ringing_at, clock_timestamp()) ELSE ringing_at END,
             answered_at = coalesce(answered_at, $6),
             carrier_duration_seconds = coalesce($7, carrier_duration_seconds),
             settled_at = CASE WHEN $8 THEN clock_timestamp() ELSE settled_at END,
             owner_instance = CASE WHEN $9 THEN NULL ELSE owner_instance END,
             lease_until = CASE WHEN $9 THEN clock_timestamp() ELSE lease_until END
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(change.carrier_status)
    .bind(change.sequence_number)
    .bind(change.status.as_str())
    .bind(change.answered_at)
    .bind(change.duration_seconds.map(|seconds| i32::try_from(seconds).unwrap_or(i32::MAX)))
    .bind(change.settled)
    .bind(change.release_lease)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}
