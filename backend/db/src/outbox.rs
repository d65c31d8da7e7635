//! Work to do after the transaction: written with the change that asks for it, done later by a worker.
//!
//! A worker claims a row by pushing its next attempt forward, so a worker that dies gives it back by itself.

use phony_kernel::{Result, TenantId};
use serde_json::Value;
use uuid::Uuid;

use crate::error::DbResult;
use crate::{SystemTx, TenantTx};

/// Asks for work on `topic` once the transaction is committed.
///
/// # Errors
/// Those of the database.
pub async fn insert(tx: &mut TenantTx, topic: &str, payload: &Value) -> Result<Uuid> {
    let id = Uuid::now_v7();
    sqlx::query("INSERT INTO phony.outbox (tenant_id, id, topic, payload) VALUES ($1, $2, $3, $4)")
        .bind(tx.tenant().uuid())
        .bind(id)
        .bind(topic)
        .bind(payload)
        .execute(tx.connection())
        .await
        .db()?;
    Ok(id)
}

/// Asks for work on `topic` some time after the transaction is committed.
///
/// # Errors
/// Those of the database.
pub async fn insert_after(tx: &mut TenantTx, topic: &str, payload: &Value, seconds: f64) -> Result<Uuid> {
    let id = insert(tx, topic, payload).await?;
    postpone(tx, id, seconds, None).await?;
    Ok(id)
}

/// Rows that are due, of all tenants, longest waiting first; for the worker.
///
/// # Errors
/// Those of the database.
pub async fn list_due(tx: &mut SystemTx, limit: i32) -> Result<Vec<(TenantId, Uuid)>> {
    let rows: Vec<(Uuid, Uuid)> = sqlx::query_as("SELECT tenant_id, id FROM phony.gate_due_outbox($1)")
        .bind(limit)
        .fetch_all(tx.connection())
        .await
        .db()?;
    Ok(rows
        .into_iter()
        .map(|(tenant, id)| (TenantId::from_uuid(tenant), id))
        .collect())
}

/// Work that this worker holds until its lease runs out.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Claimed {
    /// Its id.
    pub id: Uuid,
    /// What is to be done.
    pub topic: String,
    /// With what.
    pub payload: Value,
    /// How many times it was tried, this one included.
    pub attempts: i32,
}

/// Claims a due row for `lease_seconds`; `None` when it is done, not due, or held by another worker.
///
/// # Errors
/// Those of the database.
pub async fn claim(tx: &mut TenantTx, id: Uuid, lease_seconds: f64) -> Result<Option<Claimed>> {
    sqlx::query_as(
        "UPDATE phony.outbox
         SET attempts = attempts + 1, next_attempt_at = clock_timestamp() + make_interval(secs => $3)
         WHERE tenant_id = $1 AND id IN (
           SELECT id FROM phony.outbox
           WHERE tenant_id = $1 AND id = $2 AND done_at IS NULL AND next_attempt_at <= clock_timestamp()
           FOR UPDATE SKIP LOCKED)
         RETURNING id, topic, payload, attempts",
    )
    .bind(tx.tenant().uuid())
    .bind(id)
    .bind(lease_seconds)
    .fetch_optional(tx.connection())
    .await
    .db()
}

/// Keeps a claimed row for another `lease_seconds`.
///
/// # Errors
/// Those of the database.
pub async fn extend(tx: &mut TenantTx, id: Uuid, lease_seconds: f64) -> Result<()> {
    postpone(tx, id, lease_seconds, None).await
}

/// The work is done.
///
/// # Errors
/// Those of the database.
pub async fn finish(tx: &mut TenantTx, id: Uuid) -> Result<()> {
    sqlx::query("UPDATE phony.outbox SET done_at = clock_timestamp() WHERE tenant_id = $1 AND id = $2")
        .bind(tx.tenant().uuid())
        .bind(id)
        .execute(tx.connection())
        .await
        .db()?;
    Ok(())
}

/// The work failed and is due again in `seconds`.
///
/// # Errors
/// Those of the database.
pub async fn retry_in(tx: &mut TenantTx, id: Uuid, seconds: f64, failure: &str) -> Result<()> {
    postpone(tx, id, seconds, Some(failure)).await
}

async fn postpone(tx: &mut TenantTx, id: Uuid, seconds: f64, failure: Option<&str>) -> Result<()> {
    sqlx::query(
        "UPDATE phony.outbox
         SET next_attempt_at = clock_timestamp() + make_interval(secs => $3), failure = coalesce($4, failure)
         WHERE tenant_id = $1 AND id = $2 AND done_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(id)
    .bind(seconds)
    .bind(failure)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// The work cannot be done: it waits for a person and is never due again.
///
/// # Errors
/// Those of the database.
pub async fn set_aside(tx: &mut TenantTx, id: Uuid, failure: &str) -> Result<()> {
    sqlx::query(
        "UPDATE phony.outbox SET next_attempt_at = 'infinity', failure = $3
         WHERE tenant_id = $1 AND id = $2 AND done_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(id)
    .bind(failure)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}
