//! API keys. Only the SHA-256 of a key is stored, and its first characters to tell keys apart.

use chrono::{DateTime, Utc};
use phony_kernel::{ApiKeyId, Error, KeyMode, Network, Plan, Result, Scope, TenantId, UserId};
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::error::DbResult;
use crate::identity::{foreign_word, plan};
use crate::plans::{Rates, rates};
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
    /// Whether it acts for real.
    pub mode: KeyMode,
    /// Where it may come from; empty is anywhere.
    pub allowed: Vec<Network>,
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
    /// Whether an admin of the tenant has shown that their address is theirs.
    pub tenant_verified: bool,
    /// What the tenant may ask more or less often than its plan says.
    pub rates: Rates,
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
    /// Whether it acts for real.
    pub mode: KeyMode,
    /// Where it may come from; empty is anywhere.
    pub allowed: Vec<Network>,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The key that it was put in the place of.
    pub rotated_from: Option<ApiKeyId>,
    /// Since when another one stands in its place.
    pub rotated_at: Option<DateTime<Utc>>,
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
    /// Whether it acts for real.
    pub mode: KeyMode,
    /// Where it may come from; empty is anywhere.
    pub allowed: &'a [Network],
    /// The key that it is put in the place of.
    pub rotated_from: Option<ApiKeyId>,
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

fn mode(row: &PgRow) -> Result<KeyMode> {
    let text: &str = row.try_get("mode").db()?;
    KeyMode::from_stored(text).ok_or_else(|| foreign_word("mode"))
}

fn allowed(row: &PgRow) -> Result<Vec<Network>> {
    let texts: Vec<String> = row.try_get("allowed_cidrs").db()?;
    texts
        .iter()
        .map(|text| text.parse().map_err(|_| foreign_word("allowed_cidrs")))
        .collect()
}

fn key(row: &PgRow) -> Result<KeyRow> {
    Ok(KeyRow {
        id: ApiKeyId::from_uuid(row.try_get("id").db()?),
        name: row.try_get("name").db()?,
        prefix: row.try_get("prefix").db()?,
        scopes: scopes(row)?,
        mode: mode(row)?,
        allowed: allowed(row)?,
        expires_at: row.try_get("expires_at").db()?,
        revoked_at: row.try_get("revoked_at").db()?,
        last_used_at: row.try_get("last_used_at").db()?,
        created_at: row.try_get("created_at").db()?,
        rotated_from: row
            .try_get::<Option<Uuid>, _>("rotated_from")
            .db()?
            .map(ApiKeyId::from_uuid),
        rotated_at: row.try_get("rotated_at").db()?,
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
        "SELECT k.name, k.scopes, k.mode, k.allowed_cidrs, k.expires_at, k.revoked_at, t.status, t.plan,
                t.viewers_read_transcripts, t.rate_limits,
                EXISTS (SELECT FROM phony.memberships am JOIN phony.users au ON au.id = am.user_id
             WHERE am.tenant_id = t.id AND am.role = 'admin' AND au.email_verified_at IS NOT NULL) AS tenant_verified
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
        mode: mode(&row)?,
        allowed: allowed(&row)?,
        expires_at: row.try_get("expires_at").db()?,
        revoked_at: row.try_get("revoked_at").db()?,
        tenant_active: row.try_get::<&str, _>("status").db()? == "active",
        plan: plan(&row)?,
        viewers_read_transcripts: row.try_get("viewers_read_transcripts").db()?,
        tenant_verified: row.try_get("tenant_verified").db()?,
        rates: rates(&row)?,
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
    let allowed: Vec<String> = key.allowed.iter().map(Network::to_string).collect();
    sqlx::query(
        "INSERT INTO phony.api_keys (tenant_id, id, name, prefix, key_hash, scopes, expires_at, created_by, created_at,
                                     mode, allowed_cidrs, rotated_from)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
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
    .bind(key.mode.as_str())
    .bind(allowed)
    .bind(key.rotated_from.map(ApiKeyId::uuid))
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
        "SELECT id, name, prefix, scopes, mode, allowed_cidrs, expires_at, revoked_at, last_used_at, created_at,
                rotated_from, rotated_at
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

/// Reads a key and holds its row until the transaction ends.
///
/// # Errors
/// `not_found` when the tenant has no such key.
pub async fn lock(tx: &mut TenantTx, id: ApiKeyId) -> Result<KeyRow> {
    let tenant = tx.tenant().uuid();
    let row = sqlx::query(
        "SELECT id, name, prefix, scopes, mode, allowed_cidrs, expires_at, revoked_at, last_used_at, created_at,
                rotated_from, rotated_at
         FROM phony.api_keys WHERE tenant_id = $1 AND id = $2 FOR UPDATE",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_one(tx.connection())
    .await
    .db()?;
    key(&row)
}

/// Notes that another key stands in this one's place, which ends at `expires_at`.
///
/// # Errors
/// When the database refuses.
pub async fn retire(
    tx: &mut TenantTx,
    id: ApiKeyId,
    at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "UPDATE phony.api_keys SET rotated_at = $3, expires_at = least(expires_at, $4)
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(at)
    .bind(expires_at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
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
