//! The tenant's own list of numbers that are not to be rung.

use chrono::{DateTime, Utc};
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{DoNotCallId, E164, Error, Result};
use uuid::Uuid;

use super::{HashedNumber, NewestFirst, after};
use crate::TenantTx;
use crate::error::DbResult;

/// A number that is not to be rung.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DoNotCall {
    /// Its id in the list.
    #[sqlx(try_from = "Uuid")]
    pub id: DoNotCallId,
    /// Its first and last digits.
    #[sqlx(rename = "e164_masked")]
    pub masked: String,
    /// Why.
    pub reason: String,
    /// Since when.
    pub added_at: DateTime<Utc>,
}

/// A number to put on the list.
#[derive(Debug)]
pub struct NewDoNotCall<'a> {
    /// Its id, if it is not there yet.
    pub id: DoNotCallId,
    /// The number.
    pub number: &'a HashedNumber,
    /// Why.
    pub reason: &'a str,
    /// Who put it there, or in which call.
    pub added_by: &'a str,
    /// When.
    pub added_at: DateTime<Utc>,
}

/// The columns of a [`DoNotCall`], with the rest of the statement.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, e164_masked, reason, added_at FROM phony.do_not_call WHERE tenant_id = $1 ",
            $rest
        )
    };
}

/// Puts a number on the list, or finds it there.
///
/// # Errors
/// Those of the database.
pub async fn add(tx: &mut TenantTx, new: &NewDoNotCall<'_>) -> Result<DoNotCall> {
    sqlx::query(
        "INSERT INTO phony.do_not_call (tenant_id, id, e164_hmac, e164_masked, reason, added_by, added_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant_id, e164_hmac) DO NOTHING",
    )
    .bind(tx.tenant().uuid())
    .bind(new.id.uuid())
    .bind(new.number.hmac.as_slice())
    .bind(&new.number.masked)
    .bind(new.reason)
    .bind(new.added_by)
    .bind(new.added_at)
    .execute(tx.connection())
    .await
    .db()?;
    sqlx::query_as(select!("AND e164_hmac = $2"))
        .bind(tx.tenant().uuid())
        .bind(new.number.hmac.as_slice())
        .fetch_one(tx.connection())
        .await
        .db()
}

/// Takes a number off the list.
///
/// # Errors
/// `not_found`, or those of the database.
pub async fn remove(tx: &mut TenantTx, id: DoNotCallId) -> Result<()> {
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

/// Takes off what this one has put there for a reason since; for a key that turned out to be part of several.
///
/// # Errors
/// Those of the database.
pub async fn take_back(
    tx: &mut TenantTx,
    added_by: &str,
    reason: &str,
    since: DateTime<Utc>,
) -> Result<bool> {
    let done = sqlx::query(
        "DELETE FROM phony.do_not_call WHERE tenant_id = $1 AND added_by = $2 AND reason = $3 AND added_at >= $4",
    )
    .bind(tx.tenant().uuid())
    .bind(added_by)
    .bind(reason)
    .bind(since)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected() > 0)
}

/// Whether a number is on the list, hashed or still in clear.
///
/// # Errors
/// Those of the database.
pub async fn is_listed(tx: &mut TenantTx, e164: &E164, number: &HashedNumber) -> Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM phony.do_not_call WHERE tenant_id = $1 AND e164_hmac = $2)
             OR EXISTS (SELECT FROM phony.do_not_call WHERE tenant_id = $1 AND e164 = $3)",
    )
    .bind(tx.tenant().uuid())
    .bind(number.hmac.as_slice())
    .bind(e164.as_str())
    .fetch_one(tx.connection())
    .await
    .db()
}

/// The list, newest first; with a number, that one alone. What is in clear still follows when it is hashed.
///
/// # Errors
/// Those of the database.
pub async fn list(
    tx: &mut TenantTx,
    number: Option<&HashedNumber>,
    page: &PageRequest<NewestFirst>,
) -> Result<Page<DoNotCall>> {
    let (at, id) = after(page);
    let rows: Vec<DoNotCall> = sqlx::query_as(select!(
        "AND e164 IS NULL AND ($2::bytea IS NULL OR e164_hmac = $2)
           AND ($3::timestamptz IS NULL OR (added_at, id) < ($3, $4))
         ORDER BY added_at DESC, id DESC LIMIT $5"
    ))
    .bind(tx.tenant().uuid())
    .bind(number.map(|number| number.hmac.as_slice()))
    .bind(at)
    .bind(id)
    .bind(page.rows())
    .fetch_all(tx.connection())
    .await
    .db()?;
    Ok(Page::from_rows(rows, page.limit, |number: &DoNotCall| {
        NewestFirst(number.added_at, number.id.uuid())
    }))
}

/// Numbers that are still in clear, from before they were hashed.
///
/// # Errors
/// Those of the database.
pub async fn list_in_clear(tx: &mut TenantTx, limit: i64) -> Result<Vec<(DoNotCallId, E164)>> {
    let rows: Vec<(Uuid, String)> = sqlx::query_as(
        "SELECT id, e164 FROM phony.do_not_call WHERE tenant_id = $1 AND e164 IS NOT NULL ORDER BY id LIMIT $2 FOR UPDATE",
    )
    .bind(tx.tenant().uuid())
    .bind(limit)
    .fetch_all(tx.connection())
    .await
    .db()?;
    rows.into_iter()
        .map(|(id, e164)| {
            let e164 = E164::from_canonical(&e164).map_err(Error::internal)?;
            Ok((DoNotCallId::from_uuid(id), e164))
        })
        .collect()
}

/// Hashes a number that is in clear; one that is there hashed as well is there once then.
///
/// # Errors
/// Those of the database.
pub async fn hash(tx: &mut TenantTx, id: DoNotCallId, number: &HashedNumber) -> Result<()> {
    sqlx::query(
        "UPDATE phony.do_not_call SET e164 = NULL, e164_hmac = $3, e164_masked = $4 WHERE tenant_id = $1 AND id = $2
           AND NOT EXISTS (SELECT FROM phony.do_not_call o WHERE o.tenant_id = $1 AND o.e164_hmac = $3)",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(number.hmac.as_slice())
    .bind(&number.masked)
    .execute(tx.connection())
    .await
    .db()?;
    sqlx::query("DELETE FROM phony.do_not_call WHERE tenant_id = $1 AND id = $2 AND e164 IS NOT NULL")
        .bind(tx.tenant().uuid())
        .bind(id.uuid())
        .execute(tx.connection())
        .await
        .db()?;
    Ok(())
}
