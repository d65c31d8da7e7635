//! The sessions of one person in the tenant of the transaction, as they are listed and ended together.

use chrono::{DateTime, Utc};
use phony_kernel::{Result, SessionId, UserId};
use uuid::Uuid;

use crate::TenantTx;
use crate::error::DbResult;

/// A session that goes on.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct SessionListRow {
    /// Its id.
    #[sqlx(try_from = "Uuid")]
    pub id: SessionId,
    /// As the browser calls itself.
    pub user_agent: String,
    /// From which address it was used last.
    pub address: String,
    /// When the person signed in.
    pub created_at: DateTime<Utc>,
    /// When it was last renewed.
    #[sqlx(rename = "rotated_at")]
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
    sqlx::query_as(
        "SELECT id, user_agent, address, created_at, rotated_at, expires_at FROM phony.sessions
         WHERE tenant_id = $1 AND user_id = $2 AND revoked_at IS NULL AND expires_at > $3 AND absolute_expires_at > $3
         ORDER BY rotated_at DESC, id DESC LIMIT $4",
    )
    .bind(tx.tenant().uuid())
    .bind(user.uuid())
    .bind(now)
    .bind(limit)
    .fetch_all(tx.connection())
    .await
    .db()
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

/// Which sessions of a person end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// All of them, however the person signed in.
    Anyhow,
    /// Those that were begun at the provider of the tenant.
    BySso,
}

/// Ends the sessions of a person that were begun so, but for one; which ones those were.
///
/// # Errors
/// When the database refuses.
pub async fn revoke_others_of(
    tx: &mut TenantTx,
    user: UserId,
    but: SessionId,
    begun: Begun,
    at: DateTime<Utc>,
) -> Result<Vec<SessionId>> {
    let rows = sqlx::query_scalar(
        "UPDATE phony.sessions SET revoked_at = $4, successor_enc = NULL
         WHERE tenant_id = $1 AND user_id = $2 AND id <> $3 AND revoked_at IS NULL AND ($5 OR 'sso' = ANY (amr))
         RETURNING id",
    )
    .bind(tx.tenant().uuid())
    .bind(user.uuid())
    .bind(but.uuid())
    .bind(at)
    .bind(begun == Begun::Anyhow)
    .fetch_all(tx.connection())
    .await
    .db()?;
    Ok(rows.into_iter().map(SessionId::from_uuid).collect())
}
