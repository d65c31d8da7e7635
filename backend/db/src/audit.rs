//! The audit log: one chain of hashes a tenant, only ever added to.

use chrono::{DateTime, Utc};
use phony_kernel::Result;
use sha2::{Digest, Sha256};
use sqlx::Row;

use crate::TenantTx;
use crate::error::DbResult;

/// One thing that was done.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// `usr_…`, `key_…` or `system`.
    pub actor: &'a str,
    /// What was done, `session.reuse`.
    pub action: &'a str,
    /// To what, `ses_…`.
    pub target: &'a str,
    /// More of it; never a secret.
    pub detail: &'a serde_json::Value,
}

/// Adds an entry. Writers of one tenant wait for each other, so the chain has no fork.
///
/// # Errors
/// When the database refuses.
pub async fn record(tx: &mut TenantTx, entry: &Entry<'_>, at: DateTime<Utc>) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('audit:' || $1::text, 0))")
        .bind(tenant)
        .execute(tx.connection())
        .await
        .db()?;
    let last =
        sqlx::query("SELECT seq, hash FROM phony.audit_log WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1")
            .bind(tenant)
            .fetch_optional(tx.connection())
            .await
            .db()?;
    let (seq, prev_hash): (i64, Vec<u8>) = match last {
        Some(row) => (row.try_get::<i64, _>("seq").db()? + 1, row.try_get("hash").db()?),
        None => (1, vec![0; 32]),
    };
    let hash = link(&prev_hash, seq, at, entry);
    sqlx::query(
        "INSERT INTO phony.audit_log (tenant_id, seq, at, actor, action, target, detail, prev_hash, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(tenant)
    .bind(seq)
    .bind(at)
    .bind(entry.actor)
    .bind(entry.action)
    .bind(entry.target)
    .bind(entry.detail)
    .bind(prev_hash)
    .bind(hash)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Each part goes in with its length, so no two entries read alike.
fn link(prev_hash: &[u8], seq: i64, at: DateTime<Utc>, entry: &Entry<'_>) -> Vec<u8> {
    let mut hasher = Sha256::new();
    let detail = entry.detail.to_string();
    for part in [
        prev_hash,
        &seq.to_be_bytes(),
        &at.timestamp_millis().to_be_bytes(),
        entry.actor.as_bytes(),
        entry.action.as_bytes(),
        entry.target.as_bytes(),
        detail.as_bytes(),
    ] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().to_vec()
}
