//! Rows that nobody needs any more: found tenant by tenant, deleted some at a time. For the worker.

use phony_kernel::{Result, TenantId};
use uuid::Uuid;

use crate::error::DbResult;
use crate::{SystemTx, TenantTx};

/// Up to `limit` tenants after this one, in their order.
///
/// # Errors
/// Those of the database.
pub async fn list_tenants(tx: &mut SystemTx, after: Option<TenantId>, limit: i32) -> Result<Vec<TenantId>> {
    let rows: Vec<Uuid> = sqlx::query_scalar("SELECT tenant_id FROM phony.gate_tenants($1, $2)")
        .bind(after.map_or(Uuid::nil(), TenantId::uuid))
        .bind(limit)
        .fetch_all(tx.connection())
        .await
        .db()?;
    Ok(rows.into_iter().map(TenantId::from_uuid).collect())
}

/// Deletes work that was done a week ago, answers kept for repeats of a day ago, callbacks of calls that were settled a
/// month ago, and sessions that ran out, at most `limit` of each; returns how many rows those were.
///
/// # Errors
/// Those of the database.
pub async fn purge(tx: &mut TenantTx, limit: i64) -> Result<u64> {
    let tenant = tx.tenant().uuid();
    let mut deleted = 0;
    for statement in [
        "DELETE FROM phony.outbox WHERE tenant_id = $1 AND id IN (
           SELECT id FROM phony.outbox
           WHERE tenant_id = $1 AND done_at < clock_timestamp() - interval '7 days' LIMIT $2)",
        // An hour later than they are good for.
        "DELETE FROM phony.idempotency_keys WHERE tenant_id = $1 AND (route, key) IN (
           SELECT route, key FROM phony.idempotency_keys
           WHERE tenant_id = $1 AND created_at < clock_timestamp() - interval '25 hours' LIMIT $2)",
        "DELETE FROM phony.carrier_callbacks WHERE tenant_id = $1 AND (call_id, sequence_number) IN (
           SELECT b.call_id, b.sequence_number FROM phony.carrier_callbacks b
           JOIN phony.calls c ON c.tenant_id = b.tenant_id AND c.id = b.call_id
           WHERE b.tenant_id = $1 AND b.received_at < clock_timestamp() - interval '30 days'
             AND c.settled_at < clock_timestamp() - interval '30 days' LIMIT $2)",
        // A day later, so that a clock that is a little off signs nobody out.
        "DELETE FROM phony.sessions WHERE tenant_id = $1 AND id IN (
           SELECT id FROM phony.sessions
           WHERE tenant_id = $1 AND expires_at < clock_timestamp() - interval '1 day' LIMIT $2)",
        "DELETE FROM phony.mailed_links WHERE tenant_id = $1 AND id IN (
           SELECT id FROM phony.mailed_links
           WHERE tenant_id = $1 AND expires_at < clock_timestamp() - interval '7 days' LIMIT $2)",
        // Open ones stay until somebody withdraws them or mails them again.
        "DELETE FROM phony.invitations WHERE tenant_id = $1 AND id IN (
           SELECT id FROM phony.invitations
           WHERE tenant_id = $1 AND coalesce(accepted_at, withdrawn_at) < clock_timestamp() - interval '90 days' LIMIT $2)",
    ] {
        deleted += sqlx::query(statement)
            .bind(tenant)
            .bind(limit)
            .execute(tx.connection())
            .await
            .db()?
            .rows_affected();
    }
    Ok(deleted)
}
