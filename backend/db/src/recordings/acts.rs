//! Acts of supervisors on recordings: the same `action_id` twice is one act.

use phony_kernel::{CallId, Result};

use crate::TenantTx;
use crate::error::DbResult;

/// What became of an act that was seen before.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SeenAct {
    /// Whether it is over.
    pub done: bool,
    /// Why it failed: stable code.
    pub code: Option<String>,
    /// In words.
    pub detail: Option<String>,
}

/// Notes an act; what became of it when it was noted before.
///
/// # Errors
/// Those of the database.
pub async fn note(
    tx: &mut TenantTx,
    call: CallId,
    action_id: &str,
    op: &str,
    actor: &str,
) -> Result<Option<SeenAct>> {
    let done = sqlx::query(
        "INSERT INTO phony.recording_acts (tenant_id, call_id, action_id, op, actor)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(action_id)
    .bind(op)
    .bind(actor)
    .execute(tx.connection())
    .await
    .db()?;
    if done.rows_affected() == 1 {
        return Ok(None);
    }
    sqlx::query_as(
        "SELECT done_at IS NOT NULL AS done, code, detail FROM phony.recording_acts
         WHERE tenant_id = $1 AND call_id = $2 AND action_id = $3",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(action_id)
    .fetch_optional(tx.connection())
    .await
    .db()
}

/// The act is over; `failure` is a code and words.
///
/// # Errors
/// Those of the database.
pub async fn finish(
    tx: &mut TenantTx,
    call: CallId,
    action_id: &str,
    failure: Option<(&str, &str)>,
) -> Result<()> {
    sqlx::query(
        "UPDATE phony.recording_acts SET done_at = clock_timestamp(), code = $4, detail = $5
         WHERE tenant_id = $1 AND call_id = $2 AND action_id = $3",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(action_id)
    .bind(failure.map(|(code, _)| code))
    .bind(failure.map(|(_, detail)| detail))
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}
