//! For how many days a tenant keeps what, and which calls have kept their words long enough.

use phony_kernel::{CallId, Result};
use uuid::Uuid;

use crate::TenantTx;
use crate::error::DbResult;

/// For how many days what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct KeptDays {
    /// What was said and done in calls.
    #[sqlx(rename = "transcript_days")]
    pub transcripts: i32,
    /// The audit log.
    #[sqlx(rename = "audit_days")]
    pub audit: i32,
}

/// For how many days what is kept.
///
/// # Errors
/// Those of the database.
pub async fn find(tx: &mut TenantTx) -> Result<KeptDays> {
    sqlx::query_as("SELECT transcript_days, audit_days FROM phony.tenants WHERE id = $1")
        .bind(tx.tenant().uuid())
        .fetch_one(tx.connection())
        .await
        .db()
}

/// Keeps what for so many days; what is absent stays.
///
/// # Errors
/// Those of the database.
pub async fn set(tx: &mut TenantTx, transcripts: Option<i32>, audit: Option<i32>) -> Result<()> {
    sqlx::query(
        "UPDATE phony.tenants SET transcript_days = coalesce($2, transcript_days), audit_days = coalesce($3, audit_days)
         WHERE id = $1",
    )
    .bind(tx.tenant().uuid())
    .bind(transcripts)
    .bind(audit)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Calls whose words were kept long enough.
///
/// # Errors
/// Those of the database.
pub async fn list_expired_calls(tx: &mut TenantTx, limit: i64) -> Result<Vec<CallId>> {
    let rows: Vec<Uuid> = sqlx::query_scalar(
        "SELECT c.id FROM phony.calls c JOIN phony.tenants t ON t.id = c.tenant_id
         WHERE c.tenant_id = $1 AND c.words_erased_at IS NULL AND c.erased_at IS NULL AND c.ended_at IS NOT NULL
           AND c.ended_at < clock_timestamp() - make_interval(days => t.transcript_days)
         ORDER BY c.ended_at LIMIT $2",
    )
    .bind(tx.tenant().uuid())
    .bind(limit)
    .fetch_all(tx.connection())
    .await
    .db()?;
    Ok(rows.into_iter().map(CallId::from_uuid).collect())
}

/// Deletes what was said and done in a call that has kept it long enough; that it was, its numbers and its bill stay.
/// For the worker.
///
/// # Errors
/// Those of the database.
pub async fn erase_words(tx: &mut TenantTx, call: CallId) -> Result<()> {
    for statement in [
        // First, so that nobody seals the words of this call meanwhile.
        "UPDATE phony.calls SET words_erased_at = clock_timestamp(), detail = NULL, outbound = NULL
         WHERE tenant_id = $1 AND id = $2",
        "DELETE FROM phony.call_events WHERE tenant_id = $1 AND call_id = $2",
        // Without it the words cannot be read in a backup either.
        "DELETE FROM phony.call_keys WHERE tenant_id = $1 AND call_id = $2",
    ] {
        sqlx::query(statement)
            .bind(tx.tenant().uuid())
            .bind(call.uuid())
            .execute(tx.connection())
            .await
            .db()?;
    }
    Ok(())
}
