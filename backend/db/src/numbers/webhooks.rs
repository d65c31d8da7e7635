//! What of a number differs at the carrier, and which numbers are to be looked at.

use chrono::{DateTime, Utc};
use phony_kernel::{NumberId, Result};
use sqlx::types::Json;
use uuid::Uuid;

use super::Drift;
use crate::TenantTx;
use crate::error::DbResult;

/// Keeps what a look at the carrier has found; false when the same was known, so that nobody is told twice.
///
/// # Errors
/// When the database fails.
pub async fn record_look(
    tx: &mut TenantTx,
    id: NumberId,
    drift: &[Drift],
    at: DateTime<Utc>,
) -> Result<bool> {
    let known: Option<Json<Vec<Drift>>> = sqlx::query_scalar(
        "WITH before AS (SELECT drift FROM phony.phone_numbers WHERE tenant_id = $1 AND id = $2 FOR UPDATE)
         UPDATE phony.phone_numbers n SET drift = $3, checked_at = $4 FROM before
         WHERE n.tenant_id = $1 AND n.id = $2 AND n.released_at IS NULL RETURNING before.drift",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(Json(drift))
    .bind(at)
    .fetch_optional(tx.connection())
    .await
    .db()?;
    Ok(known.is_some_and(|known| known.0 != drift))
}

/// Numbers that were not looked at since `before`, longest ago first.
///
/// # Errors
/// When the database fails.
pub async fn list_unchecked(tx: &mut TenantTx, before: DateTime<Utc>, limit: i64) -> Result<Vec<NumberId>> {
    let rows: Vec<Uuid> = sqlx::query_scalar(
        "SELECT id FROM phony.phone_numbers
         WHERE tenant_id = $1 AND status = 'active' AND (checked_at IS NULL OR checked_at < $2)
         ORDER BY checked_at NULLS FIRST LIMIT $3",
    )
    .bind(tx.tenant().uuid())
    .bind(before)
    .bind(limit)
    .fetch_all(tx.connection())
    .await
    .db()?;
    Ok(rows.into_iter().map(NumberId::from_uuid).collect())
}

/// Notes under which account and id the carrier holds the number now.
///
/// # Errors
/// When the database fails.
pub async fn record_holder(
    tx: &mut TenantTx,
    id: NumberId,
    carrier_sid: &str,
    account_sid: &str,
) -> Result<()> {
    sqlx::query(
        "UPDATE phony.phone_numbers SET carrier_sid = $3, carrier_account_sid = $4 WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(carrier_sid)
    .bind(account_sid)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Notes that the numbers of an account are gone, because the carrier has closed it.
///
/// # Errors
/// When the database fails.
pub async fn release_lost(tx: &mut TenantTx, account_sid: &str, at: DateTime<Utc>) -> Result<()> {
    sqlx::query(
        "UPDATE phony.phone_numbers SET status = 'released', released_at = $3, updated_at = $3
         WHERE tenant_id = $1 AND carrier_account_sid = $2 AND status = 'active'",
    )
    .bind(tx.tenant().uuid())
    .bind(account_sid)
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}
