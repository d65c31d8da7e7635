//! Requests to erase a contact or the tenant, with the receipts of those that are done.

use chrono::{DateTime, Utc};
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{ErasureId, Result};
use uuid::Uuid;

use super::Subject;
use crate::TenantTx;
use crate::error::DbResult;

/// An erasure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureRecord {
    /// Its id.
    pub id: ErasureId,
    /// Of what.
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

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    subject: String,
    e164: Option<String>,
    subject_hmac: Option<Vec<u8>>,
    status: String,
    failure: Option<String>,
    receipt: Option<String>,
    signature: Option<Vec<u8>>,
    created_by: String,
    created_at: DateTime<Utc>,
    done_at: Option<DateTime<Utc>>,
}

impl From<Row> for ErasureRecord {
    fn from(row: Row) -> Self {
        Self {
            id: ErasureId::from_uuid(row.id),
            subject: Subject::read(&row.subject),
            e164: row.e164,
            subject_hmac: row.subject_hmac,
            status: row.status,
            failure: row.failure,
            receipt: row.receipt,
            signature: row.signature,
            created_by: row.created_by,
            created_at: row.created_at,
            done_at: row.done_at,
        }
    }
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
    let subject = match new.e164 {
        Some(_) => Subject::Contact,
        None => Subject::Tenant,
    };
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
    let row: Option<Row> = sqlx::query_as(
        "SELECT id, subject, e164, subject_hmac, status, failure, receipt, signature, created_by, created_at, done_at
         FROM phony.privacy_erasures WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .fetch_optional(tx.connection())
    .await
    .db()?;
    Ok(row.map(ErasureRecord::from))
}

/// Erasures, newest first.
///
/// # Errors
/// Those of the database.
pub async fn list(tx: &mut TenantTx, page: &PageRequest<Uuid>) -> Result<Page<ErasureRecord>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, subject, e164, subject_hmac, status, failure, receipt, signature, created_by, created_at, done_at
         FROM phony.privacy_erasures WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
    )
    .bind(tx.tenant().uuid())
    .bind(page.after)
    .bind(i64::from(page.limit) + 1)
    .fetch_all(tx.connection())
    .await
    .db()?;
    let erasures = rows.into_iter().map(ErasureRecord::from).collect();
    Ok(Page::from_rows(
        erasures,
        page.limit,
        |erasure: &ErasureRecord| erasure.id.uuid(),
    ))
}

/// An erasure goes on; `None` when it is done. A second start after a crash is fine.
///
/// # Errors
/// Those of the database.
pub async fn start(tx: &mut TenantTx, id: ErasureId) -> Result<Option<ErasureRecord>> {
    let done = sqlx::query(
        "UPDATE phony.privacy_erasures SET status = 'running', failure = NULL
         WHERE tenant_id = $1 AND id = $2 AND status <> 'done'",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .execute(tx.connection())
    .await
    .db()?;
    if done.rows_affected() == 0 {
        return Ok(None);
    }
    find(tx, id).await
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
