//! Who has agreed to be rung, to what, and how that is known. A consent is revoked, never deleted: it proves the past.

use chrono::{DateTime, Utc};
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{ConsentId, Error, Result};
use serde_json::Value;
use uuid::Uuid;

use super::{HashedNumber, NewestFirst, after};
use crate::TenantTx;
use crate::error::DbResult;

/// That somebody has agreed to be rung.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Consent {
    /// Its id.
    #[sqlx(try_from = "Uuid")]
    pub id: ConsentId,
    /// First and last digits of their number.
    #[sqlx(rename = "e164_masked")]
    pub masked: String,
    /// To what.
    pub kind: String,
    /// Where it was given.
    pub source: String,
    /// What proves it.
    pub evidence: Value,
    /// When it was given.
    pub captured_at: DateTime<Utc>,
    /// When it was taken back.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When we were told.
    pub created_at: DateTime<Utc>,
}

/// A consent to keep.
#[derive(Debug)]
pub struct NewConsent<'a> {
    /// Its id.
    pub id: ConsentId,
    /// Whose.
    pub number: &'a HashedNumber,
    /// To what.
    pub kind: &'a str,
    /// Where it was given.
    pub source: &'a str,
    /// What proves it.
    pub evidence: &'a Value,
    /// When it was given.
    pub captured_at: DateTime<Utc>,
    /// Who told us.
    pub recorded_by: &'a str,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// The columns of a [`Consent`].
macro_rules! columns {
    () => {
        "id, e164_masked, kind, source, evidence, captured_at, revoked_at, created_at"
    };
}

/// Keeps a consent.
///
/// # Errors
/// Those of the database.
pub async fn insert(tx: &mut TenantTx, new: &NewConsent<'_>) -> Result<()> {
    sqlx::query(
        "INSERT INTO phony.contact_consents
           (tenant_id, id, e164_hmac, e164_masked, kind, source, evidence, captured_at, recorded_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(tx.tenant().uuid())
    .bind(new.id.uuid())
    .bind(new.number.hmac.as_slice())
    .bind(&new.number.masked)
    .bind(new.kind)
    .bind(new.source)
    .bind(new.evidence)
    .bind(new.captured_at)
    .bind(new.recorded_by)
    .bind(new.created_at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// One consent.
///
/// # Errors
/// Those of the database.
pub async fn find(tx: &mut TenantTx, id: ConsentId) -> Result<Option<Consent>> {
    sqlx::query_as(concat!(
        "SELECT ",
        columns!(),
        " FROM phony.contact_consents WHERE tenant_id = $1 AND id = $2",
    ))
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .fetch_optional(tx.connection())
    .await
    .db()
}

/// Takes a consent back; `false` when it was before.
///
/// # Errors
/// `not_found`, or those of the database.
pub async fn revoke(tx: &mut TenantTx, id: ConsentId, at: DateTime<Utc>) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE phony.contact_consents SET revoked_at = $3 WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    if done.rows_affected() == 1 {
        return Ok(true);
    }
    find(tx, id).await?.map(|_| false).ok_or_else(Error::not_found)
}

/// Takes all back that the holder of a number has given.
///
/// # Errors
/// Those of the database.
pub async fn revoke_all(tx: &mut TenantTx, number: &HashedNumber, at: DateTime<Utc>) -> Result<u64> {
    let done = sqlx::query(
        "UPDATE phony.contact_consents SET revoked_at = $3 WHERE tenant_id = $1 AND e164_hmac = $2 AND revoked_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(number.hmac.as_slice())
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected())
}

/// Gives back what was taken at this moment; for a key that turned out to be part of several.
///
/// # Errors
/// Those of the database.
pub async fn restore(tx: &mut TenantTx, number: &HashedNumber, revoked_since: DateTime<Utc>) -> Result<()> {
    sqlx::query(
        "UPDATE phony.contact_consents SET revoked_at = NULL WHERE tenant_id = $1 AND e164_hmac = $2 AND revoked_at >= $3",
    )
    .bind(tx.tenant().uuid())
    .bind(number.hmac.as_slice())
    .bind(revoked_since)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// What the holder of a number agrees to now.
///
/// # Errors
/// Those of the database.
pub async fn list_kinds(tx: &mut TenantTx, number: &HashedNumber, now: DateTime<Utc>) -> Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT DISTINCT kind FROM phony.contact_consents
         WHERE tenant_id = $1 AND e164_hmac = $2 AND revoked_at IS NULL AND captured_at <= $3",
    )
    .bind(tx.tenant().uuid())
    .bind(number.hmac.as_slice())
    .bind(now)
    .fetch_all(tx.connection())
    .await
    .db()
}

/// Consents, newest first; of one number or of one kind, if so wanted.
///
/// # Errors
/// Those of the database.
pub async fn list(
    tx: &mut TenantTx,
    number: Option<&HashedNumber>,
    kind: Option<&str>,
    page: &PageRequest<NewestFirst>,
) -> Result<Page<Consent>> {
    let (at, id) = after(page);
    let rows: Vec<Consent> = sqlx::query_as(concat!(
        "SELECT ",
        columns!(),
        " FROM phony.contact_consents
         WHERE tenant_id = $1 AND ($2::bytea IS NULL OR e164_hmac = $2) AND ($3::text IS NULL OR kind = $3)
           AND ($4::timestamptz IS NULL OR (created_at, id) < ($4, $5))
         ORDER BY created_at DESC, id DESC LIMIT $6",
    ))
    .bind(tx.tenant().uuid())
    .bind(number.map(|number| number.hmac.as_slice()))
    .bind(kind)
    .bind(at)
    .bind(id)
    .bind(page.rows())
    .fetch_all(tx.connection())
    .await
    .db()?;
    Ok(Page::from_rows(rows, page.limit, |consent: &Consent| {
        NewestFirst(consent.created_at, consent.id.uuid())
    }))
}
