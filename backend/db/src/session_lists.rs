//! The sessions of one person in the tenant of the transaction, as they are listed and ended together.

use chrono::{DateTime, Utc};
use phony_kernel::{Result, SessionId, UserId};
use sqlx::Row;

use crate::TenantTx;
use crate::error::DbResult;

/// A session that goes on.
#[derive(Debug, Clone)]
pub struct SessionListRow {
    /// Its id.
    pub id: SessionId,
    /// As the browser calls itself.
    pub user_agent: String,
    /// From which address it was used last.
    pub address: String,
    /// When the person signed in.
    pub created_at: DateTime<Utc>,
    /// When it was last renewed.
    pub last_used_at: DateTime<Utc>,
    /// When it ends unless it is used.
    pub expires_at: DateTime<Utc>,
}

/// Sessions of a person that go on, the one used last first.
///
/// # Errors
/// When the database does not answer.
pub async fn list_of(
    tx: &mut TenantTx,
    user: UserId,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<SessionListRow>> {
    let tenant = tx.tenant().uuid();
    let rows = sqlx::query(
        "SELECT id, user_agent, address, created_at, rotated_at, expires_at FROM phony.sessions
         WHERE tenant_id = $1 AND user_id = $2 AND revoked_at IS NULL AND expires_at > $3 AND absolute_expires_at > $3
         ORDER BY rotated_at DESC, id DESC LIMIT $4",
    )
    .bind(tenant)
    .bind(user.uuid())
    .bind(now)
    .bind(limit)
    .fetch_all(tx.connection())
    .await
    .db()?;
    rows.iter()
        .map(|row| {
            Ok(SessionListRow {
                id: SessionId::from_uuid(row.try_get("id").db()?),
                user_agent: row.try_get("user_agent").db()?,
                address: row.try_get("address").db()?,
                created_at: row.try_get("created_at").db()?,
                last_used_at: row.try_get("rotated_at").db()?,
                expires_at: row.try_get("expires_at").db()?,
            })
        })
        .collect()
}

/// Ends one session of a person; false when it has ended or is not theirs.
///
/// # Errors
/// When the database refuses.
pub async fn revoke_of(tx: &mut TenantTx, user: UserId, id: SessionId, at: DateTime<Utc>) -> Result<bool> {
    let tenant = tx.tenant().uuid();
    let done = sqlx::query(
        "UPDATE phony.sessions SET revoked_at = $4, successor_enc = NULL
         WHERE tenant_id = $1 AND id = $2 AND user_id = $3 AND revoked_at IS NULL",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(user.uuid())
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected() == 1)
}

/// Ends all sessions of a person but one; which ones those were.
///
/// # Errors
/// When the database refuses.
pub async fn revoke_others_of(
    tx: &mut TenantTx,
    user: UserId,
    but: SessionId,
    at: DateTime<Utc>,
) -> Result<Vec<SessionId>> {
    let tenant = tx.tenant().uuid();
    let rows = sqlx::query_scalar(
        "UPDATE phony.sessions SET revoked_at = $4, successor_enc = NULL
         WHERE tenant_id = $1 AND user_id = $2 AND id <> $3 AND revoked_at IS NULL RETURNING id",
    )
    .bind(tenant)
    .bind(user.uuid())
    .bind(but.uuid())
    .bind(at)
    .fetch_all(tx.connection())
    .await
    .db()?;
    Ok(rows.into_iter().map(SessionId::from_uuid).collect())
}

/// Ends the sessions of a person that were begun at the provider of the tenant, but for one; which ones those were.
///
/// # Errors
/// When the database refuses.
pub async fn revoke_sso_of(
    tx: &mut TenantTx,
    user: UserId,
    but: SessionId,
    at: DateTime<Utc>,
) -> Result<Vec<SessionId>> {
    let tenant = tx.tenant().uuid();
    let rows = sqlx::query_scalar(
        "UPDATE phony.sessions SET revoked_at = $4, successor_enc = NULL
         WHERE tenant_id = $1 AND user_id = $2 AND id <> $3 AND 'sso' = ANY (amr) AND revoked_at IS NULL RETURNING id",
    )
    .bind(tenant)
    .bind(user.uuid())
    .bind(but.uuid())
    .bind(at)
    .fetch_all(tx.connection())
    .await
    .db()?;
    Ok(rows.into_iter().map(SessionId::from_uuid).collect())
}
