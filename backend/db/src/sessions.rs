//! Signed-in sessions: one row is one family of refresh tokens. Lists of them are next door.

use chrono::{DateTime, Utc};
use phony_kernel::{Error, Plan, Result, Role, SessionId, UserId};
use sqlx::Row;

use crate::TenantTx;
use crate::error::DbResult;
use crate::identity::{plan, role};
use crate::plans::{Rates, rates};

/// A session as stored.
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// SHA-256 of the refresh token that is good now.
    pub refresh_hash: Vec<u8>,
    /// SHA-256 of the one before.
    pub prev_hash: Option<Vec<u8>>,
    /// The good token, sealed under a key that only the holder of the one before can make.
    pub successor_enc: Option<Vec<u8>>,
    /// When the token last changed.
    pub rotated_at: DateTime<Utc>,
    /// When the person last proved who they are.
    pub auth_at: DateTime<Utc>,
    /// End by idleness.
    pub expires_at: DateTime<Utc>,
    /// End in any case.
    pub absolute_expires_at: DateTime<Utc>,
    /// When it was ended by hand or by a stolen token.
    pub revoked_at: Option<DateTime<Utc>>,
    /// How the person has proved who they are, RFC 8176.
    pub amr: Vec<String>,
}

/// A session about to be stored.
#[derive(Debug, Clone, Copy)]
pub struct NewSession<'a> {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// SHA-256 of its first refresh token.
    pub refresh_hash: &'a [u8],
    /// Now.
    pub at: DateTime<Utc>,
    /// When the person has proved who they are.
    pub auth_at: DateTime<Utc>,
    /// How, RFC 8176.
    pub amr: &'a [&'a str],
    /// As the browser calls itself.
    pub user_agent: &'a str,
    /// From which address.
    pub address: &'a str,
    /// End by idleness.
    pub expires_at: DateTime<Utc>,
    /// End in any case.
    pub absolute_expires_at: DateTime<Utc>,
}

/// A change of the refresh token.
#[derive(Debug, Clone, Copy)]
pub struct Rotation<'a> {
    /// SHA-256 of the new token.
    pub refresh_hash: &'a [u8],
    /// SHA-256 of the one that was just used.
    pub prev_hash: &'a [u8],
    /// The new token, sealed for the holder of the old.
    pub successor_enc: &'a [u8],
    /// Now.
    pub at: DateTime<Utc>,
    /// New end by idleness.
    pub expires_at: DateTime<Utc>,
    /// As the browser calls itself; none leaves what is there.
    pub user_agent: Option<&'a str>,
    /// From which address; none leaves what is there.
    pub address: Option<&'a str>,
}

/// What a session is worth at this moment: all that an access token claims and that may have changed.
#[derive(Debug, Clone)]
pub struct StandingRow {
    /// Whose it is.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// What they are.
    pub role: Role,
    /// Compared with the token's.
    pub epoch: i32,
    /// When they last proved who they are.
    pub auth_at: DateTime<Utc>,
    /// End in any case.
    pub absolute_expires_at: DateTime<Utc>,
    /// Whether session and person are in good standing.
    pub good: bool,
    /// Whether the tenant is.
    pub tenant_active: bool,
    /// Whether the tenant wants a second factor that they do not have.
    pub must_enrol: bool,
    /// Whether an admin of the tenant has shown that their address is theirs.
    pub tenant_verified: bool,
    /// The tenant's plan.
    pub plan: Plan,
    /// Whether viewers of the tenant may read transcripts.
    pub viewers_read_transcripts: bool,
    /// What the tenant may ask more or less often than its plan says.
    pub rates: Rates,
}

/// Stores a new session.
///
/// # Errors
/// When the database refuses.
pub async fn insert(tx: &mut TenantTx, session: &NewSession<'_>) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "INSERT INTO phony.sessions (tenant_id, id, user_id, refresh_hash, rotated_at, auth_at, amr,
           expires_at, absolute_expires_at, created_at, user_agent, address)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $5, $10, $11)",
    )
    .bind(tenant)
    .bind(session.id.uuid())
    .bind(session.user.uuid())
    .bind(session.refresh_hash)
    .bind(session.at)
    .bind(session.auth_at)
    .bind(session.amr)
    .bind(session.expires_at)
    .bind(session.absolute_expires_at)
    .bind(session.user_agent)
    .bind(session.address)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Finds a session and holds its row until the transaction ends, so that two refreshes go one after the other.
///
/// # Errors
/// When the database does not answer.
pub async fn find_for_update(tx: &mut TenantTx, id: SessionId) -> Result<Option<SessionRow>> {
    let tenant = tx.tenant().uuid();
    let row = sqlx::query(
        "SELECT id, user_id, refresh_hash, prev_hash, successor_enc, rotated_at, auth_at, expires_at,
           absolute_expires_at, revoked_at, amr
         FROM phony.sessions WHERE tenant_id = $1 AND id = $2 FOR UPDATE",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.connection())
    .await
    .db()?;
    row.map(|row| {
        Ok(SessionRow {
            id: SessionId::from_uuid(row.try_get("id").db()?),
            user: UserId::from_uuid(row.try_get("user_id").db()?),
            refresh_hash: row.try_get("refresh_hash").db()?,
            prev_hash: row.try_get("prev_hash").db()?,
            successor_enc: row.try_get("successor_enc").db()?,
            rotated_at: row.try_get("rotated_at").db()?,
            auth_at: row.try_get("auth_at").db()?,
            expires_at: row.try_get("expires_at").db()?,
            absolute_expires_at: row.try_get("absolute_expires_at").db()?,
            revoked_at: row.try_get("revoked_at").db()?,
            amr: row.try_get("amr").db()?,
        })
    })
    .transpose()
}

/// Puts the next refresh token in place.
///
/// # Errors
/// When the database refuses.
pub async fn rotate(tx: &mut TenantTx, id: SessionId, rotation: &Rotation<'_>) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "UPDATE phony.sessions
         SET refresh_hash = $3, prev_hash = $4, successor_enc = $5, rotated_at = $6, expires_at = $7,
           user_agent = coalesce($8, user_agent), address = coalesce($9, address)
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(rotation.refresh_hash)
    .bind(rotation.prev_hash)
    .bind(rotation.successor_enc)
    .bind(rotation.at)
    .bind(rotation.expires_at)
    .bind(rotation.user_agent)
    .bind(rotation.address)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Ends a session; false when it had ended or is not there.
///
/// # Errors
/// When the database refuses.
pub async fn revoke(tx: &mut TenantTx, id: SessionId, at: DateTime<Utc>) -> Result<bool> {
    let tenant = tx.tenant().uuid();
    let done = sqlx::query(
        "UPDATE phony.sessions SET revoked_at = $3, successor_enc = NULL
         WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected() == 1)
}

/// Notes that the person has just proved again who they are.
///
/// # Errors
/// When the database refuses.
pub async fn set_auth_at(tx: &mut TenantTx, id: SessionId, at: DateTime<Utc>) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query("UPDATE phony.sessions SET auth_at = $3 WHERE tenant_id = $1 AND id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .bind(at)
        .execute(tx.connection())
        .await
        .db()?;
    Ok(())
}

/// How the person of a session that goes on proved who they are.
///
/// # Errors
/// `unauthenticated` when the session has ended, whatever is remembered of it elsewhere.
pub async fn list_amr(tx: &mut TenantTx, id: SessionId) -> Result<Vec<String>> {
    let tenant = tx.tenant().uuid();
    let amr: Option<Vec<String>> = sqlx::query_scalar(
        "SELECT amr FROM phony.sessions WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.connection())
    .await
    .db()?;
    amr.ok_or_else(Error::unauthenticated)
}

/// What a session is worth now.
///
/// # Errors
/// When the database does not answer.
pub async fn find_standing(tx: &mut TenantTx, id: SessionId) -> Result<Option<StandingRow>> {
    let tenant = tx.tenant().uuid();
    let row = sqlx::query(
        "SELECT s.user_id, u.name, m.role, m.epoch, s.auth_at, s.absolute_expires_at, t.plan, t.viewers_read_transcripts, t.rate_limits,
           s.revoked_at IS NULL AND u.disabled_at IS NULL AS good, t.status = 'active' AS tenant_active,
           EXISTS (SELECT FROM phony.memberships am JOIN phony.users au ON au.id = am.user_id
             WHERE am.tenant_id = t.id AND am.role = 'admin' AND au.email_verified_at IS NOT NULL) AS tenant_verified,
           (t.totp_required = 'all' OR t.totp_required = 'admins' AND m.role = 'admin')
             AND u.totp_enabled_at IS NULL AND NOT 'sso' = ANY (s.amr) AS must_enrol
         FROM phony.sessions s
         JOIN phony.memberships m ON m.tenant_id = s.tenant_id AND m.user_id = s.user_id
         JOIN phony.users u ON u.id = s.user_id
         JOIN phony.tenants t ON t.id = s.tenant_id
         WHERE s.tenant_id = $1 AND s.id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.connection())
    .await
    .db()?;
    row.map(|row| {
        Ok(StandingRow {
            user: UserId::from_uuid(row.try_get("user_id").db()?),
            name: row.try_get("name").db()?,
            role: role(&row)?,
            epoch: row.try_get("epoch").db()?,
            auth_at: row.try_get("auth_at").db()?,
            absolute_expires_at: row.try_get("absolute_expires_at").db()?,
            good: row.try_get("good").db()?,
            tenant_active: row.try_get("tenant_active").db()?,
            tenant_verified: row.try_get("tenant_verified").db()?,
            must_enrol: row.try_get("must_enrol").db()?,
            plan: plan(&row)?,
            viewers_read_transcripts: row.try_get("viewers_read_transcripts").db()?,
            rates: rates(&row)?,
        })
    })
    .transpose()
}
