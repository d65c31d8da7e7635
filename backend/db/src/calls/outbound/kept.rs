//! What is kept with a call that we make, and what of it is erased; what the carrier charges.

use chrono::{DateTime, Utc};
use phony_conversation::plan::Personality;
use phony_kernel::{CallId, Result};
use serde_json::Value;

use crate::TenantTx;
use crate::error::DbResult;

/// The order of a call and who talks in it, for those who only read.
///
/// # Errors
/// Those of the database.
pub async fn find_order(tx: &mut TenantTx, call: CallId) -> Result<Option<Value>> {
    let order: Option<Option<Value>> =
        sqlx::query_scalar("SELECT outbound FROM phony.calls WHERE tenant_id = $1 AND id = $2")
            .bind(tx.tenant().uuid())
            .bind(call.uuid())
            .fetch_optional(tx.connection())
            .await
            .db()?;
    Ok(order.flatten())
}

/// Who talks in a call, in the version of its beginning.
///
/// # Errors
/// Those of the database.
pub async fn find_speaker(tx: &mut TenantTx, call: CallId) -> Result<Option<Personality>> {
    let body: Option<sqlx::types::Json<Personality>> = sqlx::query_scalar(
        "SELECT v.body FROM phony.calls c JOIN phony.personality_versions v
           ON v.tenant_id = c.tenant_id AND v.personality_id = c.personality_id AND v.version = c.personality_version
         WHERE c.tenant_id = $1 AND c.id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .fetch_optional(tx.connection())
    .await
    .db()?;
    Ok(body.map(|body| body.0))
}

/// Takes the content out of a call that is over: notes, variables, the words of its first and last line. `false`
/// while it goes on.
///
/// # Errors
/// Those of the database.
pub async fn erase(tx: &mut TenantTx, call: CallId) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE phony.calls SET erased_at = coalesce(erased_at, clock_timestamp()), metadata = '{}', outbound = NULL, detail = NULL,
           recording_notice = NULL
         WHERE tenant_id = $1 AND id = $2 AND ended_at IS NOT NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected() == 1)
}

/// Deletes what was said and done in a call that was erased; for the worker.
///
/// # Errors
/// Those of the database.
pub async fn delete_events(tx: &mut TenantTx, call: CallId) -> Result<u64> {
    let done = sqlx::query(
        "DELETE FROM phony.call_events e WHERE e.tenant_id = $1 AND e.call_id = $2
           AND EXISTS (SELECT FROM phony.calls c WHERE c.tenant_id = $1 AND c.id = $2 AND c.erased_at IS NOT NULL)",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .execute(tx.connection())
    .await
    .db()?;
    // Without its key nothing of it can be read in a backup either.
    sqlx::query(
        "DELETE FROM phony.call_keys k WHERE k.tenant_id = $1 AND k.call_id = $2
           AND EXISTS (SELECT FROM phony.calls c WHERE c.tenant_id = $1 AND c.id = $2 AND c.erased_at IS NOT NULL)",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected())
}

/// Keeps what the carrier charges for a call; a figure that is known already changes nothing.
///
/// # Errors
/// Those of the database.
pub async fn keep_price(
    tx: &mut TenantTx,
    call: CallId,
    call_sid: &str,
    amount: &str,
    currency: &str,
    at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO phony.provider_costs (tenant_id, provider, ref, revision, call_id, amount, currency, observed_at)
         SELECT $1, 'twilio', $3, coalesce(max(p.revision) + 1, 0), $2, $4::numeric, $5, $6
         FROM phony.provider_costs p WHERE p.tenant_id = $1 AND p.provider = 'twilio' AND p.ref = $3
         HAVING count(*) FILTER (WHERE p.amount = $4::numeric AND p.currency = $5) = 0
         ON CONFLICT DO NOTHING",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(call_sid)
    .bind(amount)
    .bind(currency)
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}
