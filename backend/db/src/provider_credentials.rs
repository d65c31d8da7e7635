//! Keys that tenants have of their own at providers of models: stored sealed.

use chrono::{DateTime, Utc};
use phony_kernel::{Error, Result};

use crate::TenantTx;
use crate::error::DbResult;

/// A tenant's own key at a provider.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct CredentialRow {
    /// Which provider.
    pub provider: String,
    /// The sealed key.
    pub secret_sealed: Vec<u8>,
    /// Where the provider is, if it is not where it usually is.
    pub base_url: Option<String>,
    /// When it was last tried.
    pub checked_at: Option<DateTime<Utc>>,
    /// How that went: `good`, `refused` or `unreachable`.
    pub check_result: Option<String>,
    /// Who set it.
    pub updated_by: String,
    /// When it was set.
    pub updated_at: DateTime<Utc>,
}

/// All of the tenant.
///
/// # Errors
/// When the database does not answer.
pub async fn list(tx: &mut TenantTx) -> Result<Vec<CredentialRow>> {
    sqlx::query_as(
        "SELECT provider, secret_sealed, base_url, checked_at, check_result, updated_by, updated_at
         FROM phony.provider_credentials WHERE tenant_id = $1 ORDER BY provider",
    )
    .bind(tx.tenant().uuid())
    .fetch_all(tx.connection())
    .await
    .db()
}

/// The tenant's own at one provider.
///
/// # Errors
/// When the database does not answer.
pub async fn find(tx: &mut TenantTx, provider: &str) -> Result<Option<CredentialRow>> {
    sqlx::query_as(
        "SELECT provider, secret_sealed, base_url, checked_at, check_result, updated_by, updated_at
         FROM phony.provider_credentials WHERE tenant_id = $1 AND provider = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(provider)
    .fetch_optional(tx.connection())
    .await
    .db()
}

/// Stores one, in the place of the one before. It has not been tried then.
///
/// # Errors
/// When the database refuses.
pub async fn put(
    tx: &mut TenantTx,
    provider: &str,
    secret_sealed: &[u8],
    base_url: Option<&str>,
    by: &str,
    at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO phony.provider_credentials
           (tenant_id, provider, secret_sealed, base_url, updated_by, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6)
         ON CONFLICT (tenant_id, provider) DO UPDATE SET secret_sealed = $3, base_url = $4, updated_by = $5,
           updated_at = $6, checked_at = NULL, check_result = NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(provider)
    .bind(secret_sealed)
    .bind(base_url)
    .bind(by)
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Notes how a trial of the one of `updated_at` went.
///
/// # Errors
/// When the database refuses.
pub async fn note_check(
    tx: &mut TenantTx,
    provider: &str,
    updated_at: DateTime<Utc>,
    result: &str,
    at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "UPDATE phony.provider_credentials SET checked_at = $4, check_result = $5
         WHERE tenant_id = $1 AND provider = $2 AND updated_at = $3",
    )
    .bind(tx.tenant().uuid())
    .bind(provider)
    .bind(updated_at)
    .bind(at)
    .bind(result)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Takes one away.
///
/// # Errors
/// `not_found`, or when the database refuses.
pub async fn delete(tx: &mut TenantTx, provider: &str) -> Result<()> {
    let done = sqlx::query("DELETE FROM phony.provider_credentials WHERE tenant_id = $1 AND provider = $2")
        .bind(tx.tenant().uuid())
        .bind(provider)
        .execute(tx.connection())
        .await
        .db()?;
    if done.rows_affected() == 0 {
        Err(Error::not_found())
    } else {
        Ok(())
    }
}
