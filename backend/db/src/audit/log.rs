//! The audit log as it is read: pages of entries, the rows that prove the chain, and what is cut off when it is old.

use chrono::{DateTime, Utc};
use phony_kernel::Result;
use phony_kernel::page::{Page, PageRequest};
use serde_json::Value;
use sqlx::{Postgres, QueryBuilder};

use crate::TenantTx;
use crate::error::DbResult;

/// An entry as it is stored.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct StoredEntry {
    /// Its place, from 0.
    pub seq: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who: `usr_…`, `key_…`, `operator:…` or `system`.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub target: String,
    /// More of it.
    pub detail: Value,
    /// Hash of the entry before.
    pub prev_hash: Vec<u8>,
    /// Its own.
    pub hash: Vec<u8>,
}

/// Which entries to list; unset is any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Of this action; with a point at its end, of all that begin so.
    pub action: Option<String>,
    /// By whom.
    pub actor: Option<String>,
    /// To what.
    pub target: Option<String>,
    /// Not before.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub to: Option<DateTime<Utc>>,
}

const COLUMNS: &str = "seq, at, actor, action, target, detail, prev_hash, hash";

/// Entries that fit, newest first.
///
/// # Errors
/// Those of the database.
pub async fn list(
    tx: &mut TenantTx,
    filter: &AuditFilter,
    page: &PageRequest<i64>,
) -> Result<Page<StoredEntry>> {
    let mut query: QueryBuilder<Postgres> = QueryBuilder::new("SELECT ");
    query
        .push(COLUMNS)
        .push(" FROM phony.audit_log WHERE tenant_id = ")
        .push_bind(tx.tenant().uuid());
    if let Some(action) = &filter.action {
        if action.ends_with('.') {
            query
                .push(" AND starts_with(action, ")
                .push_bind(action)
                .push(")");
        } else {
            query.push(" AND action = ").push_bind(action);
        }
    }
    if let Some(actor) = &filter.actor {
        query.push(" AND actor = ").push_bind(actor);
    }
    if let Some(target) = &filter.target {
        query.push(" AND target = ").push_bind(target);
    }
    if let Some(from) = filter.from {
        query.push(" AND at >= ").push_bind(from);
    }
    if let Some(to) = filter.to {
        query.push(" AND at < ").push_bind(to);
    }
    if let Some(after) = page.after {
        query.push(" AND seq < ").push_bind(after);
    }
    query
        .push(" ORDER BY seq DESC LIMIT ")
        .push_bind(i64::from(page.limit) + 1);
    let rows: Vec<StoredEntry> = query.build_query_as().fetch_all(tx.connection()).await.db()?;
    Ok(Page::from_rows(rows, page.limit, |row| row.seq))
}

/// Up to `limit` entries from `seq` on, in their order.
///
/// # Errors
/// Those of the database.
pub async fn list_from(tx: &mut TenantTx, seq: i64, limit: i64) -> Result<Vec<StoredEntry>> {
    sqlx::query_as(
        "SELECT seq, at, actor, action, target, detail, prev_hash, hash FROM phony.audit_log
         WHERE tenant_id = $1 AND seq >= $2 ORDER BY seq LIMIT $3",
    )
    .bind(tx.tenant().uuid())
    .bind(seq)
    .bind(limit)
    .fetch_all(tx.connection())
    .await
    .db()
}

/// Place and hash of the newest entry, or of one at a place.
///
/// # Errors
/// Those of the database.
pub async fn find_head(tx: &mut TenantTx, seq: Option<i64>) -> Result<Option<(i64, Vec<u8>)>> {
    sqlx::query_as(
        "SELECT seq, hash FROM phony.audit_log WHERE tenant_id = $1 AND ($2::bigint IS NULL OR seq = $2)
         ORDER BY seq DESC LIMIT 1",
    )
    .bind(tx.tenant().uuid())
    .bind(seq)
    .fetch_optional(tx.connection())
    .await
    .db()
}

/// The last entry that is older than the tenant keeps its log; none when the first one is young enough.
///
/// # Errors
/// Those of the database.
pub async fn find_last_expired(tx: &mut TenantTx) -> Result<Option<(i64, Vec<u8>)>> {
    // By place and not by time: what is cut off is a piece of the chain.
    sqlx::query_as(
        "SELECT l.seq, l.hash FROM phony.audit_log l JOIN phony.tenants t ON t.id = l.tenant_id
         WHERE l.tenant_id = $1 AND l.seq < coalesce((
             SELECT min(k.seq) FROM phony.audit_log k
             WHERE k.tenant_id = $1 AND k.at >= clock_timestamp() - make_interval(days => t.audit_days)),
           (SELECT max(k.seq) FROM phony.audit_log k WHERE k.tenant_id = $1))
         ORDER BY l.seq DESC LIMIT 1",
    )
    .bind(tx.tenant().uuid())
    .fetch_optional(tx.connection())
    .await
    .db()
}

/// Deletes up to `limit` entries up to this place, the oldest first; for the worker. Young entries are refused.
///
/// # Errors
/// Those of the database.
pub async fn cut_off(tx: &mut TenantTx, up_to: i64, limit: i64) -> Result<u64> {
    let done = sqlx::query(
        "DELETE FROM phony.audit_log WHERE tenant_id = $1 AND seq IN (
           SELECT seq FROM phony.audit_log WHERE tenant_id = $1 AND seq <= $2 ORDER BY seq LIMIT $3)",
    )
    .bind(tx.tenant().uuid())
    .bind(up_to)
    .bind(limit)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected())
}
