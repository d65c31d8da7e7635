//! The end of a recording: its content goes, its row stays as a tombstone. The file itself is deleted by a worker,
//! which the row's `storage_key` waits for.

use phony_kernel::{CallId, RecordingId, Result};
use uuid::Uuid;

use crate::TenantTx;
use crate::error::DbResult;

/// Why a recording is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErasedFor {
    /// It was kept long enough.
    Retention,
    /// Somebody deleted it.
    Request,
    /// The content of its call was erased.
    Call,
    /// The caller did not want it.
    Refused,
}

impl ErasedFor {
    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Retention => "retention",
            Self::Request => "request",
            Self::Call => "call",
            Self::Refused => "refused",
        }
    }
}

/// Makes a tombstone of a recording; `false` when it was one.
///
/// # Errors
/// Those of the database.
pub async fn erase(tx: &mut TenantTx, id: RecordingId, why: ErasedFor) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE phony.recordings
         SET status = 'deleted', erased_at = clock_timestamp(), erased_for = $3, sha256 = NULL, size_bytes = NULL,
             content_type = NULL, failure = NULL, paused_at = NULL, paused_for = NULL, expires_at = NULL
         WHERE tenant_id = $1 AND id = $2 AND status <> 'deleted'",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(why.as_str())
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected() == 1)
}

/// The recordings of a call that are no tombstones.
///
/// # Errors
/// Those of the database.
pub async fn list_of_call(tx: &mut TenantTx, call: CallId) -> Result<Vec<RecordingId>> {
    let rows: Vec<Uuid> = sqlx::query_scalar(
        "SELECT id FROM phony.recordings WHERE tenant_id = $1 AND call_id = $2 AND status <> 'deleted' ORDER BY id",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .fetch_all(tx.connection())
    .await
    .db()?;
    Ok(rows.into_iter().map(RecordingId::from_uuid).collect())
}

/// Recordings that were kept long enough.
///
/// # Errors
/// Those of the database.
pub async fn list_expired(tx: &mut TenantTx, limit: i64) -> Result<Vec<RecordingId>> {
    let rows: Vec<Uuid> = sqlx::query_scalar(
        "SELECT id FROM phony.recordings
         WHERE tenant_id = $1 AND storage_key IS NOT NULL AND expires_at < clock_timestamp() AND status <> 'deleted'
         ORDER BY expires_at LIMIT $2",
    )
    .bind(tx.tenant().uuid())
    .bind(limit)
    .fetch_all(tx.connection())
    .await
    .db()?;
    Ok(rows.into_iter().map(RecordingId::from_uuid).collect())
}

/// The file of a recording is deleted.
///
/// # Errors
/// Those of the database.
pub async fn forget_file(tx: &mut TenantTx, id: RecordingId) -> Result<()> {
    sqlx::query("UPDATE phony.recordings SET storage_key = NULL WHERE tenant_id = $1 AND id = $2 AND status = 'deleted'")
        .bind(tx.tenant().uuid())
        .bind(id.uuid())
        .execute(tx.connection())
        .await
        .db()?;
    Ok(())
}
