//! Whom a tenant's agents may ring: versions of the policy, the numbers that are not to be rung, and the hours.

use chrono::{DateTime, Utc};
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{DoNotCallId, E164, Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::TenantTx;
use crate::error::DbResult;

/// The newest version of the policy, if the tenant has one of its own.
///
/// # Errors
/// Those of the database.
pub async fn find(tx: &mut TenantTx) -> Result<Option<(i32, Value)>> {
    sqlx::query_as(
        "SELECT version, body FROM phony.tenant_policies WHERE tenant_id = $1 ORDER BY version DESC LIMIT 1",
    )
    .bind(tx.tenant().uuid())
    .fetch_optional(tx.connection())
    .await
    .db()
}

/// Lets one writer of the policy after the other, until the transaction ends.
///
/// # Errors
/// Those of the database.
pub async fn lock(tx: &mut TenantTx) -> Result<()> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('policy:' || $1::text, 0))")
        .bind(tx.tenant().uuid())
        .execute(tx.connection())
        .await
        .db()?;
    Ok(())
}

/// Adds a version.
///
/// # Errors
/// Those of the database.
pub async fn insert(
    tx: &mut TenantTx,
    version: i32,
    body: &Value,
    by: &str,
    at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO phony.tenant_policies (tenant_id, version, body, created_by, created_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(tx.tenant().uuid())
    .bind(version)
    .bind(body)
    .bind(by)
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Whether the time of day lies within the hours in every one of the zones.
///
/// # Errors
/// Those of the database.
pub async fn is_within_hours(
    tx: &mut TenantTx,
    at: DateTime<Utc>,
    zones: &[&str],
    from: &str,
    to: &str,
) -> Result<bool> {
    let within: Option<bool> = sqlx::query_scalar(
        "SELECT bool_and(l.clock >= $3::time AND l.clock < $4::time)
         FROM (SELECT ($1::timestamptz AT TIME ZONE zone)::time AS clock FROM unnest($2::text[]) AS zone) l",
    )
    .bind(at)
    .bind(zones)
    .bind(from)
    .bind(to)
    .fetch_one(tx.connection())
    .await
    .db()?;
    Ok(within.unwrap_or(false))
}

/// A number that is not to be rung.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoNotCall {
    /// Its id in the list.
    pub id: DoNotCallId,
    /// The number.
    pub e164: E164,
    /// Why.
    pub reason: String,
    /// Since when.
    pub added_at: DateTime<Utc>,
}

/// Key of a number in the list: newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoNotCallKey(DateTime<Utc>, Uuid);

type Row = (Uuid, String, String, DateTime<Utc>);

fn read((id, e164, reason, added_at): Row) -> Result<DoNotCall> {
    Ok(DoNotCall {
        id: DoNotCallId::from_uuid(id),
        e164: E164::from_canonical(&e164).map_err(Error::internal)?,
        reason,
        added_at,
    })
}

/// Puts a number on the list, or finds it there.
///
/// # Errors
/// Those of the database.
pub async fn add_number(tx: &mut TenantTx, new: &DoNotCall, by: &str) -> Result<DoNotCall> {
    sqlx::query(
        "INSERT INTO phony.do_not_call (tenant_id, id, e164, reason, added_by, added_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, e164) DO NOTHING",
    )
    .bind(tx.tenant().uuid())
    .bind(new.id.uuid())
    .bind(new.e164.as_str())
    .bind(&new.reason)
    .bind(by)
    .bind(new.added_at)
    .execute(tx.connection())
    .await
    .db()?;
    let row: Row = sqlx::query_as(
        "SELECT id, e164, reason, added_at FROM phony.do_not_call WHERE tenant_id = $1 AND e164 = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(new.e164.as_str())
    .fetch_one(tx.connection())
    .await
    .db()?;
    read(row)
}

/// Takes a number off the list.
///
/// # Errors
/// `not_found`, or those of the database.
pub async fn remove_number(tx: &mut TenantTx, id: DoNotCallId) -> Result<()> {
    let done = sqlx::query("DELETE FROM phony.do_not_call WHERE tenant_id = $1 AND id = $2")
        .bind(tx.tenant().uuid())
        .bind(id.uuid())
        .execute(tx.connection())
        .await
        .db()?;
    if done.rows_affected() == 0 {
        return Err(Error::not_found());
    }
    Ok(())
}

/// Whether a number is on the list.
///
/// # Errors
/// Those of the database.
pub async fn is_listed(tx: &mut TenantTx, e164: &E164) -> Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM phony.do_not_call WHERE tenant_id = $1 AND e164 = $2)")
        .bind(tx.tenant().uuid())
        .bind(e164.as_str())
        .fetch_one(tx.connection())
        .await
        .db()
}

/// The list, newest first; with a number, that one alone.
///
/// # Errors
/// Those of the database.
pub async fn list_numbers(
    tx: &mut TenantTx,
    e164: Option<&E164>,
    page: &PageRequest<DoNotCallKey>,
) -> Result<Page<DoNotCall>> {
    let (at, id) = page
        .after
        .as_ref()
        .map_or((None, None), |key| (Some(key.0), Some(key.1)));
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, e164, reason, added_at FROM phony.do_not_call
         WHERE tenant_id = $1 AND ($2::text IS NULL OR e164 = $2)
           AND ($3::timestamptz IS NULL OR (added_at, id) < ($3, $4))
         ORDER BY added_at DESC, id DESC LIMIT $5",
    )
    .bind(tx.tenant().uuid())
    .bind(e164.map(E164::as_str))
    .bind(at)
    .bind(id)
    .bind(i64::from(page.limit) + 1)
    .fetch_all(tx.connection())
    .await
    .db()?;
    let numbers = rows.into_iter().map(read).collect::<Result<Vec<_>>>()?;
    Ok(Page::from_rows(numbers, page.limit, |number| {
        DoNotCallKey(number.added_at, number.id.uuid())
    }))
}
