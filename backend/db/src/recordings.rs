//! Recordings of calls: what the call's policy says, and every recording from its start to its tombstone.
//!
//! What a callback or an act means is decided above; here it is read and stored. Whoever changes a recording holds
//! the row of its call, so that acts, callbacks and the end of the call come one after the other.

use std::fmt;

use chrono::{DateTime, Utc};
use phony_kernel::{CallId, Error, RecordingId, Result};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::TenantTx;
use crate::error::DbResult;

pub mod acts;
pub mod erasure;
pub mod policy;

/// Where a recording stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingStatus {
    /// The carrier is asked to record.
    Starting,
    /// It records.
    Recording,
    /// It records silence.
    Paused,
    /// It is over; its file is on the way.
    Processing,
    /// Its file is there.
    Ready,
    /// There was nothing worth keeping.
    Absent,
    /// It could not be made or fetched.
    Failed,
    /// Its content is gone; this row remains.
    Deleted,
}

impl RecordingStatus {
    const ALL: [Self; 8] = [
        Self::Starting,
        Self::Recording,
        Self::Paused,
        Self::Processing,
        Self::Ready,
        Self::Absent,
        Self::Failed,
        Self::Deleted,
    ];

    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Recording => "recording",
            Self::Paused => "paused",
            Self::Processing => "processing",
            Self::Ready => "ready",
            Self::Absent => "absent",
            Self::Failed => "failed",
            Self::Deleted => "deleted",
        }
    }

    /// Whether the carrier may still be recording.
    #[must_use]
    pub fn is_live(self) -> bool {
        matches!(self, Self::Starting | Self::Recording | Self::Paused)
    }

    fn read(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| Error::internal(anyhow::anyhow!("recordings.status is not a known word")))
    }
}

impl fmt::Display for RecordingStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecording {
    /// Its id.
    pub id: RecordingId,
    /// Of which call.
    pub call: CallId,
    /// Where it stands.
    pub status: RecordingStatus,
    /// The carrier's id of it.
    pub carrier_sid: Option<String>,
    /// The carrier's account that holds it.
    pub carrier_account_sid: Option<String>,
    /// Who wanted it: `policy`, `carrier`, `usr_…` or `key_…`.
    pub started_by: String,
    /// How the caller is told: `off`, `announce`, `ask`.
    pub consent: String,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When the carrier began.
    pub started_at: Option<DateTime<Utc>>,
    /// Since when it pauses.
    pub paused_at: Option<DateTime<Utc>>,
    /// When the carrier said that it is over.
    pub ended_at: Option<DateTime<Utc>>,
    /// How long it is.
    pub duration_seconds: Option<i32>,
    /// 2 has the caller on the left and the agent on the right.
    pub channels: Option<i32>,
    /// Whether it is thrown away, because the caller refused.
    pub discard: bool,
    /// Where its file is.
    pub storage_key: Option<String>,
    /// Bytes of the file.
    pub size_bytes: Option<i64>,
    /// Kind of the file.
    pub content_type: Option<String>,
    /// SHA-256 of the file.
    pub sha256: Option<Vec<u8>>,
    /// When the file was there.
    pub ready_at: Option<DateTime<Utc>>,
    /// Until when it is kept.
    pub expires_at: Option<DateTime<Utc>>,
    /// Why it failed.
    pub failure: Option<String>,
    /// When its content was deleted.
    pub erased_at: Option<DateTime<Utc>>,
    /// Why: `retention`, `request`, `call`, `refused`.
    pub erased_for: Option<String>,
    /// When the carrier's copy was deleted.
    pub carrier_deleted_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    call_id: Uuid,
    status: String,
    carrier_sid: Option<String>,
    carrier_account_sid: Option<String>,
    started_by: String,
    consent: String,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    paused_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    duration_seconds: Option<i32>,
    channels: Option<i32>,
    discard: bool,
    storage_key: Option<String>,
    size_bytes: Option<i64>,
    content_type: Option<String>,
    sha256: Option<Vec<u8>>,
    ready_at: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
    failure: Option<String>,
    erased_at: Option<DateTime<Utc>>,
    erased_for: Option<String>,
    carrier_deleted_at: Option<DateTime<Utc>>,
}

impl Row {
    fn read(self) -> Result<StoredRecording> {
        Ok(StoredRecording {
            id: RecordingId::from_uuid(self.id),
            call: CallId::from_uuid(self.call_id),
            status: RecordingStatus::read(&self.status)?,
            carrier_sid: self.carrier_sid,
            carrier_account_sid: self.carrier_account_sid,
            started_by: self.started_by,
            consent: self.consent,
            created_at: self.created_at,
            started_at: self.started_at,
            paused_at: self.paused_at,
            ended_at: self.ended_at,
            duration_seconds: self.duration_seconds,
            channels: self.channels,
            discard: self.discard,
            storage_key: self.storage_key,
            size_bytes: self.size_bytes,
            content_type: self.content_type,
            sha256: self.sha256,
            ready_at: self.ready_at,
            expires_at: self.expires_at,
            failure: self.failure,
            erased_at: self.erased_at,
            erased_for: self.erased_for,
            carrier_deleted_at: self.carrier_deleted_at,
        })
    }
}

/// The columns of [`Row`], with the rest of the statement.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, call_id, status, carrier_sid, carrier_account_sid, started_by, consent, created_at, started_at, paused_at, ended_at,
                    duration_seconds, channels, discard, storage_key, size_bytes, content_type, sha256, ready_at,
                    expires_at, failure, erased_at, erased_for, carrier_deleted_at
             FROM phony.recordings WHERE tenant_id = $1 ",
            $rest
        )
    };
}

/// A recording to begin.
#[derive(Debug)]
pub struct NewRecording<'a> {
    /// Its id.
    pub id: RecordingId,
    /// Of which call.
    pub call: CallId,
    /// Who wants it.
    pub started_by: &'a str,
    /// How the caller is told.
    pub consent: &'a str,
    /// The carrier's id, when it has begun by itself.
    pub carrier_sid: Option<&'a str>,
}

/// Notes a recording that is to begin; `false` when the call has one that runs.
///
/// # Errors
/// Those of the database.
pub async fn insert(tx: &mut TenantTx, new: &NewRecording<'_>) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO phony.recordings (tenant_id, id, call_id, status, started_by, consent, carrier_sid)
         VALUES ($1, $2, $3, 'starting', $4, $5, $6) ON CONFLICT DO NOTHING",
    )
    .bind(tx.tenant().uuid())
    .bind(new.id.uuid())
    .bind(new.call.uuid())
    .bind(new.started_by)
    .bind(new.consent)
    .bind(new.carrier_sid)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected() == 1)
}

/// One recording of a call.
///
/// # Errors
/// Those of the database.
pub async fn find(tx: &mut TenantTx, id: RecordingId) -> Result<Option<StoredRecording>> {
    let row: Option<Row> = sqlx::query_as(select!("AND id = $2"))
        .bind(tx.tenant().uuid())
        .bind(id.uuid())
        .fetch_optional(tx.connection())
        .await
        .db()?;
    row.map(Row::read).transpose()
}

/// The recordings of a call, oldest first.
///
/// # Errors
/// Those of the database.
pub async fn list(tx: &mut TenantTx, call: CallId, limit: i64) -> Result<Vec<StoredRecording>> {
    let rows: Vec<Row> = sqlx::query_as(select!("AND call_id = $2 ORDER BY id LIMIT $3"))
        .bind(tx.tenant().uuid())
        .bind(call.uuid())
        .bind(limit)
        .fetch_all(tx.connection())
        .await
        .db()?;
    rows.into_iter().map(Row::read).collect()
}

/// The recording of a call that runs, if one does.
///
/// # Errors
/// Those of the database.
pub async fn find_live(tx: &mut TenantTx, call: CallId) -> Result<Option<StoredRecording>> {
    let row: Option<Row> = sqlx::query_as(select!(
        "AND call_id = $2 AND status IN ('starting', 'recording', 'paused') LIMIT 1"
    ))
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .fetch_optional(tx.connection())
    .await
    .db()?;
    row.map(Row::read).transpose()
}

/// The recording that the carrier knows by this id.
///
/// # Errors
/// Those of the database.
pub async fn find_by_sid(tx: &mut TenantTx, sid: &str) -> Result<Option<StoredRecording>> {
    let row: Option<Row> = sqlx::query_as(select!("AND carrier_sid = $2"))
        .bind(tx.tenant().uuid())
        .bind(sid)
        .fetch_optional(tx.connection())
        .await
        .db()?;
    row.map(Row::read).transpose()
}

/// The carrier records, under this id; `false` when the recording was not about to begin any more, or has another id.
///
/// # Errors
/// Those of the database.
pub async fn note_started(
    tx: &mut TenantTx,
    id: RecordingId,
    sid: &str,
    account_sid: &str,
    at: DateTime<Utc>,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE phony.recordings
         SET carrier_sid = $3, carrier_account_sid = $4, started_at = coalesce(started_at, $5), status = 'recording',
             failure = NULL
         WHERE tenant_id = $1 AND id = $2 AND status = 'starting' AND (carrier_sid IS NULL OR carrier_sid = $3)",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(sid)
    .bind(account_sid)
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected() == 1)
}

/// Gives a recording that has no carrier's id yet this one, whatever has become of it.
///
/// # Errors
/// Those of the database.
pub async fn adopt(tx: &mut TenantTx, id: RecordingId, sid: &str, account_sid: &str) -> Result<()> {
    sqlx::query(
        "UPDATE phony.recordings SET carrier_sid = $3, carrier_account_sid = $4
         WHERE tenant_id = $1 AND id = $2 AND carrier_sid IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(sid)
    .bind(account_sid)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// It pauses, or goes on; `false` when it was not running.
///
/// # Errors
/// Those of the database.
pub async fn note_paused(tx: &mut TenantTx, id: RecordingId, paused_for: Option<&str>) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE phony.recordings
         SET status = CASE WHEN $3::text IS NULL THEN 'recording' ELSE 'paused' END, paused_for = $3,
             paused_at = CASE WHEN $3::text IS NULL THEN NULL ELSE clock_timestamp() END
         WHERE tenant_id = $1 AND id = $2 AND status IN ('recording', 'paused')",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(paused_for)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected() == 1)
}

/// It is over at the carrier, with this length; its file is awaited. `false` when that was known.
///
/// # Errors
/// Those of the database.
pub async fn note_completed(
    tx: &mut TenantTx,
    id: RecordingId,
    duration_seconds: Option<i32>,
    channels: Option<i32>,
    started_at: Option<DateTime<Utc>>,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE phony.recordings
         SET status = 'processing', ended_at = coalesce(ended_at, clock_timestamp()), paused_at = NULL,
             duration_seconds = coalesce($3, duration_seconds), channels = coalesce($4, channels),
             started_at = coalesce(started_at, $5, created_at), failure = NULL
         WHERE tenant_id = $1 AND id = $2
           AND (status IN ('starting', 'recording', 'paused') OR (status = 'processing' AND $3 IS NOT NULL AND duration_seconds IS NULL))",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(duration_seconds)
    .bind(channels)
    .bind(started_at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected() == 1)
}

/// It was stopped; the carrier will say how long it is. `false` when it was not running.
///
/// # Errors
/// Those of the database.
pub async fn note_stopped(tx: &mut TenantTx, id: RecordingId) -> Result<bool> {
    note_completed(tx, id, None, None, None).await
}

/// Nothing of it is to be kept: the caller refused.
///
/// # Errors
/// Those of the database.
pub async fn discard(tx: &mut TenantTx, id: RecordingId) -> Result<()> {
    sqlx::query("UPDATE phony.recordings SET discard = true WHERE tenant_id = $1 AND id = $2")
        .bind(tx.tenant().uuid())
        .bind(id.uuid())
        .execute(tx.connection())
        .await
        .db()?;
    Ok(())
}

/// It came to nothing: `absent` or `failed`, with why. `false` when its file is there or its end was known.
///
/// # Errors
/// Those of the database.
pub async fn note_without_file(
    tx: &mut TenantTx,
    id: RecordingId,
    status: RecordingStatus,
    failure: Option<&str>,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE phony.recordings
         SET status = $3, failure = $4, ended_at = coalesce(ended_at, clock_timestamp()), paused_at = NULL
         WHERE tenant_id = $1 AND id = $2 AND status IN ('starting', 'recording', 'paused', 'processing')",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(status.as_str())
    .bind(failure)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected() == 1)
}

/// What is known of a file that was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFacts {
    /// Where it is.
    pub storage_key: String,
    /// Its bytes.
    pub size_bytes: i64,
    /// Its kind.
    pub content_type: &'static str,
    /// Its SHA-256.
    pub sha256: [u8; 32],
}

/// Its file is there, to be kept for as long as the tenant says. `false` when nobody wants it any more.
///
/// # Errors
/// Those of the database.
pub async fn note_ready(tx: &mut TenantTx, id: RecordingId, file: &FileFacts) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE phony.recordings
         SET status = 'ready', storage_key = $3, size_bytes = $4, content_type = $5, sha256 = $6,
             ready_at = clock_timestamp(),
             expires_at = clock_timestamp() + make_interval(days => (SELECT recording_days FROM phony.tenants WHERE id = $1))
         WHERE tenant_id = $1 AND id = $2 AND status = 'processing' AND NOT discard",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(&file.storage_key)
    .bind(file.size_bytes)
    .bind(file.content_type)
    .bind(&file.sha256[..])
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected() == 1)
}

/// The carrier has deleted its copy.
///
/// # Errors
/// Those of the database.
pub async fn note_deleted_at_carrier(tx: &mut TenantTx, id: RecordingId) -> Result<()> {
    sqlx::query(
        "UPDATE phony.recordings SET carrier_deleted_at = coalesce(carrier_deleted_at, clock_timestamp())
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}
