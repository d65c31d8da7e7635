//! The key by which a tenant's numbers are hashed, sealed.

use phony_kernel::Result;

use crate::TenantTx;
use crate::error::DbResult;

/// There is one, for good: another would find nothing again.
const VERSION: i32 = 1;

/// The sealed key, if the tenant has one.
///
/// # Errors
/// Those of the database.
pub async fn find(tx: &mut TenantTx) -> Result<Option<Vec<u8>>> {
    sqlx::query_scalar("SELECT key_sealed FROM phony.number_keys WHERE tenant_id = $1 AND version = $2")
        .bind(tx.tenant().uuid())
        .bind(VERSION)
        .fetch_optional(tx.connection())
        .await
        .db()
}

/// Keeps a key unless there is one.
///
/// # Errors
/// Those of the database.
pub async fn insert(tx: &mut TenantTx, sealed: &[u8]) -> Result<()> {
    sqlx::query(
        "INSERT INTO phony.number_keys (tenant_id, version, key_sealed) VALUES ($1, $2, $3)
         ON CONFLICT (tenant_id, version) DO NOTHING",
    )
    .bind(tx.tenant().uuid())
    .bind(VERSION)
    .bind(sealed)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}
