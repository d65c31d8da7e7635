//! National lists of numbers that are not to be rung, as the tenant has brought them.

use chrono::{DateTime, NaiveDate, Utc};
use phony_kernel::{Error, NationalListId, Result};
use uuid::Uuid;

use super::HashedNumber;
use crate::TenantTx;
use crate::error::DbResult;

/// A national list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NationalList {
    /// Its id.
    pub id: NationalListId,
    /// Whose, ISO 3166.
    pub country: String,
    /// Which day's it is.
    pub as_of: NaiveDate,
    /// How many numbers it has.
    pub numbers: i64,
    /// Since when all its parts are there.
    pub complete_at: Option<DateTime<Utc>>,
    /// When its first part came.
    pub created_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    country: String,
    as_of: NaiveDate,
    numbers: i64,
    complete_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl From<Row> for NationalList {
    fn from(row: Row) -> Self {
        Self {
            id: NationalListId::from_uuid(row.id),
            country: row.country,
            as_of: row.as_of,
            numbers: row.numbers,
            complete_at: row.complete_at,
            created_at: row.created_at,
        }
    }
}

/// The list of a country and a day, new or begun before; its row stays locked until the transaction ends.
///
/// # Errors
/// Those of the database.
pub async fn open(
    tx: &mut TenantTx,
    country: &str,
    as_of: NaiveDate,
    by: &str,
    at: DateTime<Utc>,
) -> Result<NationalList> {
    sqlx::query(
        "INSERT INTO phony.national_lists (tenant_id, id, country, as_of, recorded_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, country, as_of) WHERE removed_at IS NULL DO NOTHING",
    )
    .bind(tx.tenant().uuid())
    .bind(NationalListId::new().uuid())
    .bind(country)
    .bind(as_of)
    .bind(by)
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    let row: Row = sqlx::query_as(
        "SELECT id, country, as_of, numbers, complete_at, created_at FROM phony.national_lists
         WHERE tenant_id = $1 AND country = $2 AND as_of = $3 AND removed_at IS NULL FOR UPDATE",
    )
    .bind(tx.tenant().uuid())
    .bind(country)
    .bind(as_of)
    .fetch_one(tx.connection())
    .await
    .db()?;
    Ok(row.into())
}

/// Adds numbers; how many of them were new.
///
/// # Errors
/// Those of the database.
pub async fn add(tx: &mut TenantTx, list: NationalListId, hashes: &[Vec<u8>]) -> Result<u64> {
    let done = sqlx::query(
        "INSERT INTO phony.national_list_numbers (tenant_id, list_id, e164_hmac)
         SELECT $1, $2, hash FROM unnest($3::bytea[]) AS hash ON CONFLICT DO NOTHING",
    )
    .bind(tx.tenant().uuid())
    .bind(list.uuid())
    .bind(hashes)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected())
}

/// Notes how many numbers have come, and whether the list is whole now.
///
/// # Errors
/// Those of the database.
pub async fn note(
    tx: &mut TenantTx,
    list: NationalListId,
    numbers: i64,
    complete_at: Option<DateTime<Utc>>,
) -> Result<NationalList> {
    let row: Row = sqlx::query_as(
        "UPDATE phony.national_lists SET numbers = $3, complete_at = coalesce(complete_at, $4)
         WHERE tenant_id = $1 AND id = $2 RETURNING id, country, as_of, numbers, complete_at, created_at",
    )
    .bind(tx.tenant().uuid())
    .bind(list.uuid())
    .bind(numbers)
    .bind(complete_at)
    .fetch_one(tx.connection())
    .await
    .db()?;
    Ok(row.into())
}

/// All lists, newest day first; there are few.
///
/// # Errors
/// Those of the database.
pub async fn list(tx: &mut TenantTx, limit: i64) -> Result<Vec<NationalList>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, country, as_of, numbers, complete_at, created_at FROM phony.national_lists
         WHERE tenant_id = $1 AND removed_at IS NULL ORDER BY as_of DESC, country LIMIT $2",
    )
    .bind(tx.tenant().uuid())
    .bind(limit)
    .fetch_all(tx.connection())
    .await
    .db()?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Day of the list of a country that is in force, and whether it has this number.
///
/// # Errors
/// Those of the database.
pub async fn look_up(
    tx: &mut TenantTx,
    country: &str,
    number: &HashedNumber,
) -> Result<Option<(NaiveDate, bool)>> {
    sqlx::query_as(
        "SELECT l.as_of, EXISTS (SELECT FROM phony.national_list_numbers n
                                 WHERE n.tenant_id = $1 AND n.list_id = l.id AND n.e164_hmac = $3)
         FROM phony.national_lists l
         WHERE l.tenant_id = $1 AND l.country = $2 AND l.complete_at IS NOT NULL AND l.removed_at IS NULL
         ORDER BY l.as_of DESC LIMIT 1",
    )
    .bind(tx.tenant().uuid())
    .bind(country)
    .bind(number.hmac.as_slice())
    .fetch_optional(tx.connection())
    .await
    .db()
}

/// Takes a list out of force; its numbers go later.
///
/// # Errors
/// `not_found`, or those of the database.
pub async fn remove(tx: &mut TenantTx, id: NationalListId, at: DateTime<Utc>) -> Result<()> {
    let done = sqlx::query(
        "UPDATE phony.national_lists SET removed_at = $3 WHERE tenant_id = $1 AND id = $2 AND removed_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    if done.rows_affected() == 0 {
        return Err(Error::not_found());
    }
    Ok(())
}

/// Deletes up to `limit` numbers of lists that are not in force any more, and a list that has none left; returns how
/// many rows those were. A list that never became whole is kept a month.
///
/// # Errors
/// Those of the database.
pub async fn purge(tx: &mut TenantTx, limit: i64) -> Result<u64> {
    let tenant = tx.tenant().uuid();
    let old: Option<Uuid> = sqlx::query_scalar(
        "SELECT o.id FROM phony.national_lists o WHERE o.tenant_id = $1 AND (o.removed_at IS NOT NULL
           OR (o.complete_at IS NULL AND o.created_at < clock_timestamp() - interval '31 days')
           OR EXISTS (SELECT FROM phony.national_lists n WHERE n.tenant_id = $1 AND n.country = o.country
                        AND n.as_of > o.as_of AND n.complete_at IS NOT NULL AND n.removed_at IS NULL)) LIMIT 1",
    )
    .bind(tenant)
    .fetch_optional(tx.connection())
    .await
    .db()?;
    let Some(list) = old else { return Ok(0) };
    let deleted = sqlx::query(
        "DELETE FROM phony.national_list_numbers WHERE tenant_id = $1 AND list_id = $2 AND e164_hmac IN (
           SELECT e164_hmac FROM phony.national_list_numbers WHERE tenant_id = $1 AND list_id = $2 LIMIT $3)",
    )
    .bind(tenant)
    .bind(list)
    .bind(limit)
    .execute(tx.connection())
    .await
    .db()?
    .rows_affected();
    if deleted > 0 {
        return Ok(deleted);
    }
    let gone = sqlx::query("DELETE FROM phony.national_lists WHERE tenant_id = $1 AND id = $2")
        .bind(tenant)
        .bind(list)
        .execute(tx.connection())
        .await
        .db()?;
    Ok(gone.rows_affected())
}
