//! What there is of one phone number in a tenant, and how it goes.

use phony_kernel::{CallId, Result};
use serde_json::Value;
use uuid::Uuid;

use crate::TenantTx;
use crate::error::DbResult;

/// Calls that are over, with this number or with any, oldest first, after a call; up to `limit`.
///
/// # Errors
/// Those of the database.
pub async fn list_calls(
    tx: &mut TenantTx,
    number: Option<&str>,
    after: Option<CallId>,
    limit: i64,
) -> Result<Vec<CallId>> {
    let rows: Vec<Uuid> = sqlx::query_scalar(
        "SELECT id FROM phony.calls
         WHERE tenant_id = $1 AND ($2::text IS NULL OR from_text = $2 OR to_text = $2) AND ended_at IS NOT NULL
           AND ($3::uuid IS NULL OR id > $3) ORDER BY id LIMIT $4",
    )
    .bind(tx.tenant().uuid())
    .bind(number)
    .bind(after.map(CallId::uuid))
    .bind(limit)
    .fetch_all(tx.connection())
    .await
    .db()?;
    Ok(rows.into_iter().map(CallId::from_uuid).collect())
}

/// Whether a call with this number goes on.
///
/// # Errors
/// Those of the database.
pub async fn is_talking(tx: &mut TenantTx, number: &str) -> Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM phony.calls
           WHERE tenant_id = $1 AND (from_text = $2 OR to_text = $2) AND ended_at IS NULL)",
    )
    .bind(tx.tenant().uuid())
    .bind(number)
    .fetch_one(tx.connection())
    .await
    .db()
}

/// Puts `instead` where a call names the number, and no contact. The call stays for the bill.
///
/// # Errors
/// Those of the database.
pub async fn replace_number(tx: &mut TenantTx, call: CallId, number: &str, instead: &str) -> Result<()> {
    sqlx::query(
        "UPDATE phony.calls
         SET from_text = CASE WHEN from_text = $3 THEN $4 ELSE from_text END,
             to_text = CASE WHEN to_text = $3 THEN $4 ELSE to_text END, contact_id = NULL
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(number)
    .bind(instead)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Deletes the contact with this number, stored answers that hold the number, and work done that names it; returns
/// how many contacts those were.
///
/// # Errors
/// Those of the database.
pub async fn delete_contact(tx: &mut TenantTx, number: &str) -> Result<u64> {
    let tenant = tx.tenant().uuid();
    let contacts = sqlx::query("DELETE FROM phony.contacts WHERE tenant_id = $1 AND e164 = $2")
        .bind(tenant)
        .bind(number)
        .execute(tx.connection())
        .await
        .db()?
        .rows_affected();
    for statement in [
        "DELETE FROM phony.idempotency_keys
         WHERE tenant_id = $1 AND status IS NOT NULL AND position(convert_to($2, 'UTF8') IN body) > 0",
        "DELETE FROM phony.outbox WHERE tenant_id = $1 AND done_at IS NOT NULL AND position($2 IN payload::text) > 0",
    ] {
        sqlx::query(statement)
            .bind(tenant)
            .bind(number)
            .execute(tx.connection())
            .await
            .db()?;
    }
    Ok(contacts)
}

/// What is kept of a number by its keyed hash, as JSON: what its owner has agreed to, and whether they are not to be rung.
///
/// # Errors
/// Those of the database.
pub async fn describe_hashed(tx: &mut TenantTx, hmac: &[u8]) -> Result<Value> {
    sqlx::query_scalar(
        "SELECT jsonb_build_object(
           'consents', (SELECT coalesce(jsonb_agg(to_jsonb(c) - 'tenant_id' - 'e164_hmac' ORDER BY c.id), '[]')
                        FROM phony.contact_consents c WHERE c.tenant_id = $1 AND c.e164_hmac = $2),
           'do_not_call', (SELECT coalesce(jsonb_agg(to_jsonb(d) - 'tenant_id' - 'e164_hmac' ORDER BY d.id), '[]')
                           FROM phony.do_not_call d WHERE d.tenant_id = $1 AND d.e164_hmac = $2))",
    )
    .bind(tx.tenant().uuid())
    .bind(hmac)
    .fetch_one(tx.connection())
    .await
    .db()
}

/// Takes the words out of what is kept of a number by its keyed hash. That it is not to be rung stays; what its owner has
/// agreed to is taken back.
///
/// # Errors
/// Those of the database.
pub async fn forget_hashed(tx: &mut TenantTx, hmac: &[u8]) -> Result<()> {
    for statement in [
        "UPDATE phony.contact_consents
         SET source = 'erased', evidence = '{}', e164_masked = 'erased', revoked_at = coalesce(revoked_at, clock_timestamp())
         WHERE tenant_id = $1 AND e164_hmac = $2",
        "UPDATE phony.do_not_call SET reason = '', e164_masked = 'erased' WHERE tenant_id = $1 AND e164_hmac = $2",
    ] {
        sqlx::query(statement)
            .bind(tx.tenant().uuid())
            .bind(hmac)
            .execute(tx.connection())
            .await
            .db()?;
    }
    Ok(())
}

/// Every number that the tenant has dealt with, in their order, after one; up to `limit`. For finding again, after a
/// restore, those that were erased.
///
/// # Errors
/// Those of the database.
pub async fn list_numbers(tx: &mut TenantTx, after: &str, limit: i64) -> Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT n FROM (
           SELECT e164 AS n FROM phony.contacts WHERE tenant_id = $1
           UNION SELECT from_text FROM phony.calls WHERE tenant_id = $1
           UNION SELECT to_text FROM phony.calls WHERE tenant_id = $1) known
         WHERE n > $2 AND n LIKE '+%' ORDER BY n LIMIT $3",
    )
    .bind(tx.tenant().uuid())
    .bind(after)
    .bind(limit)
    .fetch_all(tx.connection())
    .await
    .db()
}

/// Whether a number is, or was, one of the tenant's own.
///
/// # Errors
/// Those of the database.
pub async fn is_own_number(tx: &mut TenantTx, number: &str) -> Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM phony.phone_numbers WHERE tenant_id = $1 AND e164 = $2)")
        .bind(tx.tenant().uuid())
        .bind(number)
        .fetch_one(tx.connection())
        .await
        .db()
}
