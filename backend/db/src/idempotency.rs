//! Idempotency keys: which requests have been made, and what was answered.

use chrono::{DateTime, Utc};
use phony_kernel::Result;
use sqlx::Row;

use crate::TenantTx;
use crate::error::DbResult;

/// One request that was made before.
#[derive(Debug, Clone)]
pub struct StoredRequest {
    /// SHA-256 of method, path and body.
    pub fingerprint: Vec<u8>,
    /// Status of the answer; absent while it runs.
    pub status: Option<i32>,
    /// Body of the answer.
    pub body: Option<Vec<u8>>,
    /// When it began.
    pub created_at: DateTime<Utc>,
}

/// Holds (route, key) until the transaction ends; false when another transaction holds it.
///
/// # Errors
/// When the database does not answer.
pub async fn try_lock(tx: &mut TenantTx, route: &str, key: &str) -> Result<bool> {
    let tenant = tx.tenant().uuid();
    let row = sqlx::query(
        "SELECT pg_try_advisory_xact_lock(hashtextextended(jsonb_build_array($1::text, $2::text, $3::text)::text, 1))
           AS held",
    )
    .bind(tenant)
    .bind(route)
    .bind(key)
    .fetch_one(tx.connection())
    .await
    .db()?;
    row.try_get("held").db()
}

/// Finds a request made before.
///
/// # Errors
/// When the database does not answer.
pub async fn find(tx: &mut TenantTx, route: &str, key: &str) -> Result<Option<StoredRequest>> {
    let tenant = tx.tenant().uuid();
    let row = sqlx::query(
        "SELECT fingerprint, status, body, created_at FROM phony.idempotency_keys
         WHERE tenant_id = $1 AND route = $2 AND key = $3",
    )
    .bind(tenant)
    .bind(route)
    .bind(key)
    .fetch_optional(tx.connection())
    .await
    .db()?;
    row.map(|row| {
        Ok(StoredRequest {
            fingerprint: row.try_get("fingerprint").db()?,
            status: row.try_get("status").db()?,
            body: row.try_get("body").db()?,
            created_at: row.try_get("created_at").db()?,
        })
    })
    .transpose()
}

/// Notes that a request begins, in place of whatever was there.
///
/// # Errors
/// When the database refuses.
pub async fn put(
    tx: &mut TenantTx,
    route: &str,
    key: &str,
    fingerprint: &[u8],
    at: DateTime<Utc>,
) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "INSERT INTO phony.idempotency_keys (tenant_id, route, key, fingerprint, created_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant_id, route, key)
         DO UPDATE SET fingerprint = $4, created_at = $5, status = NULL, body = NULL",
    )
    .bind(tenant)
    .bind(route)
    .bind(key)
    .bind(fingerprint)
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Deletes up to `limit` requests that began before `before`.
///
/// # Errors
/// When the database refuses.
pub async fn delete_old(tx: &mut TenantTx, before: DateTime<Utc>, limit: i64) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "DELETE FROM phony.idempotency_keys k
         USING (SELECT route, key FROM phony.idempotency_keys
                WHERE tenant_id = $1 AND created_at < $2
                ORDER BY created_at LIMIT $3 FOR UPDATE SKIP LOCKED) old
         WHERE k.tenant_id = $1 AND k.route = old.route AND k.key = old.key",
    )
    .bind(tenant)
    .bind(before)
    .bind(limit)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Notes the answer.
///
/// # Errors
/// When the database refuses.
pub async fn finish(tx: &mut TenantTx, route: &str, key: &str, status: u16, body: &[u8]) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "UPDATE phony.idempotency_keys SET status = $4, body = $5
         WHERE tenant_id = $1 AND route = $2 AND key = $3",
    )
    .bind(tenant)
    .bind(route)
    .bind(key)
    .bind(i32::from(status))
    .bind(body)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Forgets a request, so that it may be made again.
///
/// # Errors
/// When the database refuses.
pub async fn forget(tx: &mut TenantTx, route: &str, key: &str) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query("DELETE FROM phony.idempotency_keys WHERE tenant_id = $1 AND route = $2 AND key = $3")
        .bind(tenant)
        .bind(route)
        .bind(key)
        .execute(tx.connection())
        .await
        .db()?;
    Ok(())
}
