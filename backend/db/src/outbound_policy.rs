//! Whom a tenant's agents may ring: versions of the policy and the hours here; consents, lists of numbers that are not
//! to be rung, and stops in files of their own. Numbers of these are kept by their keyed hash.

pub mod consents;
pub mod do_not_call;
pub mod national;
pub mod number_keys;
pub mod stops;

use chrono::{DateTime, Utc};
use phony_kernel::Result;
use phony_kernel::page::PageRequest;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::TenantTx;
use crate::error::DbResult;

/// A number as it is kept of people who may not know us: who has it finds it again, who reads the row does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashedNumber {
    /// HMAC-SHA-256 of the number, by a key of the tenant.
    pub hmac: [u8; 32],
    /// Its first and last digits, for people.
    pub masked: String,
}

/// Where a list that shows the newest first goes on: after what was added at this time, with this id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewestFirst(DateTime<Utc>, Uuid);

/// The key of the last row of the page before, in its parts.
fn after(page: &PageRequest<NewestFirst>) -> (Option<DateTime<Utc>>, Option<Uuid>) {
    page.after.as_ref().map(|key| (key.0, key.1)).unzip()
}

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
