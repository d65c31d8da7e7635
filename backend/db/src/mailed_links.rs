//! Links that were mailed to a person: to confirm an address, to choose a new password.

use chrono::{DateTime, Utc};
use phony_kernel::{Result, UserId};
use sqlx::Row;
use uuid::Uuid;

use crate::TenantTx;
use crate::error::DbResult;

/// What a link does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// Shows that the address is the person's.
    VerifyEmail,
    /// Lets them choose a new password.
    ResetPassword,
}

impl LinkKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
        }
    }
}

/// A link about to be stored.
#[derive(Debug, Clone, Copy)]
pub struct NewLink<'a> {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub user: UserId,
    /// What it does.
    pub kind: LinkKind,
    /// SHA-256 of its token.
    pub token_hash: &'a [u8],
    /// Now.
    pub at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// Stores a link; those of the same kind that the person has are worth nothing from then on.
///
/// # Errors
/// When the database refuses.
pub async fn insert(tx: &mut TenantTx, link: &NewLink<'_>) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "UPDATE phony.mailed_links SET used_at = $4
         WHERE tenant_id = $1 AND user_id = $2 AND kind = $3 AND used_at IS NULL",
    )
    .bind(tenant)
    .bind(link.user.uuid())
    .bind(link.kind.as_str())
    .bind(link.at)
    .execute(tx.connection())
    .await
    .db()?;
    sqlx::query(
        "INSERT INTO phony.mailed_links (tenant_id, id, user_id, kind, token_hash, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(tenant)
    .bind(link.id)
    .bind(link.user.uuid())
    .bind(link.kind.as_str())
    .bind(link.token_hash)
    .bind(link.at)
    .bind(link.expires_at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// How many links of a kind a person was mailed since then. Whoever else counts waits until this transaction ends, so that
/// many who ask at once are not mailed more than one who asks often.
///
/// # Errors
/// When the database does not answer.
pub async fn count_since_locked(
    tx: &mut TenantTx,
    user: UserId,
    kind: LinkKind,
    since: DateTime<Utc>,
) -> Result<i64> {
    let tenant = tx.tenant().uuid();
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('mailed links:' || $1::text, 0))")
        .bind(user.uuid())
        .execute(tx.connection())
        .await
        .db()?;
    sqlx::query_scalar(
        "SELECT count(*) FROM phony.mailed_links WHERE tenant_id = $1 AND user_id = $2 AND kind = $3 AND created_at > $4",
    )
    .bind(tenant)
    .bind(user.uuid())
    .bind(kind.as_str())
    .bind(since)
    .fetch_one(tx.connection())
    .await
    .db()
}

/// Whether a link can still be used; nothing changes.
///
/// # Errors
/// When the database does not answer.
pub async fn is_good(
    tx: &mut TenantTx,
    kind: LinkKind,
    token_hash: &[u8],
    at: DateTime<Utc>,
) -> Result<bool> {
    let tenant = tx.tenant().uuid();
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM phony.mailed_links
                        WHERE tenant_id = $1 AND kind = $2 AND token_hash = $3 AND used_at IS NULL AND expires_at > $4)",
    )
    .bind(tenant)
    .bind(kind.as_str())
    .bind(token_hash)
    .bind(at)
    .fetch_one(tx.connection())
    .await
    .db()
}

/// An address that was confirmed by its link.
#[derive(Debug, Clone, Copy)]
pub struct Confirmed {
    /// Whom the link was made for.
    pub user: UserId,
    /// Whose the address is: they themselves, or somebody who had confirmed it before. The account of the link is at an
    /// end then.
    pub owner: UserId,
}

/// Uses a link to confirm an address; `None` when it is not good.
///
/// # Errors
/// `already_exists` when somebody else confirms the same address at this moment.
pub async fn verify_email(
    tx: &mut TenantTx,
    token_hash: &[u8],
    at: DateTime<Utc>,
) -> Result<Option<Confirmed>> {
    let row = sqlx::query("SELECT user_id, owner_id FROM phony.gate_verify_email($1, $2)")
        .bind(token_hash)
        .bind(at)
        .fetch_optional(tx.connection())
        .await
        .db()?;
    row.map(|row| {
        Ok(Confirmed {
            user: UserId::from_uuid(row.try_get("user_id").db()?),
            owner: UserId::from_uuid(row.try_get("owner_id").db()?),
        })
    })
    .transpose()
}

/// Uses a link to set a password, and ends every session of the person; whose it was, `None` when it is not good.
///
/// # Errors
/// When the database does not answer.
pub async fn reset_password(
    tx: &mut TenantTx,
    token_hash: &[u8],
    password_hash: &str,
    at: DateTime<Utc>,
) -> Result<Option<UserId>> {
    let row = sqlx::query("SELECT user_id FROM phony.gate_reset_password($1, $2, $3)")
        .bind(token_hash)
        .bind(password_hash)
        .bind(at)
        .fetch_optional(tx.connection())
        .await
        .db()?;
    row.map(|row| Ok(UserId::from_uuid(row.try_get("user_id").db()?)))
        .transpose()
}
