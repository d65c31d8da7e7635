//! What becomes of a recording: begun, paused, over, its file there or not. Each says whether it was news.

use chrono::{DateTime, Utc};
use phony_kernel::{RecordingId, Result};

use super::RecordingStatus;
use crate::TenantTx;
use crate::error::DbResult;

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
