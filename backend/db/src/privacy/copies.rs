//! Copies of a tenant's data, or of what there is of one contact: jobs that write a file.

use chrono::{DateTime, Utc};
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{DataCopyId, Result};
use uuid::Uuid;

use super::Subject;
use crate::TenantTx;
use crate::error::DbResult;

/// A copy.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct CopyRecord {
    /// Its id.
    #[sqlx(try_from = "Uuid")]
    pub id: DataCopyId,
    /// Of what.
    #[sqlx(try_from = "String")]
    pub subject: Subject,
    /// Number of the contact, while the file is kept.
    pub e164: Option<String>,
    /// `queued`, `running`, `ready`, `failed`.
    pub status: String,
    /// Why it failed.
    pub failure: Option<String>,
    /// Where the file is.
    pub storage_key: Option<String>,
    /// Its bytes.
    pub size_bytes: Option<i64>,
    /// Its SHA-256.
    pub sha256: Option<Vec<u8>>,
    /// Files in it.
    pub file_count: Option<i32>,
    /// Who asked.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When the file was there.
    pub ready_at: Option<DateTime<Utc>>,
    /// Until when it can be fetched.
    pub expires_at: Option<DateTime<Utc>>,
}

/// The columns of a [`CopyRecord`].
macro_rules! columns {
    () => {
        "id, subject, e164, status, failure, storage_key, size_bytes, sha256, file_count, created_by, created_at, ready_at,
         expires_at"
    };
}

/// A copy to make.
#[derive(Debug)]
pub struct NewCopy<'a> {
    /// Its id.
    pub id: DataCopyId,
    /// Of the contact with this number; of the tenant without one.
    pub e164: Option<&'a str>,
    /// Who asks.
    pub created_by: &'a str,
    /// When.
    pub at: DateTime<Utc>,
}

/// Notes a copy to make.
///
/// # Errors
/// Those of the database.
pub async fn insert(tx: &mut TenantTx, new: &NewCopy<'_>) -> Result<()> {
    let subject = Subject::of(new.e164);
    sqlx::query(
        "INSERT INTO phony.privacy_exports (tenant_id, id, subject, e164, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(tx.tenant().uuid())
    .bind(new.id.uuid())
    .bind(subject.as_str())
    .bind(new.e164)
    .bind(new.created_by)
    .bind(new.at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// A copy, if the tenant has it.
///
/// # Errors
/// Those of the database.
pub async fn find(tx: &mut TenantTx, id: DataCopyId) -> Result<Option<CopyRecord>> {
    sqlx::query_as(concat!(
        "SELECT ",
        columns!(),
        " FROM phony.privacy_exports WHERE tenant_id = $1 AND id = $2",
    ))
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .fetch_optional(tx.connection())
    .await
    .db()
}

/// Copies, newest first.
///
/// # Errors
/// Those of the database.
pub async fn list(tx: &mut TenantTx, page: &PageRequest<Uuid>) -> Result<Page<CopyRecord>> {
    let rows: Vec<CopyRecord> = sqlx::query_as(concat!(
        "SELECT ",
        columns!(),
        " FROM phony.privacy_exports WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
    ))
    .bind(tx.tenant().uuid())
    .bind(page.after)
    .bind(i64::from(page.limit) + 1)
    .fetch_all(tx.connection())
    .await
    .db()?;
    Ok(Page::from_rows(rows, page.limit, |copy: &CopyRecord| {
        copy.id.uuid()
    }))
}

/// Copies that are not ready or failed yet.
///
/// # Errors
/// Those of the database.
pub async fn count_open(tx: &mut TenantTx) -> Result<i64> {
    sqlx::query_scalar(
        "SELECT count(*) FROM phony.privacy_exports WHERE tenant_id = $1 AND status IN ('queued', 'running')",
    )
    .bind(tx.tenant().uuid())
    .fetch_one(tx.connection())
    .await
    .db()
}

/// A copy is being made; `None` when it is ready or has failed. A second start after a crash is fine.
///
/// # Errors
/// Those of the database.
pub async fn start(tx: &mut TenantTx, id: DataCopyId) -> Result<Option<CopyRecord>> {
    sqlx::query_as(concat!(
        "UPDATE phony.privacy_exports SET status = 'running'
         WHERE tenant_id = $1 AND id = $2 AND status IN ('queued', 'running') RETURNING ",
        columns!(),
    ))
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .fetch_optional(tx.connection())
    .await
    .db()
}

/// What there is to say about a finished file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyFile {
    /// Where it is.
    pub storage_key: String,
    /// Files in it.
    pub file_count: i32,
    /// Its bytes.
    pub size_bytes: i64,
    /// Its SHA-256.
    pub sha256: [u8; 32],
}

/// The file is there, to be fetched for `kept_hours`.
///
/// # Errors
/// Those of the database.
pub async fn finish(tx: &mut TenantTx, id: DataCopyId, file: &CopyFile, kept_hours: i32) -> Result<()> {
    sqlx::query(
        "UPDATE phony.privacy_exports
         SET status = 'ready', storage_key = $3, file_count = $4, size_bytes = $5, sha256 = $6,
             ready_at = clock_timestamp(), expires_at = clock_timestamp() + make_interval(hours => $7)
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(&file.storage_key)
    .bind(file.file_count)
    .bind(file.size_bytes)
    .bind(&file.sha256[..])
    .bind(kept_hours)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// The copy cannot be made.
///
/// # Errors
/// Those of the database.
pub async fn fail(tx: &mut TenantTx, id: DataCopyId, failure: &str) -> Result<()> {
    sqlx::query(
        "UPDATE phony.privacy_exports SET status = 'failed', failure = $3, e164 = NULL
         WHERE tenant_id = $1 AND id = $2 AND status IN ('queued', 'running')",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(failure)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Copies whose files were kept long enough, with where those are; all of them, or those of one number, whatever
/// their age.
///
/// # Errors
/// Those of the database.
pub async fn list_to_remove(tx: &mut TenantTx, which: ToRemove<'_>) -> Result<Vec<(DataCopyId, String)>> {
    let (all, number) = match which {
        ToRemove::Expired => (false, None),
        ToRemove::OfContact(number) => (false, Some(number)),
        ToRemove::All => (true, None),
    };
    let rows: Vec<(Uuid, String)> = sqlx::query_as(
        "SELECT id, storage_key FROM phony.privacy_exports
         WHERE tenant_id = $1 AND storage_key IS NOT NULL
           AND (expires_at < clock_timestamp() OR $2 OR subject = 'tenant' AND $3::text IS NOT NULL OR e164 = $3)
         ORDER BY expires_at LIMIT 100",
    )
    .bind(tx.tenant().uuid())
    .bind(all)
    .bind(number)
    .fetch_all(tx.connection())
    .await
    .db()?;
    Ok(rows
        .into_iter()
        .map(|(id, key)| (DataCopyId::from_uuid(id), key))
        .collect())
}

/// Which files go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToRemove<'a> {
    /// Those that were kept long enough.
    Expired,
    /// Those with data of this number, those of the whole tenant among them.
    OfContact(&'a str),
    /// All of them.
    All,
}

/// The file of a copy is deleted.
///
/// # Errors
/// Those of the database.
pub async fn forget_file(tx: &mut TenantTx, id: DataCopyId) -> Result<()> {
    sqlx::query(
        "UPDATE phony.privacy_exports
         SET storage_key = NULL, e164 = NULL, expires_at = least(expires_at, clock_timestamp())
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}
