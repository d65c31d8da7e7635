//! Makes the file of an export. Runs in a worker, may be repeated, and needs little memory for any number of rows.

use std::sync::Arc;

use object_store::buffered::BufWriter;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use phony_db::Db;
use phony_db::exports::usage_rows::{self, UsageKey};
use phony_db::exports::{self, ExportRecord, FileFacts};
use phony_kernel::{Error, ExportId, Result, TenantId};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt as _;

use super::csv_file;

/// Rows read at one time.
const PAGE: i64 = 5_000;
/// Files deleted in one go.
const EXPIRED_AT_ONCE: i64 = 100;

/// Makes the file of an export that is not ready yet; the same data gives the same bytes.
///
/// # Errors
/// Those of the database and of the file store; the job is then repeated.
pub async fn run(db: &Db, store: &Arc<dyn ObjectStore>, tenant: TenantId, export: ExportId) -> Result<()> {
    let mut tx = db.tenant(tenant).await?;
    let Some(record) = exports::start(&mut tx, export).await? else {
        return Ok(());
    };
    tx.commit().await?;
    let file = write(db, store, tenant, &record).await?;
    let mut tx = db.tenant(tenant).await?;
    exports::finish(&mut tx, export, &file).await?;
    tx.commit().await?;
    tracing::info!(
        tenant.id = %tenant, export.id = %export, rows.count = file.row_count, size_bytes = file.size_bytes,
        "export {export} is ready: {} rows", file.row_count
    );
    Ok(())
}

/// Notes that an export cannot be made.
///
/// # Errors
/// Those of the database.
pub async fn give_up(db: &Db, tenant: TenantId, export: ExportId) -> Result<()> {
    let mut tx = db.tenant(tenant).await?;
    exports::fail(&mut tx, export, "the file could not be written").await?;
    tx.commit().await
}

/// Deletes the files of a tenant that were kept long enough; returns how many those were.
///
/// # Errors
/// Those of the database and of the file store; what is left is tried again.
pub async fn remove_expired(db: &Db, store: &Arc<dyn ObjectStore>, tenant: TenantId) -> Result<usize> {
    let mut tx = db.tenant(tenant).await?;
    let expired = exports::list_expired(&mut tx, EXPIRED_AT_ONCE).await?;
    drop(tx);
    for (export, key) in &expired {
        match store.delete(&Path::from(key.as_str())).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(cause) => return Err(Error::unavailable(cause)),
        }
        let mut tx = db.tenant(tenant).await?;
        exports::forget_file(&mut tx, *export).await?;
        tx.commit().await?;
    }
    Ok(expired.len())
}

async fn write(
    db: &Db,
    store: &Arc<dyn ObjectStore>,
    tenant: TenantId,
    export: &ExportRecord,
) -> Result<FileFacts> {
    let storage_key = format!("exports/{tenant}/{}.csv", export.id);
    let mut file = BufWriter::new(Arc::clone(store), Path::from(storage_key.as_str()));
    match write_rows(db, tenant, export, &mut file).await {
        Ok(written) => {
            file.shutdown().await.map_err(Error::unavailable)?;
            Ok(FileFacts {
                storage_key,
                ..written
            })
        }
        Err(error) => {
            // Best effort: what was written of it must not look like a file.
            let _ = file.abort().await;
            Err(error)
        }
    }
}

async fn write_rows(
    db: &Db,
    tenant: TenantId,
    export: &ExportRecord,
    file: &mut BufWriter,
) -> Result<FileFacts> {
    let mut tx = db.snapshot(tenant).await?;
    let mut hash = Sha256::new();
    let mut row_count = 0;
    let mut size_bytes = 0;
    let mut after: Option<UsageKey> = None;
    let mut lines = csv_file::heading()?;
    loop {
        hash.update(&lines);
        size_bytes += i64::try_from(lines.len()).map_err(Error::internal)?;
        file.write_all(&lines).await.map_err(Error::unavailable)?;
        let rows = usage_rows::list(&mut tx, export.from, export.to, after, PAGE).await?;
        let Some(last) = rows.last() else {
            break;
        };
        after = Some(last.key);
        row_count += i64::try_from(rows.len()).map_err(Error::internal)?;
        lines = csv_file::page(&rows)?;
    }
    Ok(FileFacts {
        storage_key: String::new(),
        row_count,
        size_bytes,
        sha256: hash.finalize().into(),
    })
}
