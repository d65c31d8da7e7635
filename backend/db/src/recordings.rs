//! Recordings of calls: what the call's policy says, and every recording from its start to its tombstone.
//!
//! What a callback or an act means is decided above; here it is read and stored. Whoever changes a recording holds
//! the row of its call, so that acts, callbacks and the end of the call come one after the other.

use std::fmt;

use chrono::{DateTime, Utc};
use phony_kernel::{CallId, RecordingId, Result};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row as _};

use crate::TenantTx;
use crate::error::DbResult;

pub mod acts;
mod changes;
pub mod erasure;
pub mod policy;

pub use changes::{
    FileFacts, adopt, discard, note_completed, note_deleted_at_carrier, note_paused, note_ready,
    note_started, note_stopped, note_without_file,
};

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

    fn read(text: &str) -> sqlx::Result<Self> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| sqlx::Error::Decode("recordings.status is not a known word".into()))
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

impl FromRow<'_, PgRow> for StoredRecording {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: RecordingId::from_uuid(row.try_get("id")?),
            call: CallId::from_uuid(row.try_get("call_id")?),
            status: RecordingStatus::read(row.try_get("status")?)?,
            carrier_sid: row.try_get("carrier_sid")?,
            carrier_account_sid: row.try_get("carrier_account_sid")?,
            started_by: row.try_get("started_by")?,
            consent: row.try_get("consent")?,
            created_at: row.try_get("created_at")?,
            started_at: row.try_get("started_at")?,
            paused_at: row.try_get("paused_at")?,
            ended_at: row.try_get("ended_at")?,
            duration_seconds: row.try_get("duration_seconds")?,
            channels: row.try_get("channels")?,
            discard: row.try_get("discard")?,
            storage_key: row.try_get("storage_key")?,
            size_bytes: row.try_get("size_bytes")?,
            content_type: row.try_get("content_type")?,
            sha256: row.try_get("sha256")?,
            ready_at: row.try_get("ready_at")?,
            expires_at: row.try_get("expires_at")?,
            failure: row.try_get("failure")?,
            erased_at: row.try_get("erased_at")?,
            erased_for: row.try_get("erased_for")?,
            carrier_deleted_at: row.try_get("carrier_deleted_at")?,
        })
    }
}

/// The columns of [`StoredRecording`], with the rest of the statement.
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
    sqlx::query_as(select!("AND id = $2"))
        .bind(tx.tenant().uuid())
        .bind(id.uuid())
        .fetch_optional(tx.connection())
        .await
        .db()
}

/// The recordings of a call, oldest first.
///
/// # Errors
/// Those of the database.
pub async fn list(tx: &mut TenantTx, call: CallId, limit: i64) -> Result<Vec<StoredRecording>> {
    sqlx::query_as(select!("AND call_id = $2 ORDER BY id LIMIT $3"))
        .bind(tx.tenant().uuid())
        .bind(call.uuid())
        .bind(limit)
        .fetch_all(tx.connection())
        .await
        .db()
}

/// The recording of a call that runs, if one does.
///
/// # Errors
/// Those of the database.
pub async fn find_live(tx: &mut TenantTx, call: CallId) -> Result<Option<StoredRecording>> {
    sqlx::query_as(select!(
        "AND call_id = $2 AND status IN ('starting', 'recording', 'paused') LIMIT 1"
    ))
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .fetch_optional(tx.connection())
    .await
    .db()
}

/// The recording that the carrier knows by this id.
///
/// # Errors
/// Those of the database.
pub async fn find_by_sid(tx: &mut TenantTx, sid: &str) -> Result<Option<StoredRecording>> {
    sqlx::query_as(select!("AND carrier_sid = $2"))
        .bind(tx.tenant().uuid())
        .bind(sid)
        .fetch_optional(tx.connection())
        .await
        .db()
}
