//! Invitations to the tenant of the transaction.

use chrono::{DateTime, Utc};
use phony_kernel::{InvitationId, Result, Role, UserId};
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::TenantTx;
use crate::error::DbResult;
use crate::identity::role;

/// An invitation that was neither accepted nor withdrawn.
#[derive(Debug, Clone)]
pub struct InvitationRow {
    /// Its id.
    pub id: InvitationId,
    /// Whom it is for.
    pub email: String,
    /// What they would be.
    pub role: Role,
    /// SHA-256 of the token that was mailed last.
    pub token_hash: Vec<u8>,
    /// Who invites.
    pub invited_by: UserId,
    /// Their name, while they belong.
    pub inviter: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was mailed last.
    pub sent_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// An invitation about to be stored.
#[derive(Debug, Clone, Copy)]
pub struct NewInvitation<'a> {
    /// Its id.
    pub id: InvitationId,
    /// Whom it is for.
    pub email: &'a str,
    /// What they will be.
    pub role: Role,
    /// SHA-256 of its token.
    pub token_hash: &'a [u8],
    /// Who invites.
    pub invited_by: UserId,
    /// Now.
    pub at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

const OPEN: &str = "i.accepted_at IS NULL AND i.withdrawn_at IS NULL";

fn invitation(row: &PgRow) -> Result<InvitationRow> {
    Ok(InvitationRow {
        id: InvitationId::from_uuid(row.try_get("id").db()?),
        email: row.try_get("email").db()?,
        role: role(row)?,
        token_hash: row.try_get("token_hash").db()?,
        invited_by: UserId::from_uuid(row.try_get("invited_by").db()?),
        inviter: row.try_get("inviter").db()?,
        created_at: row.try_get("created_at").db()?,
        sent_at: row.try_get("sent_at").db()?,
        expires_at: row.try_get("expires_at").db()?,
    })
}

/// Open invitations, newest first, those before `before` only.
///
/// # Errors
/// When the database does not answer.
pub async fn list(tx: &mut TenantTx, before: Option<InvitationId>, limit: i64) -> Result<Vec<InvitationRow>> {
    let tenant = tx.tenant().uuid();
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
        "SELECT i.id, i.email, i.role, i.token_hash, i.invited_by, u.name AS inviter, i.created_at, i.sent_at, i.expires_at
         FROM phony.invitations i LEFT JOIN phony.users u ON u.id = i.invited_by
         WHERE i.tenant_id = $1 AND {OPEN} AND ($2::uuid IS NULL OR i.id < $2) ORDER BY i.id DESC LIMIT $3"
    )))
    .bind(tenant)
    .bind(before.map(InvitationId::uuid))
    .bind(limit)
    .fetch_all(tx.connection())
    .await
    .db()?;
    rows.iter().map(invitation).collect()
}

/// Finds an open invitation and holds it until the transaction ends.
///
/// # Errors
/// When the database does not answer.
pub async fn find_open_for_update(tx: &mut TenantTx, id: InvitationId) -> Result<Option<InvitationRow>> {
    let tenant = tx.tenant().uuid();
    let row = sqlx::query(sqlx::AssertSqlSafe(format!(
        "SELECT i.id, i.email, i.role, i.token_hash, i.invited_by,
           (SELECT u.name FROM phony.users u WHERE u.id = i.invited_by) AS inviter, i.created_at, i.sent_at, i.expires_at
         FROM phony.invitations i WHERE i.tenant_id = $1 AND i.id = $2 AND {OPEN} FOR UPDATE"
    )))
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.connection())
    .await
    .db()?;
    row.as_ref().map(invitation).transpose()
}

/// Counts open invitations. Others who count wait until this transaction ends, so a bound holds.
///
/// # Errors
/// When the database does not answer.
pub async fn count_open_locked(tx: &mut TenantTx) -> Result<i64> {
    let tenant = tx.tenant().uuid();
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('invitations:' || $1::text, 0))")
        .bind(tenant)
        .execute(tx.connection())
        .await
        .db()?;
    sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "SELECT count(*) FROM phony.invitations i WHERE i.tenant_id = $1 AND {OPEN}"
    )))
    .bind(tenant)
    .fetch_one(tx.connection())
    .await
    .db()
}

/// Stores an invitation.
///
/// # Errors
/// `already_exists` when the address has an open one.
pub async fn insert(tx: &mut TenantTx, new: &NewInvitation<'_>) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "INSERT INTO phony.invitations (tenant_id, id, email, role, token_hash, invited_by, created_at, sent_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
    )
    .bind(tenant)
    .bind(new.id.uuid())
    .bind(new.email)
    .bind(new.role.as_str())
    .bind(new.token_hash)
    .bind(new.invited_by.uuid())
    .bind(new.at)
    .bind(new.expires_at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Puts another token in the place of the one that was mailed, which is worth nothing from then on.
///
/// # Errors
/// When the database refuses.
pub async fn renew(
    tx: &mut TenantTx,
    id: InvitationId,
    token_hash: &[u8],
    at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "UPDATE phony.invitations SET token_hash = $3, sent_at = $4, expires_at = $5 WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(token_hash)
    .bind(at)
    .bind(expires_at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Withdraws an open invitation; false when there is none.
///
/// # Errors
/// When the database refuses.
pub async fn withdraw(tx: &mut TenantTx, id: InvitationId, at: DateTime<Utc>) -> Result<bool> {
    let tenant = tx.tenant().uuid();
    let done = sqlx::query(
        "UPDATE phony.invitations SET withdrawn_at = $3
         WHERE tenant_id = $1 AND id = $2 AND accepted_at IS NULL AND withdrawn_at IS NULL",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected() == 1)
}

/// Notes who has accepted an invitation that [`find_open_for_update`] holds.
///
/// # Errors
/// When the database refuses.
pub async fn accept(tx: &mut TenantTx, id: InvitationId, by: UserId, at: DateTime<Utc>) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "UPDATE phony.invitations SET accepted_at = $3, accepted_by = $4 WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(at)
    .bind(by.uuid())
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}
