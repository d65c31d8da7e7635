//! API keys. Only the SHA-256 of a key is stored, and its first characters to tell keys apart.

use chrono::{DateTime, Utc};
use phony_kernel::{ApiKeyId, Error, Plan, Result, Scope, TenantId, UserId};
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::error::DbResult;
use crate::identity::{foreign_word, plan};
use crate::{SystemTx, TenantTx};

/// What the gate says of a key that is neither revoked nor expired.
#[derive(Debug, Clone, Copy)]
pub struct LiveKeyRow {
    /// Whose it is.
    pub tenant: TenantId,
    /// Which.
    pub id: ApiKeyId,
}

/// What a request by key needs to know of the key and its tenant.
#[derive(Debug, Clone)]
pub struct KeyStandingRow {
    /// The key's name.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Whether the tenant is active.
    pub tenant_active: bool,
    /// The tenant's plan.
    pub plan: Plan,
    /// Whether viewers of the tenant may read transcripts.
    pub viewers_read_transcripts: bool,
}

/// A key as the tenant sees it.
#[derive(Debug, Clone)]
pub struct KeyRow {
    /// Which.
    pub id: ApiKeyId,
    /// Its name.
    pub name: String,
    /// Its first twelve characters.
    pub prefix: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A key about to be stored.
#[derive(Debug, Clone, Copy)]
pub struct NewKey<'a> {
    /// Which.
    pub id: ApiKeyId,
    /// Its name.
    pub name: &'a str,
    /// Its first twelve characters.
    pub prefix: &'a str,
    /// SHA-256 of the whole.
    pub hash: &'a [u8],
    /// What it may do.
    pub scopes: &'a [Scope],
    /// When it ends by itself.
    pub expires_at: DateTime<Utc>,
    /// Who made it.
    pub created_by: UserId,
    /// Now.
    pub at: DateTime<Utc>,
}

fn scopes(row: &PgRow) -> Result<Vec<Scope>> {
    let words: Vec<String> = row.try_get("scopes").db()?;
    words
        .iter()
        .map(|word| Scope::from_stored(word).ok_or_else(|| foreign_word("scopes")))
        .collect()
}

fn key(row: &PgRow) -> Result<KeyRow> {
    Ok(KeyRow {
        id: ApiKeyId::from_uuid(row.try_get("id").db()?),
        name: row.try_get("name").db()?,
        prefix: row.try_get("prefix").db()?,
        scopes: scopes(row)?,
        expires_at: row.try_get("expires_at").db()?,
        revoked_at: row.try_get("revoked_at").db()?,
        last_used_at: row.try_get("last_used_at").db()?,
        created_at: row.try_get("created_at").db()?,
    })
}

/// Finds a live key by the SHA-256 of the whole, in any tenant.
///
/// # Errors
/// When the database does not answer.
pub async fn find_live(tx: &mut SystemTx, hash: &[u8]) -> Result<Option<LiveKeyRow>> {
    let row = sqlx::query("SELECT tenant_id, key_id FROM phony.gate_key($1)")
        .bind(hash)
        .fetch_optional(tx.connection())
        .await
        .db()?;
    row.map(|row| {
        Ok(LiveKeyRow {
            tenant: TenantId::from_uuid(row.try_get("tenant_id").db()?),
            id: ApiKeyId::from_uuid(row.try_get("key_id").db()?),
        })
    })
    .transpose()
}

/// What a request by this key needs to know.
///
/// # Errors
/// `not_found` when it is gone.
pub async fn get_standing(tx: &mut TenantTx, id: ApiKeyId) -> Result<KeyStandingRow> {
    let tenant = tx.tenant().uuid();
    let row = sqlx::query(
        "SELECT k.name, k.scopes, k.expires_at, k.revoked_at, t.status, t.plan, t.viewers_read_transcripts
         FROM phony.api_keys k JOIN phony.tenants t ON t.id = k.tenant_id
         WHERE k.tenant_id = $1 AND k.id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_one(tx.connection())
    .await
    .db()?;
    Ok(KeyStandingRow {
        name: row.try_get("name").db()?,
        scopes: scopes(&row)?,
        expires_at: row.try_get("expires_at").db()?,
        revoked_at: row.try_get("revoked_at").db()?,
        tenant_active: row.try_get::<&str, _>("status").db()? == "active",
        plan: plan(&row)?,
        viewers_read_transcripts: row.try_get("viewers_read_transcripts").db()?,
    })
}

/// Notes a use, unless one was noted since `unless_since`.
///
/// # Errors
/// When the database refuses.
pub async fn record_use(
    tx: &mut TenantTx,
    id: ApiKeyId,
    at: DateTime<Utc>,
    unless_since: DateTime<Utc>,
) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "UPDATE phony.api_keys SET last_used_at = $3
         WHERE tenant_id = $1 AND id = $2 AND (last_used_at IS NULL OR last_used_at <= $4)",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(at)
    .bind(unless_since)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Stores a key.
///
/// # Errors
/// When the database refuses.
pub async fn insert(tx: &mut TenantTx, key: &NewKey<'_>) -> Result<()> {
    let tenant = tx.tenant().uuid();
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
    sqlx::query(
        "INSERT INTO phony.api_keys (tenant_id, id, name, prefix, key_hash, scopes, expires_at, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(tenant)
    .bind(key.id.uuid())
    .bind(key.name)
    .bind(key.prefix)
    .bind(key.hash)
    .bind(scopes)
    .bind(key.expires_at)
    .bind(key.created_by.uuid())
    .bind(key.at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Counts the tenant's live keys. Others who count wait until this transaction ends, so a limit holds.
///
/// # Errors
/// When the database does not answer.
pub async fn count_live_locked(tx: &mut TenantTx, now: DateTime<Utc>) -> Result<i64> {
    let tenant = tx.tenant().uuid();
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('keys:' || $1::text, 0))")
        .bind(tenant)
        .execute(tx.connection())
        .await
        .db()?;
    let row = sqlx::query(
        "SELECT count(*) AS live FROM phony.api_keys
         WHERE tenant_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)",
    )
    .bind(tenant)
    .bind(now)
    .fetch_one(tx.connection())
    .await
    .db()?;
    row.try_get("live").db()
}

/// Up to `limit` keys, newest first, after the key `after`.
///
/// # Errors
/// When the database does not answer.
pub async fn list(tx: &mut TenantTx, after: Option<ApiKeyId>, limit: i64) -> Result<Vec<KeyRow>> {
    let tenant = tx.tenant().uuid();
    let rows = sqlx::query(
        "SELECT id, name, prefix, scopes, expires_at, revoked_at, last_used_at, created_at
         FROM phony.api_keys WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2)
         ORDER BY id DESC LIMIT $3",
    )
    .bind(tenant)
    .bind(after.map(ApiKeyId::uuid))
    .bind(limit)
    .fetch_all(tx.connection())
    .await
    .db()?;
    rows.iter().map(key).collect()
}

/// Revokes a key; a second time changes nothing.
///
/// # Errors
/// `not_found` when the tenant has no such key.
pub async fn revoke(tx: &mut TenantTx, id: ApiKeyId, at: DateTime<Utc>) -> Result<()> {
    let tenant = tx.tenant().uuid();
    let done = sqlx::query(
        "UPDATE phony.api_keys SET revoked_at = coalesce(revoked_at, $3) WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    if done.rows_affected() == 0 {
        Err(Error::not_found())
    } else {
        Ok(())
    }
}
