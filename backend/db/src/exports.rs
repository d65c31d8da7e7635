//! Export jobs. The rows that an export writes are in [`usage_rows`].

use chrono::{DateTime, Utc};
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{ExportId, Result};
use uuid::Uuid;

use crate::TenantTx;
use crate::error::DbResult;

pub mod usage_rows;

/// An export job.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ExportRecord {
    /// Its id.
    #[sqlx(try_from = "Uuid")]
    pub id: ExportId,
    /// `usage`.
    pub dataset: String,
    /// `csv`.
    pub format: String,
    /// From this moment.
    #[sqlx(rename = "period_from")]
    pub from: DateTime<Utc>,
    /// Until before this one.
    #[sqlx(rename = "period_to")]
    pub to: DateTime<Utc>,
    /// `queued`, `running`, `ready`, `failed`.
    pub status: String,
    /// Why it failed.
    pub failure: Option<String>,
    /// Lines of the file, the heading not counted.
    pub row_count: Option<i64>,
    /// SHA-256 of the file.
    pub sha256: Option<Vec<u8>>,
    /// Bytes of the file.
    pub size_bytes: Option<i64>,
    /// Where the file is.
    pub storage_key: Option<String>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When the file was there.
    pub ready_at: Option<DateTime<Utc>>,
    /// Until when the file can be fetched.
    pub expires_at: Option<DateTime<Utc>>,
}

/// The columns of an [`ExportRecord`].
macro_rules! columns {
    () => {
        "id, dataset, format, period_from, period_to, status, failure, row_count, sha256, size_bytes, storage_key,
         created_at, ready_at, expires_at"
    };
}

/// An export to make.
#[derive(Debug)]
pub struct NewExport<'a> {
    /// Its id.
    pub id: ExportId,
    /// `usage`.
    pub dataset: &'a str,
    /// `csv`.
    pub format: &'a str,
    /// From this moment.
    pub from: DateTime<Utc>,
    /// Until before this one.
    pub to: DateTime<Utc>,
    /// `usr_…` or `key_…`.
    pub created_by: &'a str,
    /// When.
    pub at: DateTime<Utc>,
}

/// Notes an export to make.
///
/// # Errors
/// Those of the database.
pub async fn insert(tx: &mut TenantTx, new: &NewExport<'_>) -> Result<()> {
    sqlx::query(
        "INSERT INTO phony.exports (tenant_id, id, dataset, format, period_from, period_to, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tx.tenant().uuid())
    .bind(new.id.uuid())
    .bind(new.dataset)
    .bind(new.format)
    .bind(new.from)
    .bind(new.to)
    .bind(new.created_by)
    .bind(new.at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// An export, if the tenant has it.
///
/// # Errors
/// Those of the database.
pub async fn find(tx: &mut TenantTx, id: ExportId) -> Result<Option<ExportRecord>> {
    sqlx::query_as(concat!(
        "SELECT ",
        columns!(),
        " FROM phony.exports WHERE tenant_id = $1 AND id = $2",
    ))
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .fetch_optional(tx.connection())
    .await
    .db()
}

/// Exports, newest first.
///
/// # Errors
/// Those of the database.
pub async fn list(tx: &mut TenantTx, page: &PageRequest<Uuid>) -> Result<Page<ExportRecord>> {
    let rows: Vec<ExportRecord> = sqlx::query_as(concat!(
        "SELECT ",
        columns!(),
        " FROM phony.exports WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
    ))
    .bind(tx.tenant().uuid())
    .bind(page.after)
    .bind(page.rows())
    .fetch_all(tx.connection())
    .await
    .db()?;
    Ok(Page::from_rows(rows, page.limit, |export| export.id.uuid()))
}

/// An export is being made; `None` when it is ready or has failed. A second start after a crash is fine.
///
/// # Errors
/// Those of the database.
pub async fn start(tx: &mut TenantTx, id: ExportId) -> Result<Option<ExportRecord>> {
    sqlx::query_as(concat!(
        "UPDATE phony.exports SET status = 'running'
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
pub struct FileFacts {
    /// Where it is.
    pub storage_key: String,
    /// Its lines, the heading not counted.
    pub row_count: i64,
    /// Its bytes.
    pub size_bytes: i64,
    /// Its SHA-256.
    pub sha256: [u8; 32],
}

/// The file is there, to be fetched for 24 hours.
///
/// # Errors
/// Those of the database.
pub async fn finish(tx: &mut TenantTx, id: ExportId, file: &FileFacts) -> Result<()> {
    sqlx::query(
        "UPDATE phony.exports
         SET status = 'ready', storage_key = $3, row_count = $4, size_bytes = $5, sha256 = $6,
             ready_at = clock_timestamp(), expires_at = clock_timestamp() + interval '24 hours'
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(&file.storage_key)
    .bind(file.row_count)
    .bind(file.size_bytes)
    .bind(&file.sha256[..])
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// The export cannot be made.
///
/// # Errors
/// Those of the database.
pub async fn fail(tx: &mut TenantTx, id: ExportId, failure: &str) -> Result<()> {
    sqlx::query(
        "UPDATE phony.exports SET status = 'failed', failure = $3
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

/// Exports whose files were kept long enough, with where those are.
///
/// # Errors
/// Those of the database.
pub async fn list_expired(tx: &mut TenantTx, limit: i64) -> Result<Vec<(ExportId, String)>> {
    let rows: Vec<(Uuid, String)> = sqlx::query_as(
        "SELECT id, storage_key FROM phony.exports
         WHERE tenant_id = $1 AND storage_key IS NOT NULL AND expires_at < clock_timestamp()
         ORDER BY expires_at LIMIT $2",
    )
    .bind(tx.tenant().uuid())
    .bind(limit)
    .fetch_all(tx.connection())
    .await
    .db()?;
    Ok(rows
        .into_iter()
        .map(|(id, key)| (ExportId::from_uuid(id), key))
        .collect())
}

/// The file of an export is deleted.
///
/// # Errors
/// Those of the database.
pub async fn forget_file(tx: &mut TenantTx, id: ExportId) -> Result<()> {
    sqlx::query("UPDATE phony.exports SET storage_key = NULL WHERE tenant_id = $1 AND id = $2")
        .bind(tx.tenant().uuid())
        .bind(id.uuid())
        .execute(tx.connection())
        .await
        .db()?;
    Ok(())
}

/// Lets the files of all exports go now.
///
/// # Errors
/// Those of the database.
pub async fn expire_all(tx: &mut TenantTx) -> Result<()> {
    sqlx::query(
        "UPDATE phony.exports SET expires_at = '1970-01-01Z' WHERE tenant_id = $1 AND storage_key IS NOT NULL",
    )
    .bind(tx.tenant().uuid())
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}
