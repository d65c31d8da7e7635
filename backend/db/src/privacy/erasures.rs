//! Requests to erase a contact or the tenant, with the receipts of those that are done.

use chrono::{DateTime, Utc};
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{ErasureId, Result};
use uuid::Uuid;

use super::Subject;
use crate::TenantTx;
use crate::error::DbResult;

/// An erasure.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ErasureRecord {
    /// Its id.
    #[sqlx(try_from = "Uuid")]
    pub id: ErasureId,
    /// Of what.
    #[sqlx(try_from = "String")]
    pub subject: Subject,
    /// Number of the contact, until it is erased.
    pub e164: Option<String>,
    /// What stands for the number from then on.
    pub subject_hmac: Option<Vec<u8>>,
    /// `queued`, `running`, `done`, `failed`.
    pub status: String,
    /// Why it failed.
    pub failure: Option<String>,
    /// The receipt, as it was signed.
    pub receipt: Option<String>,
    /// Its signature.
    pub signature: Option<Vec<u8>>,
    /// Who asked.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it was done.
    pub done_at: Option<DateTime<Utc>>,
}

/// The columns of an [`ErasureRecord`].
macro_rules! columns {
    () => {
        "id, subject, e164, subject_hmac, status, failure, receipt, signature, created_by, created_at, done_at"
    };
}

/// An erasure to do.
#[derive(Debug)]
pub struct NewErasure<'a> {
    /// Its id.
    pub id: ErasureId,
    /// Of the contact with this number; of the tenant without one.
    pub e164: Option<&'a str>,
    /// What stands for the number.
    pub subject_hmac: Option<&'a [u8]>,
    /// Who asks.
    pub created_by: &'a str,
    /// When.
    pub at: DateTime<Utc>,
}

/// Notes an erasure to do.
///
/// # Errors
/// Those of the database.
pub async fn insert(tx: &mut TenantTx, new: &NewErasure<'_>) -> Result<()> {
    let subject = Subject::of(new.e164);
    sqlx::query(
        "INSERT INTO phony.privacy_erasures (tenant_id, id, subject, e164, subject_hmac, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(tx.tenant().uuid())
    .bind(new.id.uuid())
    .bind(subject.as_str())
    .bind(new.e164)
    .bind(new.subject_hmac)
    .bind(new.created_by)
    .bind(new.at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// An erasure, if the tenant has it.
///
/// # Errors
/// Those of the database.
pub async fn find(tx: &mut TenantTx, id: ErasureId) -> Result<Option<ErasureRecord>> {
    sqlx::query_as(concat!(
        "SELECT ",
        columns!(),
        " FROM phony.privacy_erasures WHERE tenant_id = $1 AND id = $2",
    ))
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .fetch_optional(tx.connection())
    .await
    .db()
}

/// Erasures, newest first.
///
/// # Errors
/// Those of the database.
pub async fn list(tx: &mut TenantTx, page: &PageRequest<Uuid>) -> Result<Page<ErasureRecord>> {
    let rows: Vec<ErasureRecord> = sqlx::query_as(concat!(
        "SELECT ",
        columns!(),
        " FROM phony.privacy_erasures WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
    ))
    .bind(tx.tenant().uuid())
    .bind(page.after)
    .bind(i64::from(page.limit) + 1)
    .fetch_all(tx.connection())
    .await
    .db()?;
    Ok(Page::from_rows(rows, page.limit, |erasure: &ErasureRecord| {
        erasure.id.uuid()
    }))
}

/// An erasure goes on; `None` when it is done. A second start after a crash is fine.
///
/// # Errors
/// Those of the database.
pub async fn start(tx: &mut TenantTx, id: ErasureId) -> Result<Option<ErasureRecord>> {
    sqlx::query_as(concat!(
        "UPDATE phony.privacy_erasures SET status = 'running', failure = NULL
         WHERE tenant_id = $1 AND id = $2 AND status <> 'done' RETURNING ",
        columns!(),
    ))
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .fetch_optional(tx.connection())
    .await
    .db()
}

/// The erasure is done; its receipt is all that is left of it.
///
/// # Errors
/// Those of the database.
pub async fn finish(tx: &mut TenantTx, id: ErasureId, receipt: &str, signature: &[u8]) -> Result<()> {
    sqlx::query(
        "UPDATE phony.privacy_erasures
         SET status = 'done', e164 = NULL, receipt = $3, signature = $4, done_at = clock_timestamp()
         WHERE tenant_id = $1 AND id = $2 AND status = 'running'",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(receipt)
    .bind(signature)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// The erasure did not come to its end; a person has to see why.
///
/// # Errors
/// Those of the database.
pub async fn fail(tx: &mut TenantTx, id: ErasureId, failure: &str) -> Result<()> {
    sqlx::query(
        "UPDATE phony.privacy_erasures SET status = 'failed', failure = $3
         WHERE tenant_id = $1 AND id = $2 AND status <> 'done'",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(failure)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}
